"""Queries for a store's counter: whose round a code is of, what was handed out just now, how the day's slots fill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from maskres.db.engine import Transaction
from maskres.db.pickup import AT_SLOT
from maskres.db.tables import draws, handovers, places, rounds, slots, stores
from maskres.pickup.handovers import AnswerCode
from maskres.rounds.status import DrawStatus


@dataclass(frozen=True, slots=True)
class SlotDay:
    """A slot of a store on one day, in winners.

    Attributes:
        slot: slug.
        starts_at: aware.
        ends_at: aware.
        capacity: how many it can take.
        by_status: status of a place → how many of those assigned to the slot stand so.
    """

    slot: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    by_status: dict[str, int]


def find_code(c: Transaction, digest: bytes) -> Any | None:
    """Give what a code is of: round_id, slug, draw_status, store; None where it is unknown."""
    statement = (
        select(draws.c.round_id, rounds.c.slug, draws.c.status.label("draw_status"), places.c.store)
        .select_from(places)
        .join(draws, draws.c.id == places.c.draw_id)
        .join(rounds, rounds.c.id == draws.c.round_id)
        .where(places.c.code_digest == digest)
    )
    return c.execute(statement).one_or_none()


def list_collecting(c: Transaction, store: str) -> list[str]:
    """List the slugs of the rounds that a store takes part in and that are being collected, oldest first."""
    statement = (
        select(rounds.c.slug)
        .join(stores, stores.c.round_id == rounds.c.id)
        .where(
            stores.c.store == store,
            rounds.c.id.in_(select(draws.c.round_id).where(draws.c.status == DrawStatus.COLLECTING)),
        )
    )
    return list(c.execute(statement.order_by(rounds.c.id)).scalars())


def find_place(c: Transaction, place_id: int) -> Any:
    """Give a place with its round and slot: number, store, status, collected_nonce, starts_at, ends_at, slug."""
    return c.execute(_select_places().where(places.c.id == place_id)).one()


def find_handover(c: Transaction, nonce: str) -> Any | None:
    """Give what was answered under a nonce with where its place stands now, or None."""
    statement = (
        select(handovers, rounds.c.slug)
        .join(rounds, rounds.c.id == handovers.c.round_id)
        .where(handovers.c.nonce == nonce)
    )
    return c.execute(statement).one_or_none()


def list_recent(c: Transaction, store: str, till: str, since: datetime) -> list[Any]:
    """List what a till has handed out since a moment and not undone: nonce, received_at, number; newest first."""
    where = (
        handovers.c.store == store,
        handovers.c.till == till,
        handovers.c.received_at >= since,
        handovers.c.answer == AnswerCode.HANDED_OUT,
        handovers.c.round_id.in_(select(draws.c.round_id).where(draws.c.status == DrawStatus.COLLECTING)),
    )
    statement = (
        select(handovers.c.nonce, handovers.c.received_at, places.c.number)
        .join(places, places.c.collected_nonce == handovers.c.nonce)
        .where(*where)
        .order_by(handovers.c.received_at.desc(), handovers.c.nonce)
    )
    return list(c.execute(statement))


def list_slot_days(
    c: Transaction, round_id: int, store: str, since: datetime, until: datetime
) -> list[SlotDay]:
    """List the slots of a store that begin in a window, over all draws of a round whose places are published."""
    statement = (
        select(slots, places.c.status, func.count(places.c.id).label("how_many"))
        .join(draws, draws.c.id == slots.c.draw_id)
        .outerjoin(places, AT_SLOT)
        .where(
            draws.c.round_id == round_id,
            draws.c.status.in_((DrawStatus.PUBLISHED, DrawStatus.COLLECTING, DrawStatus.FINISHED)),
            slots.c.store == store,
            slots.c.starts_at >= since,
            slots.c.starts_at < until,
        )
        .group_by(*slots.c, places.c.status)
        .order_by(slots.c.starts_at, slots.c.slot, slots.c.draw_id)
    )
    found: dict[tuple[int, str], SlotDay] = {}
    for row in c.execute(statement):
        empty = SlotDay(row.slot, row.starts_at, row.ends_at, row.capacity, {})
        day = found.setdefault((row.draw_id, row.slot), empty)
        if row.status is not None:
            day.by_status[row.status] = row.how_many
    return list(found.values())


def count_from_spare(c: Transaction, round_id: int, store: str, since: datetime, until: datetime) -> int:
    """Count the winners a store served in a window whose slot was not there and then."""
    statement = (
        select(func.count())
        .select_from(handovers)
        .join(places, places.c.collected_nonce == handovers.c.nonce)
        .where(
            handovers.c.round_id == round_id,
            places.c.collected_store == store,
            places.c.collected_at >= since,
            places.c.collected_at < until,
            handovers.c.reason.is_not(None),
        )
    )
    return int(c.execute(statement).scalar_one())


def _select_places() -> Any:
    return (
        select(
            places.c.number,
            places.c.store,
            places.c.status,
            places.c.collected_nonce,
            slots.c.starts_at,
            slots.c.ends_at,
            draws.c.round_id,
            rounds.c.slug,
        )
        .join(draws, draws.c.id == places.c.draw_id)
        .join(rounds, rounds.c.id == draws.c.round_id)
        .outerjoin(slots, AT_SLOT)
    )
