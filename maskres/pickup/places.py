"""A winner's place as the counter sees it: where, when, and whether it was collected.

Source: spec P5, A2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

#: Whoever is displaced so shortly before their slot is perhaps on the way already: phoned, and served by any store.
HONOURED_WITHIN = timedelta(hours=2)


def is_too_late_to_move(displaced_at: datetime | None, slot_starts_at: datetime | None) -> bool:
    """Tell whether somebody was displaced so shortly before their slot that any store honours it.

    Args:
        displaced_at: aware; None for whoever was not.
        slot_starts_at: aware; None without a slot.
    """
    if displaced_at is None or slot_starts_at is None:
        return False
    return slot_starts_at - displaced_at <= HONOURED_WITHIN


class PlaceStatus(StrEnum):
    """Where a place stands."""

    ASSIGNED = "assigned"
    COLLECTED = "collected"
    FORFEITED = "forfeited"
    CANCELLED = "cancelled"
    DISQUALIFIED = "disqualified"
    DISPLACED = "displaced"
    UNPLACED = "unplaced"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Collection:
    """Who handed a place out.

    Attributes:
        nonce: of the hand-over.
        store: slug; not always the place's own store.
        till: name of the till.
        at: when, aware; the till's word, but never later than it arrived.
        status_before: what an undo gives the place back to.
    """

    nonce: str
    store: str
    till: str
    at: datetime
    status_before: PlaceStatus


@dataclass(frozen=True, slots=True)
class Place:
    """One winner's place.

    Attributes:
        place: the place's own key.
        status: where it stands.
        store: slug; None while unplaced.
        slot_starts_at: aware; None while unplaced.
        slot_ends_at: aware, later; None while unplaced.
        collection: who handed it out; set exactly while collected.
        is_honoured_elsewhere: displaced so shortly before its slot that any store with stock to spare serves it.
    """

    place: int
    status: PlaceStatus
    store: str | None = None
    slot_starts_at: datetime | None = None
    slot_ends_at: datetime | None = None
    collection: Collection | None = None
    is_honoured_elsewhere: bool = False

    def __post_init__(self) -> None:
        if (self.status is PlaceStatus.COLLECTED) != (self.collection is not None):
            raise ValueError("a place is collected exactly when somebody handed it out")

    def is_on_day_of(self, moment: datetime, zone: tzinfo) -> bool:
        """Tell whether its slot is on a moment's day.

        Args:
            moment: aware time.
            zone: the zone whose calendar the stores follow.
        """
        if self.slot_starts_at is None:
            return False
        return self.slot_starts_at.astimezone(zone).date() == moment.astimezone(zone).date()

    def hand_out(self, nonce: str, store: str, till: str, at: datetime) -> Place:
        """Give the place as it stands once handed out."""
        collection = Collection(nonce, store, till, at, self.status)
        return replace(self, status=PlaceStatus.COLLECTED, collection=collection)

    def give_back(self) -> Place:
        """Give the place as it stood before it was handed out."""
        if self.collection is None:
            raise ValueError("what was not handed out cannot be given back")
        return replace(self, status=self.collection.status_before, collection=None)
