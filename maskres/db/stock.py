"""Queries on what stores counted of their stock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, text

from maskres.db.engine import Transaction
from maskres.db.tables import stock_counts
from maskres.formats.values import format_time

_CLAIMS = text("""
    SELECT
        (SELECT coalesce(sum(CASE kind WHEN 'delivered' THEN quantity WHEN 'damaged' THEN -quantity ELSE 0 END), 0)
         FROM stock_counts WHERE round_id = :round AND store = :store),
        (SELECT count(*) FROM places JOIN draws ON draws.id = places.draw_id
         WHERE draws.round_id = :round AND places.collected_store = :store),
        (SELECT count(*) FROM places JOIN draws ON draws.id = places.draw_id
         WHERE draws.round_id = :round AND draws.status IN ('published', 'collecting')
         AND places.store = :store AND places.status = 'assigned')""")


class Claims(NamedTuple):
    """What a store had, and who has or had a claim to it.

    Attributes:
        items: delivered and not damaged, on all days.
        handed_out: winners it served, whose hand-over was not undone.
        reserved: winners assigned to it in draws that are not finished, and not yet served.
    """

    items: int
    handed_out: int
    reserved: int


def count_claims(c: Transaction, round_id: int, store: str) -> Claims:
    """Count what a store had and who has or had a claim to it.

    One statement sees one moment: whoever is served meanwhile stands in one count or the other, never in neither.
    """
    return Claims(*map(int, c.execute(_CLAIMS, {"round": round_id, "store": store}).one()))


def set_counts(
    c: Transaction, round_id: int, day: str, kind: str, quantities: Mapping[str, int], at: datetime, by: str
) -> None:
    """Note the items delivered, damaged or left on a day by store, in place of earlier figures."""
    same = {"round": round_id, "day": day, "kind": kind, "at": format_time(at), "by": by}
    rows = [same | {"store": store, "quantity": count} for store, count in sorted(quantities.items())]
    if rows:
        c.execute(
            text("""
            INSERT INTO stock_counts (round_id, store, day, kind, quantity, counted_at, counted_by)
            VALUES (:round, :store, :day, :kind, :quantity, :at, :by)
            ON CONFLICT (round_id, store, day, kind) DO UPDATE SET
                quantity = excluded.quantity, counted_at = excluded.counted_at, counted_by = excluded.counted_by"""),
            rows,
        )


def count_stock(
    c: Transaction, round_id: int, store: str, *, before: str | None = None, on: str | None = None
) -> dict[str, int]:
    """Sum the items of a store by kind: of one day, of all days before one, or of all days."""
    where = [stock_counts.c.round_id == round_id, stock_counts.c.store == store]
    if before is not None:
        where.append(stock_counts.c.day < before)
    if on is not None:
        where.append(stock_counts.c.day == on)
    statement = select(stock_counts.c.kind, func.sum(stock_counts.c.quantity)).where(*where)
    return {row[0]: int(row[1]) for row in c.execute(statement.group_by(stock_counts.c.kind))}


def last_left(c: Transaction, round_id: int, store: str, day: str) -> int | None:
    """Give what was counted as left on a day, or None."""
    where = (
        stock_counts.c.round_id == round_id,
        stock_counts.c.store == store,
        stock_counts.c.day == day,
        stock_counts.c.kind == "left",
    )
    return c.execute(select(stock_counts.c.quantity).where(*where)).scalar_one_or_none()
