"""Queries on how stores stand, as they said themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, text

from maskres.db.engine import Transaction
from maskres.db.tables import draws, store_states
from maskres.formats.values import format_time
from maskres.pickup.store_states import StoreState


@dataclass(frozen=True, slots=True)
class SaidState:
    """How a store stands.

    Attributes:
        store: slug.
        state: as it said last.
        said_at: when.
        said_by: whose account or token.
    """

    store: str
    state: StoreState
    said_at: datetime
    said_by: str


def find_state(c: Transaction, round_id: int, store: str) -> SaidState | None:
    """Give how a store stands in a round; None where it never said."""
    where = (store_states.c.round_id == round_id, store_states.c.store == store)
    row = c.execute(select(store_states).where(*where)).one_or_none()
    return None if row is None else _said(row)


def list_states(c: Transaction, round_id: int) -> dict[str, SaidState]:
    """Give how the stores of a round stand that ever said so, by slug."""
    statement = select(store_states).where(store_states.c.round_id == round_id)
    return {row.store: _said(row) for row in c.execute(statement.order_by(store_states.c.store))}


def set_state(c: Transaction, round_id: int, store: str, state: StoreState, at: datetime, by: str) -> bool:
    """Note how a store stands from now on; tells whether that is new: said again, the first time stands."""
    values = {"round": round_id, "store": store, "state": str(state), "at": format_time(at), "by": by}
    statement = text("""
        INSERT INTO store_states (round_id, store, state, said_at, said_by)
        VALUES (:round, :store, :state, :at, :by)
        ON CONFLICT (round_id, store) DO UPDATE SET
            state = excluded.state, said_at = excluded.said_at, said_by = excluded.said_by
        WHERE store_states.state <> excluded.state""")
    return c.execute(statement, values).rowcount == 1


def select_not_open(draw_id: int) -> Select[tuple[str]]:
    """Select the stores of a draw's round that give no new places now."""
    of_draw = select(draws.c.round_id).where(draws.c.id == draw_id).scalar_subquery()
    where = (store_states.c.round_id == of_draw, store_states.c.state != StoreState.OPEN)
    return select(store_states.c.store).where(*where)


def _said(row: Any) -> SaidState:
    return SaidState(row.store, StoreState(row.state), row.said_at, row.said_by)
