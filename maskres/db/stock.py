"""Queries on what stores counted of their stock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import stock_counts


def set_count(
    c: Transaction, round_id: int, store: str, day: str, kind: str, quantity: int, at: datetime, by: str
) -> None:
    """Note the items delivered, damaged or left on a day, in place of an earlier figure."""
    where = (
        stock_counts.c.round_id == round_id,
        stock_counts.c.store == store,
        stock_counts.c.day == day,
        stock_counts.c.kind == kind,
    )
    values = {"quantity": quantity, "counted_at": at, "counted_by": by}
    if c.execute(update(stock_counts).where(*where).values(**values)).rowcount == 0:
        key = {"round_id": round_id, "store": store, "day": day, "kind": kind}
        c.execute(insert(stock_counts).values(**key, **values))


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
