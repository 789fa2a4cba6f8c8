"""Queries on tasks: long steps that were asked for, and whose turn it is to do them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maskres.db.engine import Transaction
from maskres.db.tables import tasks
from maskres.db.types import UtcTime
from maskres.errors import InputError


class TaskStatus(StrEnum):
    """Where a task stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will be done for it."""
        return self in (TaskStatus.DONE, TaskStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Task:
    """A long step that somebody asked for.

    Attributes:
        id: 32 hex digits.
        kind: which step, such as "draw-winners".
        payload: what it needs: ids, slugs, counts; never personal data.
        round: the round it is about, if it is about one.
        draw: the draw it is about, likewise.
        status: where it stands.
        requested_by: name of who asked, as in the audit log.
        requested_at: when.
        attempts: how often a worker has begun it.
        enqueued_at: when its id was last put into the queue.
        not_before: no worker begins it earlier.
        stage: what is being done now, as a stable word.
        rows_done: of this stage, how much is done; bytes or rows.
        rows_total: of how much, where that is known.
        steps: what each finished step gave.
        started_at: when a worker first began it.
        ended_at: when it was done or failed.
        result: what it gave.
        error: code, message, field, file, line; "bad_rows" and "bad_count" of a file that was refused.
        parts_left: how many parts of its present step have not ended; no worker begins it before they have.
        part_of: of a part, the task that it is a part of.
    """

    id: str
    kind: str
    payload: Mapping[str, Any]
    round: str | None
    draw: int | None
    status: TaskStatus
    requested_by: str
    requested_at: datetime
    attempts: int
    enqueued_at: datetime | None
    not_before: datetime | None
    stage: str | None
    rows_done: int
    rows_total: int | None
    steps: Mapping[str, Any]
    started_at: datetime | None
    ended_at: datetime | None
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    parts_left: int
    part_of: str | None


_JSON = ("payload", "steps", "result", "error")
_OPEN = ("waiting", "running")


def insert_task(c: Transaction, values: Mapping[str, Any]) -> bool:
    """Insert a task; tells whether there was none open under its `once` yet.

    On PostgreSQL this waits for whoever is inserting the same at this moment.
    """
    build = postgresql.insert if c.dialect.name == "postgresql" else sqlite.insert
    statement = build(tasks).values(**encoded(values)).on_conflict_do_nothing().returning(tasks.c.id)
    return c.execute(statement).one_or_none() is not None


def find_task(c: Transaction, task_id: str) -> Task:
    """Find a task.

    Raises:
        InputError: "unknown-task".
    """
    row = c.execute(select(tasks).where(tasks.c.id == task_id)).one_or_none()
    if row is None:
        raise InputError("unknown-task", "There is no such task.", field="task")
    return task_of_row(row)


def find_open(c: Transaction, once: str) -> Task | None:
    """Find the task that is asked for under a `once` and has not ended."""
    where = (tasks.c.once == once, tasks.c.status.in_(_OPEN))
    row = c.execute(select(tasks).where(*where)).one_or_none()
    return None if row is None else task_of_row(row)


def find_last(c: Transaction, kind: str, round_slug: str) -> Task | None:
    """Find the task of a kind and a round that was asked for last."""
    statement = select(tasks).where(tasks.c.kind == kind, tasks.c.round == round_slug)
    row = c.execute(statement.order_by(tasks.c.requested_at.desc(), tasks.c.id).limit(1)).one_or_none()
    return None if row is None else task_of_row(row)


def list_tasks(
    c: Transaction, *, round_slug: str | None = None, is_open: bool | None = None, limit: int = 100
) -> list[Task]:
    """List tasks, the newest first: of a round or all; open or ended ones, or both. Parts are left out."""
    statement = select(tasks).where(tasks.c.part_of.is_(None))
    statement = statement.order_by(tasks.c.requested_at.desc(), tasks.c.id).limit(limit)
    if round_slug is not None:
        statement = statement.where(tasks.c.round == round_slug)
    if is_open is not None:
        is_in = tasks.c.status.in_(_OPEN)
        statement = statement.where(is_in if is_open else ~is_in)
    return [task_of_row(row) for row in c.execute(statement)]


def list_due(c: Transaction, now: datetime, enqueued_before: datetime, limit: int) -> list[Task]:
    """List what a worker should begin: waiting ones whose time has come, running ones that lost their worker.

    Args:
        c: a transaction.
        now: the present.
        enqueued_before: leave out what was put into the queue since.
        limit: at most so many, the oldest first.
    """
    t = tasks.c
    is_due = _is_free(now)
    is_quiet = or_(t.enqueued_at.is_(None), t.enqueued_at <= enqueued_before)
    statement = select(tasks).where(is_due, is_quiet).order_by(t.requested_at, t.id).limit(limit)
    return [task_of_row(row) for row in c.execute(statement)]


def note_enqueued(c: Transaction, task_ids: Sequence[str], now: datetime) -> None:
    """Note that some tasks stand in the queue."""
    c.execute(update(tasks).where(tasks.c.id.in_(task_ids)).values(enqueued_at=now))


def take(c: Transaction, task_id: str, lease: str, now: datetime, until: datetime, most: int) -> bool:
    """Give the turn to a worker, unless another one has it or it has been begun too often; tells whether given."""
    t = tasks.c
    values = {
        "status": "running",
        "lease": lease,
        "lease_until": until,
        "attempts": t.attempts + 1,
        "started_at": func.coalesce(t.started_at, literal(now, UtcTime())),
        "error": None,
    }
    statement = update(tasks).where(t.id == task_id, _is_free(now), t.attempts < most)
    return c.execute(statement.values(**values)).rowcount == 1


def give_up_lost(c: Transaction, task_id: str, now: datetime, most: int, error: Mapping[str, Any]) -> bool:
    """Fail a task whose workers were all lost; tells whether it was such a one."""
    t = tasks.c
    where = (t.id == task_id, t.status == "running", t.lease_until <= now, t.attempts >= most)
    values = encoded(
        {"status": "failed", "error": error, "ended_at": now, "lease": None, "lease_until": None}
    )
    return c.execute(update(tasks).where(*where).values(**values)).rowcount == 1


def write_leased(c: Transaction, task_id: str, lease: str, values: Mapping[str, Any]) -> bool:
    """Write columns of a task as the worker whose turn it is; tells whether it still is."""
    where = (tasks.c.id == task_id, tasks.c.lease == lease, tasks.c.status == "running")
    return c.execute(update(tasks).where(*where).values(**encoded(values))).rowcount == 1


def open_payloads(c: Transaction) -> list[Mapping[str, Any]]:
    """Give the payloads of all tasks that have not ended."""
    found = c.execute(select(tasks.c.payload).where(tasks.c.status.in_(_OPEN))).scalars()
    return [json.loads(payload) for payload in found]


def _is_free(now: datetime) -> ColumnElement[bool]:
    """Say of a task that its turn can be taken.

    All of it is about the task's own row: who waits for that row looks at it again once it is free, and at no other.
    """
    t = tasks.c
    has_come = or_(t.not_before.is_(None), t.not_before <= now)
    return or_(
        and_(t.status == "waiting", t.parts_left == 0, has_come),
        and_(t.status == "running", t.lease_until <= now),
    )


def encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the columns of a task with those written as JSON that are kept so."""
    encoded = dict(values)
    for name in _JSON:
        if encoded.get(name) is not None:
            encoded[name] = json.dumps(encoded[name], ensure_ascii=False, sort_keys=True)
    return encoded


def task_of_row(row: Row[Any]) -> Task:
    """Make a task of its row."""
    values = {name: getattr(row, name) for name in Task.__slots__}
    for name in _JSON:
        if values[name] is not None:
            values[name] = json.loads(values[name])
    values["status"] = TaskStatus(row.status)
    return Task(**values)
