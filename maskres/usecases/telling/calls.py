"""Phoning winners who are on their way to a store that has failed: no message reaches them in time to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from maskres.db import calls, record, rounds
from maskres.db.engine import Transaction
from maskres.errors import InputError, StepRefused
from maskres.pickup.places import HONOURED_WITHIN, PlaceStatus, is_too_late_to_move
from maskres.rounds.status import DrawStatus
from maskres.usecases.personal import open_contact
from maskres.usecases.service import Actor, Service, one_transaction


class Advice(StrEnum):
    """What somebody is told on the phone."""

    #: The store is not closed for the draw yet: no other may serve them.
    WAIT = "wait"
    #: Any store with stock to spare serves them.
    ELSEWHERE = "elsewhere"
    #: The store was closed in good time: the next batch gives them another place.
    NEXT_BATCH = "next-batch"


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to be phoned.

    Attributes:
        number: the winner's.
        name: of the winner.
        phone: E.164; None where none was given: they can only be met at the store.
        starts_at: of their slot, aware UTC.
        ends_at: likewise.
        advice: what they are told.
    """

    number: str
    name: str = field(repr=False)
    phone: str | None = field(repr=False)
    starts_at: datetime
    ends_at: datetime
    advice: Advice


def count_due(service: Service, round_slug: str, draw_number: int) -> Mapping[str, int]:
    """Count who is due within two hours at stores that can hand out nothing, by store; none is read."""
    now = service.now()
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number)
        return calls.count_due(c, draw.id, now, now + HONOURED_WITHIN)


@one_transaction
def list_calls(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int, store: str
) -> list[Call]:
    """List whom to phone of a store, the soonest first; that each was read is logged.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who phones.
        round_slug: the round.
        draw_number: the draw, published or collecting.
        store: slug of a store that said it can hand out nothing, or was closed for the draw.

    Raises:
        StepRefused: "step-out-of-order"; "store-open" for a store that can hand out.
        InputError: "unknown-round", "unknown-store".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number)
    if draw.status not in (DrawStatus.PUBLISHED, DrawStatus.COLLECTING):
        raise StepRefused("step-out-of-order", f"The draw is {draw.status}; nobody is due anywhere.")
    if rounds.find_store(c, round_.id, store) is None:
        raise InputError("unknown-store", f"{store!r:.60} is not a store of this round.", field="store")
    until = now + HONOURED_WITHIN
    if store not in calls.count_due(c, draw.id, now, until):
        raise StepRefused("store-open", "Nobody is due at this store whom it could not serve.")
    rows = calls.list_due(c, round_.id, draw.id, store, now, until)
    detail = {"what": "phone", "store": store}
    record.log_each(
        c, now, actor.name, "personal-data-read", round_slug=round_slug, draw=draw_number,
        details={row.number: detail for row in rows},
    )  # fmt: skip
    found = []
    for row in rows:
        contact = open_contact(service.cipher, row.contact, row.id_digest)
        found.append(Call(row.number, contact.name, contact.phone, row.starts_at, row.ends_at, _advice(row)))
    return found


def _advice(row: Any) -> Advice:
    if row.status != PlaceStatus.DISPLACED:
        return Advice.WAIT
    return Advice.ELSEWHERE if is_too_late_to_move(row.displaced_at, row.starts_at) else Advice.NEXT_BATCH
