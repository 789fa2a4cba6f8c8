"""Finding a registration by its number alone, for staff who are asked about it; each look stands in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from maskres.db import people, record, rounds
from maskres.db.engine import Transaction
from maskres.db.record import LogFilter
from maskres.formats.symbols import read_typed
from maskres.identity.names import masked_name
from maskres.identity.phones import masked_phone
from maskres.usecases.personal import open_contact
from maskres.usecases.service import Actor, Service, one_transaction
from maskres.usecases.showing.standing import standing_of
from maskres.usecases.showing.standing_values import Standing

_MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A registration as staff may see it: nobody's full name, document or phone, and no pickup code.

    Attributes:
        standing: where it stands.
        name: masked.
        phone: masked; None where none was given.
        history: lines of the audit log about it, the newest first, this look among them.
    """

    standing: Standing
    name: str
    phone: str | None
    history: Sequence[Any]


@one_transaction
def search_number(c: Transaction, service: Service, actor: Actor, round_slug: str, typed: str) -> Found:
    """Find a registration by its number; that it was looked for stands in the audit log.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who looks.
        round_slug: the round.
        typed: the number, as typed.

    Raises:
        InputError: "unknown-round", "bad-number" and the like, "unknown-number".
    """
    round_ = rounds.find_round(c, round_slug)
    row = people.find_registration(c, round_.id, read_typed(typed))
    record.log(
        c, service.now(), actor.name, "registration-looked-up", round_slug=round_slug, number=row.number
    )
    contact = open_contact(service.cipher, row.contact, row.id_digest)
    standing = standing_of(c, service, round_, row)
    without_codes = tuple(
        draw if draw.place is None else replace(draw, place=replace(draw.place, code=None))
        for draw in standing.draws
    )
    return Found(
        standing=replace(standing, draws=without_codes),
        name=masked_name(contact.name),
        phone=None if contact.phone is None else masked_phone(contact.phone),
        history=record.read_log(
            c, wanted=LogFilter(round_slug=round_slug, number=row.number), limit=_MOST_LINES
        ),
    )
