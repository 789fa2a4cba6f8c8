"""How the deployment's work does, for whoever must see that nothing is stuck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from maskres.db import health, people, rounds
from maskres.rounds.status import RoundStatus
from maskres.usecases.service import Service

#: What waits longer than this is late.
LATE_AFTER = timedelta(minutes=5)
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class WorkHealth:
    """Tasks, messages and registrations at one moment.

    Attributes:
        now: that moment.
        tasks: the queue of long steps; failed in the last day.
        messages: the outbox of SMS, likewise.
        sent: hour → messages sent in it, of the last day.
        standing: open round → registrations standing.
    """

    now: datetime
    tasks: health.Health
    messages: health.Health
    sent: Mapping[datetime, int]
    standing: Mapping[str, int]

    def is_late(self, of: health.Health) -> bool:
        """Tell whether something of a queue waits too long."""
        return of.oldest_at is not None and self.now - of.oldest_at > LATE_AFTER


def read_health(service: Service) -> WorkHealth:
    """Read how the work does."""
    now = service.now()
    since = now - _DAY
    with service.database.reading() as c:
        open_rounds = [each for each in rounds.list_rounds(c) if each.status is RoundStatus.OPEN]
        return WorkHealth(
            now=now,
            tasks=health.task_health(c, since),
            messages=health.message_health(c, since),
            sent=health.count_sent_by_hour(c, since),
            standing={each.slug: people.count_registrations(c, each.id)[0] for each in open_rounds},
        )
