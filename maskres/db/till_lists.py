"""Queries for what a till takes along: who is expected at its store on a day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from maskres.db.engine import Transaction
from maskres.db.pickup import displaced_at
from maskres.db.tables import documents, draws, places, proxies, registrations, slots
from maskres.rounds.status import DrawStatus


def list_expected(c: Transaction, round_id: int, store: str, since: datetime, until: datetime) -> list[Any]:
    """List the places of a store whose slots begin in a window, whatever became of them.

    Returns:
        Rows with all columns of the place, the slot's starts_at and ends_at, the draw's number, and the holder's
        id_digest, contact, canonical id and named proxy (None without one), these three encrypted; by number.
    """
    statement = (
        select(
            places,
            slots.c.starts_at,
            slots.c.ends_at,
            draws.c.draw.label("draw_number"),
            registrations.c.id_digest,
            registrations.c.contact,
            documents.c.canonical,
            proxies.c.words.label("proxy"),
            displaced_at(),
        )
        .select_from(slots)
        .join(draws, draws.c.id == slots.c.draw_id)
        .join(
            places,
            and_(
                places.c.draw_id == slots.c.draw_id,
                places.c.store == slots.c.store,
                places.c.slot == slots.c.slot,
            ),
        )
        .join(
            registrations,
            and_(registrations.c.round_id == draws.c.round_id, registrations.c.number == places.c.number),
        )
        .join(documents, documents.c.id_digest == registrations.c.id_digest)
        .outerjoin(proxies, and_(proxies.c.round_id == draws.c.round_id, proxies.c.number == places.c.number))
        .where(
            draws.c.round_id == round_id,
            draws.c.status == DrawStatus.COLLECTING,
            slots.c.store == store,
            slots.c.starts_at >= since,
            slots.c.starts_at < until,
        )
    )
    return list(c.execute(statement.order_by(places.c.number)))
