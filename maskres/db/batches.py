"""Queries on batches and on what waits to be published in the next one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, insert, or_, select, text, update

from maskres.db.bulk import in_batches, insert_rows, is_among, load_rows, make_temporary, update_rows
from maskres.db.engine import Transaction
from maskres.db.store_states import select_not_open
from maskres.db.tables import batch_changes, batches, places, slots
from maskres.errors import InputError
from maskres.formats.values import format_time
from maskres.lottery.slots import Slot
from maskres.pickup.places import PlaceStatus

_AT_ONCE = 5000
_CHANGE = ("draw_id", "number", "cause", "changed_at", "changed_by", "reason")


def note_changes(
    c: Transaction,
    draw_id: int,
    numbers: Iterable[str],
    cause: str,
    at: datetime,
    by: str,
    reason: str | None = None,
) -> None:
    """Note what befell some numbers, to be published in the next batch."""
    rows = [(draw_id, number, cause, format_time(at), by, reason) for number in numbers]
    insert_rows(c, batch_changes, _CHANGE, rows)


def pending_changes(c: Transaction, draw_id: int) -> dict[str, str]:
    """Give the changes not yet published, by number.

    One whose place does not stand so any more is left out: a forfeited place may have been handed out after all.
    """
    still_stands = and_(
        places.c.draw_id == batch_changes.c.draw_id, places.c.number == batch_changes.c.number
    )
    rows = c.execute(
        select(batch_changes.c.number, batch_changes.c.cause)
        .outerjoin(places, still_stands)
        .where(
            batch_changes.c.draw_id == draw_id,
            batch_changes.c.batch.is_(None),
            or_(places.c.id.is_(None), places.c.status == batch_changes.c.cause),
        )
        .order_by(batch_changes.c.id)
    )
    return {row.number: row.cause for row in rows}


def has_change(c: Transaction, draw_id: int, number: str) -> bool:
    """Tell whether something befell a number already."""
    where = (batch_changes.c.draw_id == draw_id, batch_changes.c.number == number)
    return c.execute(select(batch_changes.c.id).where(*where).limit(1)).one_or_none() is not None


def publish_changes(c: Transaction, draw_id: int, batch: int, causes: Mapping[str, str]) -> None:
    """Note in which batch changes were published."""
    where = (
        batch_changes.c.draw_id == draw_id,
        batch_changes.c.batch.is_(None),
        batch_changes.c.number == bindparam("of_number"),
        batch_changes.c.cause == bindparam("of_cause"),
    )
    statement = update(batch_changes).where(*where).values(batch=batch)
    rows = [{"of_number": number, "of_cause": cause} for number, cause in sorted(causes.items())]
    for some in in_batches(rows, _AT_ONCE):
        c.execute(statement, some)


def insert_batch(c: Transaction, draw_id: int, batch: int, released: Mapping[str, int], at: datetime) -> None:
    """Note that a batch was published."""
    words = json.dumps(dict(released), sort_keys=True)
    c.execute(insert(batches).values(draw_id=draw_id, batch=batch, released=words, published_at=at))


def list_batches(c: Transaction, draw_id: int) -> list[tuple[int, dict[str, int]]]:
    """List the published batches in turn: number, and places released by stratum."""
    rows = c.execute(select(batches).where(batches.c.draw_id == draw_id).order_by(batches.c.batch))
    return [(row.batch, json.loads(row.released)) for row in rows]


def free_slots(c: Transaction, draw_id: int, earliest: datetime) -> dict[tuple[str, str], tuple[Any, int]]:
    """Give the slots that begin at or after a moment and have room: their row and the places free; locked."""
    where = (
        slots.c.draw_id == draw_id,
        slots.c.starts_at >= earliest,
        slots.c.is_closed.is_(False),
        slots.c.store.not_in(select_not_open(draw_id)),
        slots.c.taken < slots.c.capacity,
    )
    rows = c.execute(select(slots).where(*where).order_by(slots.c.store, slots.c.slot).with_for_update())
    return {(row.store, row.slot): (row, row.capacity - row.taken) for row in rows}


def offer_slots(c: Transaction, draw_id: int, room: Iterable[Slot]) -> list[Slot]:
    """Make sure that the slots of a batch's room have that much room free; gives those that are new.

    Raises:
        InputError: "slot-differs" for a slot that is known with other times; "slot-closed" for one that was closed.
    """
    in_order = select(slots).where(slots.c.draw_id == draw_id).order_by(slots.c.store, slots.c.slot)
    known = {(row.store, row.slot): row for row in c.execute(in_order.with_for_update())}
    new = []
    for slot in room:
        row = known.get((slot.store, slot.slot))
        if row is None:
            new.append(slot)
            continue
        _require_same_slot(row, slot)
        if row.capacity - row.taken < slot.capacity:
            at_slot = (slots.c.draw_id == draw_id, slots.c.store == slot.store, slots.c.slot == slot.slot)
            c.execute(update(slots).where(*at_slot).values(capacity=row.taken + slot.capacity))
    return new


def _require_same_slot(row: Any, slot: Slot) -> None:
    where = f"Slot {slot.slot} of {slot.store}"
    if (row.starts_at, row.ends_at) != (slot.starts_at, slot.ends_at):
        raise InputError(
            "slot-differs",
            f"{where} has other times already; give the new one a name of its own.",
            field="slot",
        )
    if row.is_closed:
        raise InputError(
            "slot-closed",
            f"{where} was closed; what is offered there now needs a name of its own.",
            field="slot",
        )


def lock_slots(c: Transaction, draw_id: int, keys: Iterable[tuple[str, str]]) -> None:
    """Lock some slots, always in the same order, so that winners who change places crosswise do not get stuck."""
    chosen = [and_(slots.c.store == store, slots.c.slot == slot) for store, slot in keys]
    in_order = select(slots.c.slot).where(slots.c.draw_id == draw_id, or_(*chosen))
    c.execute(in_order.order_by(slots.c.store, slots.c.slot).with_for_update())


def free_places(c: Transaction, draw_id: int, freed: Mapping[tuple[str, str], int]) -> None:
    """Give places of slots back: store and slot → how many."""
    at_slot = (
        slots.c.draw_id == draw_id,
        slots.c.store == bindparam("of_store"),
        slots.c.slot == bindparam("of_slot"),
    )
    statement = update(slots).where(*at_slot).values(taken=slots.c.taken - bindparam("fewer"))
    # In the order of lock_slots.
    rows = [
        {"of_store": store, "of_slot": slot, "fewer": fewer} for (store, slot), fewer in sorted(freed.items())
    ]
    if rows:
        c.execute(statement, rows)


def take_place(c: Transaction, draw_id: int, store: str, slot: str, not_before: datetime) -> bool:
    """Take one place of a slot that has room and has not begun, at an open store; tells whether there was one."""
    at_slot = (
        slots.c.draw_id == draw_id,
        slots.c.store == store,
        slots.c.slot == slot,
        slots.c.is_closed.is_(False),
        slots.c.store.not_in(select_not_open(draw_id)),
        slots.c.starts_at >= not_before,
        slots.c.taken < slots.c.capacity,
    )
    return c.execute(update(slots).where(*at_slot).values(taken=slots.c.taken + 1)).rowcount == 1


def set_place_status(c: Transaction, before: Mapping[int, PlaceStatus], after: PlaceStatus) -> bool:
    """Move places, given with the status of each, to another status; tells whether they all stood so."""
    rows = [(place_id, str(status), str(after)) for place_id, status in sorted(before.items())]
    return update_rows(c, places, "id", ("status",), ("status",), rows) == len(rows)


def lapse_places(c: Transaction, draw_id: int, numbers: Iterable[str]) -> None:
    """Let the places of numbers that a batch left unplaced lapse."""
    for some in in_batches(numbers, _AT_ONCE):
        where = (places.c.draw_id == draw_id, places.c.number.in_(some))
        c.execute(update(places).where(*where).values(status=PlaceStatus.LAPSED))


def forfeit_missed(
    c: Transaction, draw_id: int, horizons: Mapping[str, datetime], otherwise: datetime, at: datetime, by: str
) -> int:
    """Forfeit the places still assigned whose slot ended before the horizon of its store; gives how many.

    Args:
        c: a writing transaction.
        draw_id: the draw.
        horizons: of pickup/forfeits.py, by store.
        otherwise: that of the stores not named.
        at: now.
        by: who ran it.
    """
    make_temporary(c, "horizons", "store TEXT, horizon TEXT")
    rows = [(store, format_time(horizon)) for store, horizon in horizons.items()]
    load_rows(c, "horizons", ("store", "horizon"), rows)
    missed = """
        SELECT p.id, p.number FROM places p
        JOIN slots s ON s.draw_id = p.draw_id AND s.store = p.store AND s.slot = p.slot
        LEFT JOIN horizons h ON h.store = p.store
        WHERE p.draw_id = :draw AND p.status = 'assigned' AND s.ends_at < coalesce(h.horizon, :otherwise)"""
    values = {"draw": draw_id, "otherwise": format_time(otherwise)}
    return _end_places(c, draw_id, missed, values, PlaceStatus.FORFEITED, at, by)


def displace(c: Transaction, draw_id: int, store: str, since: datetime, at: datetime, by: str) -> int:
    """Close a store's slots from a moment on, displacing who is assigned there; gives how many.

    The places of closed slots are not given back: nobody can have them.
    """
    values = {"draw": draw_id, "store": store, "since": format_time(since), "at": format_time(at), "by": by}
    c.execute(
        update(slots)
        .where(slots.c.draw_id == draw_id, slots.c.store == store, slots.c.starts_at >= since)
        .values(is_closed=True)
    )
    there = """
        SELECT p.id, p.number FROM places p
        JOIN slots s ON s.draw_id = p.draw_id AND s.store = p.store AND s.slot = p.slot
        WHERE p.draw_id = :draw AND p.store = :store AND p.status = 'assigned' AND s.starts_at >= :since"""
    return _end_places(c, draw_id, there, values, PlaceStatus.DISPLACED, at, by)


def _end_places(
    c: Transaction,
    draw_id: int,
    chosen: str,
    values: dict[str, Any],
    status: PlaceStatus,
    at: datetime,
    by: str,
) -> int:
    """End the places a query chooses, and note each for the next batch.

    They are locked first, in the order in which tills lock them, and then written by their ids: a hand-over or its
    undoing may be under way.
    """
    lock = " FOR UPDATE OF p" if c.dialect.name == "postgresql" else ""
    found = c.execute(text(f"{chosen} ORDER BY p.id{lock}"), values).all()
    for some in in_batches(found, _AT_ONCE):
        c.execute(
            update(places).where(is_among(c, places.c.id, [row.id for row in some])).values(status=status)
        )
        note_changes(c, draw_id, [row.number for row in some], str(status), at, by)
    return len(found)
