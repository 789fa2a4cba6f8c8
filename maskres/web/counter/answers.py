"""How an answer looks: a word, a shape, a colour, and what to do now. Never by its colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.pickup.handovers import AnswerCode
from maskres.rounds.status import DrawStatus
from maskres.usecases.pickup.desk import Sight


@dataclass(frozen=True, slots=True)
class Look:
    """How an answer is shown.

    Attributes:
        shape: name of the drawing in templates/counter/shapes.html.
        colour: name of the panel's colour in assets/_counter.scss.
        word: in large letters.
        advice: what to do now.
    """

    shape: str
    colour: str
    word: LazyString
    advice: LazyString


_SEND_TO_OPERATOR = lazy_gettext("Hand nothing out. Please call the operator.")

LOOKS: dict[AnswerCode, Look] = {
    AnswerCode.VALID: Look(
        "tick", "go", lazy_gettext("Valid"), lazy_gettext("Compare the card first, then hand over.")
    ),
    AnswerCode.HANDED_OUT: Look(
        "box", "done", lazy_gettext("Handed out"), lazy_gettext("It is recorded. Next person, please.")
    ),
    AnswerCode.UNDONE: Look(
        "back",
        "plain",
        lazy_gettext("Taken back"),
        lazy_gettext("The place is as it was before. To hand over after all, scan the code again."),
    ),
    AnswerCode.ALREADY_HANDED_OUT: Look(
        "stop", "stop", lazy_gettext("Already handed out"), lazy_gettext("Do not hand out a second time.")
    ),
    AnswerCode.OTHER_STORE: Look(
        "arrow", "elsewhere", lazy_gettext("Other store"), lazy_gettext("Please send the person there.")
    ),
    AnswerCode.OTHER_DAY: Look(
        "clock",
        "wait",
        lazy_gettext("Wrong day"),
        lazy_gettext("There is nothing to spare today. Please ask the person to come at their own time."),
    ),
    AnswerCode.UNKNOWN: Look(
        "question",
        "plain",
        lazy_gettext("Unknown"),
        lazy_gettext("Nothing can be handed out for this. Please compare each symbol with the slip."),
    ),
    AnswerCode.GIVEN_BACK: Look(
        "back", "wait", lazy_gettext("Given back"), lazy_gettext("The winner gave this place back.")
    ),
    AnswerCode.FORFEITED: Look(
        "clock",
        "wait",
        lazy_gettext("Missed"),
        lazy_gettext("The time for this place is over, and there is nothing to spare today."),
    ),
    AnswerCode.DISQUALIFIED: Look("stop", "stop", lazy_gettext("Disqualified"), _SEND_TO_OPERATOR),
    AnswerCode.DISPLACED: Look(
        "arrow",
        "elsewhere",
        lazy_gettext("Being placed anew"),
        lazy_gettext("The winner's store has closed. The status page will say where to go."),
    ),
    AnswerCode.NOT_PLACED: Look(
        "question",
        "plain",
        lazy_gettext("No place yet"),
        lazy_gettext("The winner has no store and time yet. The status page will say."),
    ),
    AnswerCode.LAPSED: Look(
        "clock", "wait", lazy_gettext("Lapsed"), lazy_gettext("This win has ended without a place.")
    ),
    AnswerCode.CONFLICT: Look("warning", "stop", lazy_gettext("Conflict"), _SEND_TO_OPERATOR),
    AnswerCode.NONCE_REUSED: Look(
        "warning", "stop", lazy_gettext("Mixed up"), lazy_gettext("Please scan the code again.")
    ),
    AnswerCode.BAD_NONCE: Look(
        "warning", "stop", lazy_gettext("Mixed up"), lazy_gettext("Please scan the code again.")
    ),
    AnswerCode.CARD_LIMIT: Look(
        "stop",
        "stop",
        lazy_gettext("Card look-ups used up"),
        lazy_gettext(
            "This till has looked up as many cards today as it may. "
            "Please ask for the pickup code, or call the operator."
        ),
    ),
    AnswerCode.UNDO_TOO_LATE: Look(
        "clock",
        "wait",
        lazy_gettext("Too late to take back"),
        lazy_gettext("More than ten minutes have passed. Please call the operator."),
    ),
    AnswerCode.NOTHING_TO_UNDO: Look(
        "question",
        "plain",
        lazy_gettext("Nothing to take back"),
        lazy_gettext("This was taken back already."),
    ),
}
_NOT_YET = Look(
    "clock",
    "wait",
    lazy_gettext("Not open yet"),
    lazy_gettext("Collection for this draw has not begun. Please ask the person to come at their own time."),
)
_OVER = Look("clock", "wait", lazy_gettext("Over"), lazy_gettext("Collection for this draw has ended."))

#: What only a device without network says: it knows the signature of a code, or that there is none it can trust.
SIGNED = Look(
    "warning",
    "wait",
    lazy_gettext("Genuine code"),
    lazy_gettext(
        "For this store and day. This device has no list of today, so it cannot tell who may collect or whether it "
        "was handed out before. Ask for the card, and hand over only if nothing speaks against it."
    ),
)
NOT_LISTED = Look(
    "question",
    "plain",
    lazy_gettext("Not on today's list"),
    lazy_gettext("Nothing can be handed out for this without network. Please try again once it is back."),
)
NOT_GENUINE = Look(
    "stop", "stop", lazy_gettext("Not genuine"), lazy_gettext("The signature is wrong. Hand nothing out.")
)
CONFLICT = Look(
    "stop",
    "stop",
    lazy_gettext("Conflict"),
    lazy_gettext(
        "It was handed out here without network and does not fit what is known. The operator sees it too."
    ),
)

#: Why something is served all the same.
SPARE = {
    AnswerCode.OTHER_DAY: lazy_gettext("From stock to spare: the time was another one."),
    AnswerCode.FORFEITED: lazy_gettext("From stock to spare: the time was missed."),
    AnswerCode.DISPLACED: lazy_gettext("From stock to spare: the winner's store has closed."),
}


def look_of(sight: Sight) -> Look:
    """Say how a sight is shown: an unknown code of a draw that is not collected now says so."""
    if sight.answer.code is AnswerCode.UNKNOWN and sight.draw_status is not None:
        if sight.draw_status is DrawStatus.PUBLISHED:
            return _NOT_YET
        if sight.draw_status is DrawStatus.FINISHED:
            return _OVER
    return LOOKS[sight.answer.code]
