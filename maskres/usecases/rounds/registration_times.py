"""Announcing when people may register for a draw (rounds/times.py)."""

from __future__ import annotations

from maskres.db import record, rounds
from maskres.db.engine import Transaction
from maskres.errors import StepRefused
from maskres.formats.values import format_time
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.rounds.times import Registering, RegistrationTimes, check_times
from maskres.usecases.service import Actor, Service, one_transaction


@one_transaction
def set_registration_times(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    times: RegistrationTimes,
) -> None:
    """Announce when people may register for a draw: for the first one of a draft, or for one that is open.

    Those that are announced already stay as they are.

    Raises:
        InputError: "unknown-round", "unknown-draw", "times-crossed", "time-past".
        StepRefused: "draw-closed"; "registration-begun" for another opening once it has begun.
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug, is_locked=True)
    announced = _announced(c, round_, draw_number, is_locked=True)
    if isinstance(announced, rounds.Draw):
        if announced.status is not DrawStatus.OPEN:
            raise StepRefused(
                "draw-closed", f"Draw {draw_number} is {announced.status}; nobody registers for it."
            )
        has_begun = announced.times.state_at(now) is not Registering.ANNOUNCED
        if has_begun and times.opens_at != announced.times.opens_at:
            raise StepRefused(
                "registration-begun", "Registration has begun; its opening cannot be moved any more."
            )
    check_times(times, now, announced.times)
    if times == announced.times:
        return  # sent twice: it stands, and was logged
    rounds.set_times(c, announced, times)
    detail = {"before": _written(announced.times), "after": _written(times)}
    record.log(
        c, now, actor.name, "registration-times-set", round_slug=round_slug, draw=draw_number, detail=detail
    )


def registration_times(service: Service, round_slug: str, draw_number: int) -> RegistrationTimes:
    """Give the announced times of a draw, or of a draft's first one.

    Raises:
        InputError: "unknown-round", "unknown-draw".
    """
    with service.database.reading() as c:
        return _announced(c, rounds.find_round(c, round_slug), draw_number).times


def _announced(
    c: Transaction, round_: rounds.Round, draw_number: int, *, is_locked: bool = False
) -> rounds.Round | rounds.Draw:
    if round_.status is RoundStatus.DRAFT and draw_number == 1:
        return round_
    return rounds.find_draw(c, round_, draw_number, is_locked=is_locked)


def _written(times: RegistrationTimes) -> list[str | None]:
    return [None if at is None else format_time(at) for at in (times.opens_at, times.closes_at)]
