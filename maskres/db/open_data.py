"""Queries of what anybody may know: stores with their stock, slots with their room, results by prefix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from maskres.db.engine import Transaction
from maskres.db.rounds import Draw, Store
from maskres.db.tables import artifacts, draws, handovers, places, results, slots, stock_counts, stores


@dataclass(frozen=True, slots=True)
class StoreStock:
    """A store of a round with what is known of its stock.

    Attributes:
        store: the store.
        delivered: items that came; None where nobody has counted yet.
        damaged: items that broke.
        served: winners whose place it handed out.
        known_at: when that was last counted or reported; None where nobody has.
    """

    store: Store
    delivered: int | None
    damaged: int
    served: int
    known_at: datetime | None


def list_store_stock(c: Transaction, round_id: int) -> list[StoreStock]:
    """List the stores of a round by slug, each with its stock."""
    counted = (
        select(stock_counts.c.store, stock_counts.c.kind, func.sum(stock_counts.c.quantity))
        .add_columns(func.max(stock_counts.c.counted_at))
        .where(stock_counts.c.round_id == round_id)
        .group_by(stock_counts.c.store, stock_counts.c.kind)
    )
    items: dict[tuple[str, str], int] = {}
    known: dict[str, datetime] = {}

    def note(store: str, at: datetime) -> None:
        known[store] = max(known.get(store, at), at)

    for store, kind, quantity, at in c.execute(counted):
        items[store, kind] = int(quantity)
        note(store, at)
    heard = (
        select(handovers.c.store, func.max(handovers.c.received_at))
        .where(handovers.c.round_id == round_id)
        .group_by(handovers.c.store)
    )
    for store, at in c.execute(heard):
        note(store, at)
    served = _count_served(c, round_id)
    rows = c.execute(select(stores).where(stores.c.round_id == round_id).order_by(stores.c.store))
    return [
        StoreStock(
            Store(row.store, row.district, row.name, row.address, row.opens, row.closes),
            items.get((row.store, "delivered")),
            items.get((row.store, "damaged"), 0),
            served.get(row.store, 0),
            known.get(row.store),
        )
        for row in rows
    ]


def _count_served(c: Transaction, round_id: int) -> dict[str, int]:
    statement = (
        select(places.c.collected_store, func.count())
        .join(draws, draws.c.id == places.c.draw_id)
        .where(draws.c.round_id == round_id, places.c.collected_store.is_not(None))
        .group_by(places.c.collected_store)
    )
    return {row[0]: int(row[1]) for row in c.execute(statement)}


def list_slot_room(c: Transaction, draw: Draw, store: str | None = None) -> list[Any]:
    """List the slots of a draw by store and time, with capacity, places taken and whether closed."""
    in_round = (stores.c.round_id == draw.round_id) & (stores.c.store == slots.c.store)
    statement = (
        select(slots, stores.c.district)
        .join(stores, in_round)
        .where(slots.c.draw_id == draw.id)
        .order_by(slots.c.store, slots.c.starts_at, slots.c.slot)
    )
    return list(c.execute(statement if store is None else statement.where(slots.c.store == store)))


def results_from(c: Transaction, draw_id: int, prefix: str, limit: int) -> list[Any]:
    """List the lines of a result whose numbers begin with a prefix, by number."""
    # By bounds and not by LIKE, which SQLite would not look up in the index. "~" is after every symbol.
    where = (
        results.c.draw_id == draw_id,
        results.c.number >= prefix,
        results.c.number < prefix + "~",
    )
    return list(c.execute(select(results).where(*where).order_by(results.c.number).limit(limit)))


def list_published(c: Transaction, draw_id: int) -> list[Any]:
    """List the published files of a draw by name: name, sha256, entries, published_at."""
    return list(c.execute(select(artifacts).where(artifacts.c.draw_id == draw_id).order_by(artifacts.c.name)))
