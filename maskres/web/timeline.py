"""The steps of a draw as people see them: what is done, what comes next, who can do it, and when it may be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.ledger.body_shapes import Kind
from maskres.lottery.source_values import MISSING
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.showing.overview import DrawOverview, RoundOverview
from maskres.web.languages import MARKS, language
from maskres.web.names import ENTRIES, REGISTERS, name_of
from maskres.web.pages import local_time


class State(StrEnum):
    """Where a step of the timeline stands."""

    DONE = "done"
    NEXT = "next"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the timeline.

    Attributes:
        status: what the draw is once the step is taken.
        title: of the step.
        state: where it stands.
        at: when it was taken.
        roles: who can take it.
        may_at: from when it may be taken; None for at once.
        hindrance: what stands in its way now, in words.
        note: what else to know.
    """

    status: DrawStatus
    title: str
    state: State
    roles: tuple[StaffRole, ...]
    at: datetime | None = None
    may_at: datetime | None = None
    hindrance: str | None = None
    note: str | None = None

    @property
    def is_free(self) -> bool:
        """Whether it is this step's turn and nothing stands in its way."""
        return self.state is State.NEXT and self.hindrance is None


_OPERATOR = (StaffRole.OPERATOR,)
_TITLES: Mapping[DrawStatus, LazyString] = {
    DrawStatus.CLOSED: lazy_gettext("Close registration"),
    DrawStatus.DECIDED: lazy_gettext("Decide who is in the pool"),
    DrawStatus.COMMITTED: lazy_gettext("Commit the pool"),
    DrawStatus.DICED: lazy_gettext("Enter the source of the seed"),
    DrawStatus.DRAWN: lazy_gettext("Draw the winners"),
    DrawStatus.PUBLISHED: lazy_gettext("Publish the places"),
    DrawStatus.COLLECTING: lazy_gettext("Open collection"),
    DrawStatus.FINISHED: lazy_gettext("Finish the draw"),
}
_ENTRIES: Mapping[DrawStatus, str] = {
    DrawStatus.CLOSED: Kind.DRAW_CLOSED,
    DrawStatus.DECIDED: Kind.DRAW_DECIDED,
    DrawStatus.COMMITTED: Kind.DRAW_COMMITTED,
    DrawStatus.DRAWN: Kind.DRAWN,
    DrawStatus.PUBLISHED: Kind.ALLOCATED,
    DrawStatus.COLLECTING: DrawStatus.COLLECTING,
    DrawStatus.FINISHED: Kind.DRAW_FINISHED,
}


def timeline(shown: RoundOverview, one: DrawOverview, now: datetime) -> list[Step]:
    """Lay out the steps of a draw.

    Args:
        shown: the round.
        one: the draw.
        now: the present moment.
    """
    return [_step(shown, one, status, now) for status in _TITLES]


def step_to(shown: RoundOverview, one: DrawOverview, status: DrawStatus, now: datetime) -> Step:
    """Give one step of a draw's timeline."""
    return _step(shown, one, status, now)


def _step(shown: RoundOverview, one: DrawOverview, status: DrawStatus, now: datetime) -> Step:
    title, roles = str(_TITLES[status]), _roles(one, status)
    at = one.reached.get(_ENTRIES.get(status, Kind.DICE)) or one.reached.get(Kind.BEACON)
    if status in _ENTRIES:
        at = one.reached.get(_ENTRIES[status])
    if one.draw.status is DrawStatus.VOID:
        return Step(status, title, State.DONE if at else State.NEVER, roles, at)
    if has_reached(one.draw.status, status):
        return Step(status, title, State.DONE, roles, at)
    order = list(DrawStatus)
    if order.index(status) > order.index(one.draw.status) + 1:
        return Step(status, title, State.LATER, roles)
    may_at, hindrance, note = _conditions(shown, one, status, now)
    return Step(status, title, State.NEXT, roles, None, may_at, hindrance, note)


def _roles(one: DrawOverview, status: DrawStatus) -> tuple[StaffRole, ...]:
    if status is DrawStatus.DICED and (one.dice is not None or not one.sources):
        return (StaffRole.NOTARY,)
    return _OPERATOR


