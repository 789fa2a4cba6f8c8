"""What a till sends, and what it is told: the words of redemption.

Source: product.md, Counter; house.md (redeeming is idempotent by the caller's nonce; a refusal has a reason code).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maskres.pickup.places import Place


class AnswerCode(StrEnum):
    """What a till is told; stable, for tills translate them."""

    VALID = "valid"
    HANDED_OUT = "handed-out"
    UNDONE = "undone"
    ALREADY_HANDED_OUT = "already-handed-out"
    OTHER_STORE = "other-store"
    OTHER_DAY = "other-day"
    UNKNOWN = "unknown"
    GIVEN_BACK = "given-back"
    FORFEITED = "forfeited"
    DISQUALIFIED = "disqualified"
    DISPLACED = "displaced"
    NOT_PLACED = "not-placed"
    LAPSED = "lapsed"
    CONFLICT = "conflict"
    NONCE_REUSED = "nonce-reused"
    BAD_NONCE = "bad-nonce"
    CARD_LIMIT = "card-limit"
    UNDO_TOO_LATE = "undo-too-late"
    NOTHING_TO_UNDO = "nothing-to-undo"


KEPT_CODES = frozenset(AnswerCode) - {
    AnswerCode.VALID,
    AnswerCode.UNKNOWN,
    AnswerCode.NONCE_REUSED,
    AnswerCode.BAD_NONCE,
    AnswerCode.CARD_LIMIT,
}
"""Answers that are recorded under their nonce. An unknown code has no place to be recorded at, and an undo that
overtook its hand-over must find it on the next try."""

EFFECTIVE_CODES = frozenset({AnswerCode.HANDED_OUT, AnswerCode.UNDONE, AnswerCode.CONFLICT})
"""Answers that say goods have moved; every other is a refusal that changed nothing."""


@dataclass(frozen=True, slots=True)
class Handover:
    """One thing a till did, or wants to do: a hand-over, or the undoing of one.

    Attributes:
        nonce: made by the till once for this act, the same on every try.
        place: the place its code or card was found to belong to; None where there is none.
        store: slug of the till's store.
        till: name of the till.
        claimed_at: when, by the till's clock; aware, perhaps wrong.
        received_at: when it arrived here; aware.
        is_offline: done without network: the goods have left already, whatever is answered.
        has_code: the winner's code was shown; False where only the card was.
        undoes: nonce of the hand-over it undoes; None for a hand-over.
    """

    nonce: str
    place: int | None
    store: str
    till: str
    claimed_at: datetime
    received_at: datetime
    is_offline: bool = False
    has_code: bool = True
    undoes: str | None = None

    @property
    def at(self) -> datetime:
        """When it was done as far as one can believe: a till's word, but never later than it arrived."""
        return min(self.claimed_at, self.received_at) if self.is_offline else self.received_at

    def is_same_act(self, other: Handover) -> bool:
        """Tell whether another request with this nonce is the same act tried again."""
        if (self.store, self.till, self.undoes) != (other.store, other.till, other.undoes):
            return False
        return self.undoes is not None or self.place == other.place


@dataclass(frozen=True, slots=True)
class Answer:
    """What a till is told.

    Attributes:
        code: what happened.
        place: the place it is about; None where there is none to tell of.
        reason: for "conflict", what stands against the hand-over; for "valid" and "handed-out", why the
            place is served from stock nobody else has a claim to, if it is; else None.
        handed_out_at: for what was handed out already, when.
        till: for what was handed out already, by which till.
        store: for another store, which one.
    """

    code: AnswerCode
    place: int | None = None
    reason: AnswerCode | None = None
    handed_out_at: datetime | None = None
    till: str | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A request and the answer it was given, kept under its nonce.

    Attributes:
        handover: the request.
        answer: the answer, given again whenever the request comes again.
    """

    handover: Handover
    answer: Answer


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """A place before and after: write `after` only where `before` still stands."""

    before: Place
    after: Place


@dataclass(frozen=True, slots=True)
class Changes:
    """What a list of requests changes, to be written in one transaction.

    Attributes:
        places: one a changed place.
        records: in order; one whose nonce was refused before takes the place of the earlier.
    """

    places: tuple[PlaceChange, ...]
    records: tuple[Record, ...]
