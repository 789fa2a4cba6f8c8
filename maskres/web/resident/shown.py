"""What residents' pages call things: answers, where somebody stands, reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import format_percent, lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.db.rounds import Round
from maskres.eligibility.reasons import explain
from maskres.usecases.showing.standing_values import InDraw, Where
from maskres.web.languages import language
from maskres.web.pages import local_time

_FOR_WHOM = {
    "self": lazy_gettext("Myself"),
    "child": lazy_gettext("My child"),
    "parent": lazy_gettext("My mother or father"),
    "other": lazy_gettext("Somebody else whom I help"),
}
_DOCUMENTS = {
    "cn-id": lazy_gettext("Resident identity card"),
    "hmt-permit": lazy_gettext("Residence permit for Hong Kong, Macao or Taiwan residents"),
    "pr-card": lazy_gettext("Permanent residence card for foreigners"),
    "passport": lazy_gettext("Passport"),
}
_REACHES = {
    "district": lazy_gettext("To any store in my district"),
    "city": lazy_gettext("To any store in the city"),
    "choices": lazy_gettext("Only to the stores I choose; rather nothing than elsewhere"),
}
#: State → heading, what it means, colour of its tag.
STATES: Mapping[Where, tuple[LazyString, LazyString, str]] = {
    Where.REGISTERED: (
        lazy_gettext("Registered"),
        lazy_gettext(
            "When registration has closed, the registers are compared. Then it stands here whether you take part."
        ),
        "green",
    ),
    Where.CHANGED: (
        lazy_gettext("Registered, with changes"),
        lazy_gettext("Your changed choices count. Your number and your chance are the same as before."),
        "green",
    ),
    Where.WITHDRAWN: (
        lazy_gettext("Withdrawn"),
        lazy_gettext("This registration was withdrawn and takes no part."),
        "grey",
    ),
    Where.AWAITING: (
        lazy_gettext("Registration has closed"),
        lazy_gettext("The registers are being compared. Then it stands here whether you take part."),
        "blue",
    ),
    Where.NOT_ELIGIBLE: (
        lazy_gettext("Not in the draw"),
        lazy_gettext("By the registers you cannot take part in this draw."),
        "orange",
    ),
    Where.IN_POOL: (
        lazy_gettext("You take part"),
        lazy_gettext("Your number is in the pool. The draw is held in public before a notary."),
        "green",
    ),
    Where.WAITING: (
        lazy_gettext("On the waiting list"),
        lazy_gettext("You have not won so far. When places come free, whoever is next moves up, in this order."),
        "yellow",
    ),
    Where.LEFT: (
        lazy_gettext("You left the waiting list"),
        lazy_gettext("You gave up your turn in this draw."),
        "grey",
    ),
    Where.NOT_DRAWN: (
        lazy_gettext("Not won"),
        lazy_gettext(
            "The waiting list of this draw has ended. "
            "Rounds waited give more tickets where the rules say so."
        ),
        "grey",
    ),
    Where.WON: (
        lazy_gettext("You have won"),
        lazy_gettext("Store, day and half hour follow as soon as the places are published."),
        "green",
    ),
    Where.UNPLACED: (
        lazy_gettext("You have won; a place is still to be found"),
        lazy_gettext("No store within your reach had room. The next batch tries again."),
        "yellow",
    ),
    Where.PLACED: (
        lazy_gettext("You have won"),
        lazy_gettext("Come to this store at this time with the identity document and the code."),
        "green",
    ),
    Where.COLLECTED: (
        lazy_gettext("Collected"),
        lazy_gettext("This was handed out."),
        "green",
    ),
    Where.FORFEITED: (
        lazy_gettext("Missed"),
        lazy_gettext("Nobody came in time, so the place goes to the waiting list."),
        "red",
    ),
    Where.CANCELLED: (
        lazy_gettext("Given back"),
        lazy_gettext("You gave this place back; it goes to somebody who waits. Thank you."),
        "grey",
    ),
    Where.DISPLACED: (
        lazy_gettext("Your store has closed"),
        lazy_gettext("Your win stands. The next batch gives you another store and time; look here again then."),
        "yellow",
    ),
    Where.LAPSED: (
        lazy_gettext("The win has ended without a place"),
        lazy_gettext("No store within your reach had room in two batches."),
        "red",
    ),
    Where.DISQUALIFIED: (
        lazy_gettext("Disqualified"),
        lazy_gettext(
            "Operator and notary together have taken this number out. "
            "Ask at a counter with your identity document."
        ),
        "red",
    ),
    Where.VOID: (
        lazy_gettext("This draw was given up"),
        lazy_gettext(
            "It was ended before its dice, for the reason below. "
            "Your registration takes part in the next draw of the round, if there is one."
        ),
        "red",
    ),
}  # fmt: skip
_OBJECTED_TO = (
    lazy_gettext("Your objection is being looked at"),
    lazy_gettext(
        "By the registers you cannot take part in this draw. "
        "Until your objection is answered your number stays in it."
    ),
    "blue",
)
_DISPUTES = {
    "open": lazy_gettext(
        "Your objection is being looked at. Until it is answered your number stays in the draw."
    ),
    "upheld": lazy_gettext("Your objection was right. The verdict is being given anew."),
    "rejected": lazy_gettext("Your objection was answered: the verdict stands."),
}


#: Reasons whose next step is an objection, while there is time for one.
_OBJECTED = frozenset({"too-young", "age-unknown", "name-differs", "not-registered-here"})


def reason_words(code: str) -> tuple[str, str]:
    """Say a reason, and what can be done."""
    return explain(code, "zh-Hans" if language() == "zh" else "en")


def helpers() -> dict[str, Any]:
    """Give the templates what residents' pages call things."""
    named: dict[str, Callable[..., Any]] = {
        "for_whom_words": lambda word: _FOR_WHOM[str(word)],
        "document_words": lambda word: _DOCUMENTS[str(word)],
        "reach_words": lambda word: _REACHES[str(word)],
        "reason_words": reason_words,
        "state_of": _state_of,
        "dispute_words": lambda word: _DISPUTES[word],
        "moment": _moment,
        "percent": lambda share: format_percent(share, "0.##%"),
    }
    return {**named, "objected": _OBJECTED}


def _state_of(part: InDraw) -> tuple[LazyString, LazyString, str]:
    """Give heading, meaning and colour of where somebody stands in a draw."""
    is_looked_at = part.where is Where.NOT_ELIGIBLE and part.dispute == "open"
    return _OBJECTED_TO if is_looked_at else STATES[part.where]


def _moment(at: datetime, round_: Round) -> str:
    """Say a time of a round with its day of the week, in the round's zone."""
    return local_time(at, round_.rules.zone, "full")
