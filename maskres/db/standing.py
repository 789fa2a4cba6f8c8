"""Queries on one number: where it stands in a draw, from its entry to its place."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, exists, func, literal_column, select

from maskres.db.engine import Transaction
from maskres.db.pickup import AT_SLOT
from maskres.db.store_states import select_not_open
from maskres.db.tables import (
    batch_changes,
    disputes,
    entries,
    handovers,
    ledger_entries,
    places,
    registrations,
    results,
    slots,
)


def numbers_by_phone(c: Transaction, round_id: int, digests: Collection[bytes]) -> list[str]:
    """Give the numbers that a phone stands behind in a round, oldest registration first."""
    where = (registrations.c.round_id == round_id, registrations.c.phone_digest.in_(list(digests)))
    in_order = select(registrations.c.number).where(*where)
    statement = in_order.order_by(registrations.c.registered_at, registrations.c.number)
    return list(c.execute(statement).scalars())


def was_withdrawn(c: Transaction, draw_id: int, number: str) -> bool | None:
    """Tell whether a number's entry was withdrawn when the draw closed; None where it has no entry."""
    where = (entries.c.draw_id == draw_id, entries.c.number == number)
    found: bool | None = c.execute(select(entries.c.is_withdrawn).where(*where)).scalar_one_or_none()
    return found


def dispute_status(c: Transaction, draw_id: int, number: str) -> str | None:
    """Give where a number's dispute stands: open, upheld, rejected, or None where nobody lodged one."""
    where = (disputes.c.draw_id == draw_id, disputes.c.number == number)
    found: str | None = c.execute(select(disputes.c.status).where(*where)).scalar_one_or_none()
    return found


def place_of(c: Transaction, draw_id: int, number: str) -> Any | None:
    """Give a number's place with the times of its slot and whether a proxy collected it, or None."""
    statement = (
        select(places, slots.c.starts_at, slots.c.ends_at, handovers.c.is_proxy)
        .outerjoin(slots, AT_SLOT)
        .outerjoin(handovers, handovers.c.nonce == places.c.collected_nonce)
    )
    where = (places.c.draw_id == draw_id, places.c.number == number)
    return c.execute(statement.where(*where)).one_or_none()


def last_change(c: Transaction, draw_id: int, number: str) -> str | None:
    """Give the cause of the last change noted of a number, or None."""
    where = (batch_changes.c.draw_id == draw_id, batch_changes.c.number == number)
    statement = select(batch_changes.c.cause).where(*where).order_by(batch_changes.c.id.desc()).limit(1)
    found: str | None = c.execute(statement).scalar_one_or_none()
    return found


def count_ahead(c: Transaction, draw_id: int, stratum: str, rank: int, most: int) -> int:
    """Count who still waits before a rank of a stratum, at most so many: the list may hold a million."""
    r = results.c
    has_left = exists().where(batch_changes.c.draw_id == draw_id, batch_changes.c.number == r.number)
    has_place = exists().where(places.c.draw_id == draw_id, places.c.number == r.number)
    # As it stands in the index's own condition: of a parameter nobody knows whether it is that.
    waits = r.outcome == literal_column("'waiting'")
    where = (r.draw_id == draw_id, waits, r.stratum == stratum, r.rank < rank)
    # From the nearest back: whoever was moved up stands at the front.
    ahead = select(r.number).where(*where, ~has_left, ~has_place).order_by(r.rank.desc()).limit(most)
    return int(c.execute(select(func.count()).select_from(ahead.subquery())).scalar_one())


def ledger_line_of(
    c: Transaction, kind: str, round_slug: str, draw: int, *, is_last: bool = False
) -> tuple[int, bytes] | None:
    """Give the ledger's line of a kind about a draw and its place, the first or last of several; None where none is."""
    entry = ledger_entries.c
    where = (entry.kind == kind, entry.round == round_slug, entry.draw == draw)
    order = entry.seq.desc() if is_last else entry.seq
    row = c.execute(select(entry.seq, entry.line).where(*where).order_by(order).limit(1)).one_or_none()
    return None if row is None else (row.seq, bytes(row.line))


def slots_with_room(c: Transaction, draw_id: int, not_before: Any) -> list[Any]:
    """List the slots of open stores that have room and have not begun, by time and store.

    Each has store, slot, starts_at, ends_at, free.
    """
    s = slots.c
    has_room = and_(s.is_closed.is_(False), s.taken < s.capacity, s.store.not_in(select_not_open(draw_id)))
    where = (s.draw_id == draw_id, s.starts_at > not_before, has_room)
    free = (s.capacity - s.taken).label("free")
    chosen = select(s.store, s.slot, s.starts_at, s.ends_at, free).where(*where)
    return list(c.execute(chosen.order_by(s.starts_at, s.store, s.slot)))


def count_outcomes(c: Transaction, draw_id: int) -> dict[str, int]:
    """Count the numbers of a draw's result by outcome."""
    statement = select(results.c.outcome, func.count()).where(results.c.draw_id == draw_id)
    return {row[0]: int(row[1]) for row in c.execute(statement.group_by(results.c.outcome))}
