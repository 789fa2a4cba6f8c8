"""Queries on the pickup slots of a draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, text

from maskres.db.bulk import insert_rows, load_rows, make_temporary
from maskres.db.engine import Transaction
from maskres.db.rounds import Draw
from maskres.db.tables import slots, stores
from maskres.formats.values import format_time
from maskres.lottery.slots import Slot


def replace_slots(c: Transaction, draw: Draw, rows: Iterable[Slot]) -> int:
    """Set the slots of a draw that is not committed yet, in place of earlier ones; gives how many."""
    c.execute(delete(slots).where(slots.c.draw_id == draw.id))
    return insert_slots(c, draw.id, rows)


def insert_slots(c: Transaction, draw_id: int, rows: Iterable[Slot]) -> int:
    """Insert slots with nothing taken."""
    values = [
        (
            draw_id,
            slot.store,
            slot.slot,
            format_time(slot.starts_at),
            format_time(slot.ends_at),
            slot.capacity,
        )
        for slot in rows
    ]
    insert_rows(c, slots, ("draw_id", "store", "slot", "starts_at", "ends_at", "capacity"), values)
    return len(values)


def list_slots(c: Transaction, draw: Draw) -> list[Slot]:
    """List the slots of a draw as slots.csv has them: by store, starts_at, slot."""
    in_round = (stores.c.round_id == draw.round_id) & (stores.c.store == slots.c.store)
    rows = c.execute(
        select(slots, stores.c.district)
        .join(stores, in_round)
        .where(slots.c.draw_id == draw.id)
        .order_by(slots.c.store, slots.c.starts_at, slots.c.slot)
    )
    return [Slot(row.district, row.store, row.slot, row.starts_at, row.ends_at, row.capacity) for row in rows]


def take_places(c: Transaction, draw_id: int, taken: Mapping[tuple[str, str], int]) -> None:
    """Note how many places of each slot were given out; the database refuses more than there are."""
    make_temporary(c, "places_taken", "store TEXT, slot TEXT, more BIGINT")
    rows = [(store, slot, more) for (store, slot), more in sorted(taken.items())]
    load_rows(c, "places_taken", ("store", "slot", "more"), rows)
    c.execute(
        text("""
        UPDATE slots SET taken = slots.taken + t.more FROM places_taken t
        WHERE slots.draw_id = :draw AND slots.store = t.store AND slots.slot = t.slot"""),
        {"draw": draw_id},
    )


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """The slots of a draw in figures: how many, places in them, stores, the first begin, the last end."""

    slots: int
    places: int
    stores: int
    first: datetime | None
    last: datetime | None


def plan_figures(c: Transaction, draw_id: int) -> PlanFigures:
    """Give the figures of a draw's slots; no times where there are none."""
    s = slots.c
    figures = (
        func.count(),
        func.sum(s.capacity),
        func.count(s.store.distinct()),
        func.min(s.starts_at),
        func.max(s.ends_at),
    )
    row = c.execute(select(*figures).where(s.draw_id == draw_id)).one()
    return PlanFigures(int(row[0]), int(row[1] or 0), int(row[2]), row[3], row[4])
