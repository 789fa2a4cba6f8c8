"""Queries on who was given a place by the allocation or by a batch, to tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, literal, or_, select

from maskres.db.bulk import load_rows, stream
from maskres.db.engine import Transaction
from maskres.db.pickup import AT_SLOT
from maskres.db.tables import messages, places, registrations, slots, stores
from maskres.formats.values import format_time
from maskres.pickup.places import PlaceStatus

_MESSAGE_COLUMNS = (
    "id",
    "kind",
    "phone_digest",
    "content",
    "data_version",
    "once",
    "status",
    "created_at",
    "due_at",
    "expires_at",
)


def count_placed(c: Transaction, draw_id: int, batch: int | None) -> int:
    """Count the places that a batch gave or changed; 0 is the allocation, None all of them."""
    statement = select(func.count()).select_from(places).where(places.c.draw_id == draw_id)
    if batch is not None:
        statement = statement.where(places.c.batch == batch)
    return int(c.execute(statement).scalar_one())


def stream_placed(
    c: Transaction, draw_id: int, round_id: int, batch: int, first: str, before: str | None
) -> Iterator[Any]:
    """Give those a batch gave a place, and winners whom the allocation left without one, that have a phone.

    Returns:
        Rows by number, never all at once: number, batch, store (its name; None without a place), starts_at, ends_at,
        contact, id_digest.
    """
    return _stream(c, draw_id, round_id, [places.c.batch == batch], first, before)


def stream_untold(
    c: Transaction, draw_id: int, round_id: int, once: str, now: datetime, first: str, before: str | None
) -> Iterator[Any]:
    """Give, as stream_placed and of all batches, those to whom no message was written about the place they have.

    Args:
        c: connection.
        draw_id: the draw.
        round_id: its round.
        once: what the causes of such messages begin with; then /BATCH/NUMBER.
        now: whose slot has passed is left out.
        first: of the numbers.
        before: of the numbers; None for the end.
    """
    cause = literal(f"{once}/") + cast(places.c.batch, String) + "/" + places.c.number
    is_to_come = or_(slots.c.ends_at.is_(None), slots.c.ends_at > now)
    is_untold = ~exists().where(messages.c.once == cause)
    return _stream(c, draw_id, round_id, [is_to_come, is_untold], first, before)


def _stream(
    c: Transaction,
    draw_id: int,
    round_id: int,
    wanted: Sequence[ColumnElement[bool]],
    first: str,
    before: str | None,
) -> Iterator[Any]:
    at_store = (stores.c.round_id == round_id) & (stores.c.store == places.c.store)
    is_theirs = (registrations.c.round_id == round_id) & (registrations.c.number == places.c.number)
    is_left_out = and_(places.c.batch == 0, places.c.status == PlaceStatus.UNPLACED)
    statement = (
        select(
            places.c.number,
            places.c.batch,
            stores.c.name.label("store"),
            slots.c.starts_at,
            slots.c.ends_at,
            registrations.c.contact,
            registrations.c.id_digest,
        )
        .join(registrations, is_theirs)
        .outerjoin(stores, at_store)
        .outerjoin(slots, AT_SLOT)
        .where(
            places.c.draw_id == draw_id,
            places.c.number >= first,
            registrations.c.phone_digest.is_not(None),
            or_(places.c.status == PlaceStatus.ASSIGNED, is_left_out),
            *wanted,
        )
        .order_by(places.c.number)
    )
    return stream(c, statement if before is None else statement.where(places.c.number < before))


def load_messages(c: Transaction, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert many messages of which none was written before; gives how many."""
    return load_rows(c, messages, _MESSAGE_COLUMNS, map(_plain, rows))


def _plain(row: Mapping[str, Any]) -> list[Any]:
    times = {
        name: format_time(row[name])
        for name in ("created_at", "due_at", "expires_at")
        if row[name] is not None
    }
    return [times.get(name, row[name]) for name in _MESSAGE_COLUMNS]
