"""When a draw takes registrations: the times that are announced to people beforehand.

Closing is an act of the operator and may come later. What is announced binds whoever registers, changes or withdraws
one at a time, whichever door they come by: before the opening and from the closing on they are refused, whether or
not the operator has acted yet. Files and carrying over are acts of staff and go on until the draw is closed
(docs/adr/0026).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maskres.errors import InputError, StepRefused
from maskres.formats.values import format_time


class Registering(StrEnum):
    """Whether a draw that is open takes registrations."""

    ANNOUNCED = "announced"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class RegistrationTimes:
    """The announced times of a draw, aware UTC.

    Attributes:
        opens_at: from when it takes registrations; None as soon as the draw is open.
        closes_at: when it takes none any more; None until the operator closes it.
    """

    opens_at: datetime | None = None
    closes_at: datetime | None = None

    def state_at(self, now: datetime) -> Registering:
        """Tell where an open draw stands by its times: the opening's second is in, the closing's is out."""
        if self.opens_at is not None and now < self.opens_at:
            return Registering.ANNOUNCED
        if self.closes_at is not None and now >= self.closes_at:
            return Registering.ENDED
        return Registering.RUNNING

    def require_running(self, now: datetime) -> None:
        """Refuse whoever comes before the opening or after the closing.

        Raises:
            StepRefused: "registration-not-begun", "registration-closed".
        """
        state = self.state_at(now)
        if state is Registering.ANNOUNCED and self.opens_at is not None:
            raise StepRefused(
                "registration-not-begun",
                f"Registration for this round begins at {format_time(self.opens_at)}.",
            )
        if state is Registering.ENDED and self.closes_at is not None:
            raise StepRefused(
                "registration-closed", f"Registration for this round ended at {format_time(self.closes_at)}."
            )


NO_TIMES = RegistrationTimes()


def check_times(times: RegistrationTimes, now: datetime, present: RegistrationTimes = NO_TIMES) -> None:
    """Refuse times that cannot be announced; one that stands already may be past.

    Args:
        times: to be announced.
        now: the present moment.
        present: what was announced before.

    Raises:
        InputError: "times-crossed", "time-past", naming the field.
    """
    if times.opens_at is not None and times.closes_at is not None and times.opens_at >= times.closes_at:
        raise InputError("times-crossed", "Registration must open before it closes.", field="closes_at")
    for name in ("opens_at", "closes_at"):
        at = getattr(times, name)
        if at is not None and at != getattr(present, name) and at <= now:
            raise InputError(
                "time-past", "This time is past; registration times are announced ahead.", field=name
            )