def _conditions(
    shown: RoundOverview, one: DrawOverview, status: DrawStatus, now: datetime
) -> tuple[datetime | None, str | None, str | None]:
    """Say from when a step may be taken, what stands in its way, and what else to know."""
    match status:
        case DrawStatus.CLOSED:
            return None, None, _closing_note(shown, one, now)
        case DrawStatus.DECIDED:
            return None, _missing_registers(shown), None
        case DrawStatus.COMMITTED:
            return _commit_conditions(shown, one, now)
        case DrawStatus.DICED:
            return _source_conditions(shown, one, now)
        case DrawStatus.DRAWN:
            return _draw_conditions(shown, one)
        case DrawStatus.COLLECTING | DrawStatus.FINISHED:
            return None, uncosigned(one), None
        case _:
            return None, None, None


def _closing_note(shown: RoundOverview, one: DrawOverview, now: datetime) -> str:
    closes_at = one.draw.times.closes_at
    if closes_at is None:
        return str(gettext("Registration for this draw ends at once."))
    if now >= closes_at:
        return str(gettext("The announced time is over; nobody can register any more."))
    until = local_time(closes_at, shown.round.rules.zone)
    return str(gettext("It was announced that people can register until %(time)s.", time=until))


def _missing_registers(shown: RoundOverview) -> str | None:
    if not shown.missing_registers:
        return None
    names = MARKS[language()]["in_list"].join(name_of(REGISTERS, kind) for kind in shown.missing_registers)
    return str(gettext("Not imported yet: %(registers)s.", registers=names))


def _commit_conditions(
    shown: RoundOverview, one: DrawOverview, now: datetime
) -> tuple[datetime | None, str | None, str | None]:
    due = one.may_commit_at
    if due is not None and now < due:
        until = local_time(due, shown.round.rules.zone)
        return due, gettext("Verdicts can be disputed until %(time)s.", time=until), None
    if not one.plan.slots:
        return None, gettext("The pickup slots have not been set yet."), None
    open_ones = one.disputes.get("open", 0)
    note = gettext("Disputes still open: %(count)s. These numbers stay in the pool.", count=open_ones)
    return None, None, note if open_ones else None


def _draw_conditions(
    shown: RoundOverview, one: DrawOverview
) -> tuple[datetime | None, str | None, str | None]:
    lacking = _lacking(shown, one, Kind.DICE) if one.dice and one.draw.dice != MISSING else None
    if lacking:
        return None, lacking, None
    if one.draw.seed is None and one.drand is not None:
        return one.drand.network.round_at, gettext("The beacon's round has not been entered yet."), None
    return None, None, None


def _lacking(shown: RoundOverview, one: DrawOverview, kind: Kind) -> str | None:
    """Say that notary and witness have yet to cosign a step, or that they did too late."""
    if one.was_cosigned_late(kind):
        return str(gettext("Notary and witness cosigned this too late: the draw cannot go on."))
    if one.vouched.get(kind) is not None:
        return None
    due = one.cosign_by(kind)
    names = {
        Kind.DRAW_COMMITTED: gettext("Notary and witness must both cosign the commitment first."),
        Kind.DICE: gettext("Notary and witness must both cosign the dice first."),
    }
    until = local_time(due, shown.round.rules.zone) if due else ""
    return f"{names[kind]} {gettext('At the latest: %(time)s.', time=until) if due else ''}".strip()


def uncosigned(one: DrawOverview) -> str | None:
    """Say what notary and witness have yet to cosign before anything is handed out, placed anew or finished."""
    if not one.lacking:
        return None
    steps = MARKS[language()]["in_list"].join(name_of(ENTRIES, kind) for kind in one.lacking)
    return str(gettext("Notary and witness must both cosign first: %(steps)s.", steps=steps))


def _source_conditions(
    shown: RoundOverview, one: DrawOverview, now: datetime
) -> tuple[datetime | None, str | None, str | None]:
    lacking = _lacking(shown, one, Kind.DRAW_COMMITTED)
    if lacking:
        return None, lacking, None
    if one.dice is None:
        due = None if one.drand is None else one.drand.network.round_at
        is_early = due is not None and now < due
        return due, gettext("The beacon's round has not come yet.") if is_early else None, None
    due_text = local_time(one.dice.by, shown.round.rules.zone)
    words = gettext(
        "%(rolls)s rolls of a die with %(sides)s sides, by %(time)s; not by who committed.",
        rolls=one.dice.rolls,
        sides=one.dice.sides,
        time=due_text,
    )
    if one.dice_from is not None and now < one.dice_from:
        early = gettext("The dice are rolled from ten minutes after both have cosigned the commitment.")
        return one.dice_from, early, words
    return None, None, words
