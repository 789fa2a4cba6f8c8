"""How the queue of tasks and the outbox of messages do, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, case, func, select, type_coerce

from maskres.db.engine import Transaction
from maskres.db.tables import messages, tasks
from maskres.formats.values import parse_time


@dataclass(frozen=True, slots=True)
class Health:
    """How a queue does.

    Attributes:
        waiting: what has not been done.
        running: what is being done; of messages nothing is.
        failed: what was given up since a moment.
        retried: of what has not been done, what was tried before.
        oldest_at: since when the oldest of it waits; None where nothing does.
    """

    waiting: int
    running: int
    failed: int
    retried: int
    oldest_at: datetime | None


def task_health(c: Transaction, failed_since: datetime) -> Health:
    """Tell how the tasks do."""
    t = tasks.c
    retried = func.sum(case((t.attempts > 1, 1), else_=0))
    # Whoever waits for its own parts is being done.
    status = case((t.parts_left > 0, "running"), else_=t.status).label("so_to_say")
    statement = select(status, func.count(), retried, func.min(t.requested_at))
    rows = {
        row[0]: row
        for row in c.execute(statement.where(t.status.in_(("waiting", "running"))).group_by(status))
    }
    failed = select(func.count()).where(t.status == "failed", t.ended_at >= failed_since)
    return Health(
        waiting=rows["waiting"][1] if "waiting" in rows else 0,
        running=rows["running"][1] if "running" in rows else 0,
        failed=int(c.execute(failed).scalar_one()),
        retried=sum(int(row[2]) for row in rows.values()),
        oldest_at=rows["waiting"][3] if "waiting" in rows else None,
    )


def message_health(c: Transaction, failed_since: datetime) -> Health:
    """Tell how the messages do."""
    m = messages.c
    retried = func.sum(case((m.attempts > 0, 1), else_=0))
    statement = select(func.count(), retried, func.min(m.created_at)).where(m.status == "waiting")
    waiting, tried, oldest_at = c.execute(statement).one()
    # By due_at, which the index has: an attempt puts it off, so none that failed since then has an older one.
    failed = select(func.count()).where(m.status == "failed", m.due_at >= failed_since)
    return Health(int(waiting), 0, int(c.execute(failed).scalar_one()), int(tried or 0), oldest_at)


def count_sent_by_hour(c: Transaction, since: datetime) -> Mapping[datetime, int]:
    """Count the messages sent since a moment by hour."""
    m = messages.c
    hour = func.substr(type_coerce(m.sent_at, String), 1, len("2020-02-08T09")).label("hour")
    # due_at again, for the index: sending put it off beyond the moment of sending.
    where = (m.status == "sent", m.due_at >= since, m.sent_at >= since)
    rows = c.execute(select(hour, func.count()).where(*where).group_by(hour).order_by(hour))
    return {parse_time(f"{row[0]}:00:00Z", field="time"): int(row[1]) for row in rows}
