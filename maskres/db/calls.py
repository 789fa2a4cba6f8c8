"""Queries for phoning winners whose store has failed: who is due there within a window of time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from maskres.db.engine import Transaction
from maskres.db.pickup import AT_SLOT, displaced_at
from maskres.db.store_states import select_not_open
from maskres.db.tables import places, registrations, slots
from maskres.pickup.places import PlaceStatus


def count_due(c: Transaction, draw_id: int, since: datetime, until: datetime) -> dict[str, int]:
    """Count, by store, who is due at a store that can hand out nothing: as it said itself, or closed for the draw."""
    has_failed = or_(slots.c.is_closed, slots.c.store.in_(select_not_open(draw_id)))
    statement = (
        select(slots.c.store, func.count())
        .join(places, AT_SLOT)
        .where(*_due(draw_id, since, until), has_failed)
        .group_by(slots.c.store)
        .order_by(slots.c.store)
    )
    return {row[0]: int(row[1]) for row in c.execute(statement)}


def list_due(
    c: Transaction, round_id: int, draw_id: int, store: str, since: datetime, until: datetime
) -> list[Any]:
    """List who is due at a store, by time and number: number, starts_at, ends_at, status, id_digest, contact,
    displaced_at."""
    holder = and_(registrations.c.round_id == round_id, registrations.c.number == places.c.number)
    statement = (
        select(
            places.c.number,
            places.c.status,
            slots.c.starts_at,
            slots.c.ends_at,
            registrations.c.id_digest,
            registrations.c.contact,
            displaced_at(),
        )
        .select_from(slots)
        .join(places, AT_SLOT)
        .join(registrations, holder)
        .where(*_due(draw_id, since, until), slots.c.store == store)
    )
    return list(c.execute(statement.order_by(slots.c.starts_at, places.c.number)))


def _due(draw_id: int, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    # A slot that is closed keeps whom it displaced until the next batch places them anew.
    waiting = places.c.status.in_((PlaceStatus.ASSIGNED, PlaceStatus.DISPLACED))
    return slots.c.draw_id == draw_id, slots.c.ends_at > since, slots.c.starts_at < until, waiting
