"""A store's day in figures: slots filling, handed out, to come, missed, stock and how it adds up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maskres.db import desk as reads
from maskres.db import handovers, pickup, rounds, stock
from maskres.db.rounds import Round
from maskres.errors import InputError
from maskres.pickup.handovers import Record
from maskres.pickup.places import PlaceStatus
from maskres.pickup.reconciliation import Reconciliation
from maskres.usecases.pickup.stock import reconcile_day
from maskres.usecases.service import Service


@dataclass(frozen=True, slots=True)
class SlotFigures:
    """A slot in winners; `expected` is the sum of what follows it.

    Attributes:
        starts_at: aware.
        ends_at: aware.
        capacity: how many it can take.
        expected: assigned to it and not placed elsewhere, given back or taken away.
        handed_out: served, here or elsewhere.
        to_come: not served, and the slot has not ended.
        missed: not served, and the slot has ended.
    """

    starts_at: datetime
    ends_at: datetime
    capacity: int
    expected: int
    handed_out: int
    to_come: int
    missed: int


@dataclass(frozen=True, slots=True)
class StoreDay:
    """A store's day in one round.

    Attributes:
        round: the round.
        day: of the stores' calendar.
        slots: by begin.
        handed_out: winners served at this store on this day, whatever their slot.
        from_spare: those of them who were served from stock to spare.
        counted: "delivered", "damaged", "left" → items counted on this day, where they were.
        reconciliation: how the shelf comes out.
        conflicts: hand-overs of this store on any day that cannot stand.
    """

    round: Round
    day: date
    slots: list[SlotFigures]
    handed_out: int
    from_spare: int
    counted: dict[str, int]
    reconciliation: Reconciliation
    conflicts: list[Record]

    def total(self, figure: str) -> int:
        """Sum a figure over the slots."""
        return sum(getattr(slot, figure) for slot in self.slots)


def show_day(service: Service, round_slug: str, store: str, day: date) -> StoreDay:
    """Give a store's day.

    Raises:
        InputError: "unknown-round", "unknown-store".
    """
    now = service.now()
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        if rounds.find_store(c, round_.id, store) is None:
            raise InputError("unknown-store", f"{store!r:.60} is not a store of this round.", field="store")
        since = datetime.combine(day, time(), ZoneInfo(round_.rules.zone)).astimezone(UTC)
        until = since + timedelta(days=1)
        slots = [_figures(each, now) for each in reads.list_slot_days(c, round_.id, store, since, until)]
        handed_out = pickup.count_handed_out(c, round_.id, store, since, until)
        from_spare = reads.count_from_spare(c, round_.id, store, since, until)
        counted = stock.count_stock(c, round_.id, store, on=day.isoformat())
        conflicts = [each for each in handovers.list_conflicts(c, round_.id) if each.handover.store == store]
    reconciliation = reconcile_day(service, round_slug, store, day)
    return StoreDay(round_, day, slots, handed_out, from_spare, counted, reconciliation, conflicts)


def _figures(slot: reads.SlotDay, now: datetime) -> SlotFigures:
    waiting = slot.by_status.get(PlaceStatus.ASSIGNED, 0)
    handed_out = slot.by_status.get(PlaceStatus.COLLECTED, 0)
    missed = slot.by_status.get(PlaceStatus.FORFEITED, 0)
    has_ended = slot.ends_at <= now
    return SlotFigures(
        slot.starts_at,
        slot.ends_at,
        slot.capacity,
        expected=waiting + handed_out + missed,
        handed_out=handed_out,
        to_come=0 if has_ended else waiting,
        missed=missed + (waiting if has_ended else 0),
    )
