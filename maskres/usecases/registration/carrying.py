"""Carrying over: who lost, agreed to be kept and has not registered again takes part in the next round."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from maskres.db import bulk_registrations as bulk
from maskres.db import carrying, record, rounds
from maskres.db.bulk import make_ready, stream
from maskres.db.engine import Transaction
from maskres.db.locks import lock_registering
from maskres.errors import StepRefused
from maskres.formats.keyed import KeyedHash
from maskres.identity.digests import name_digest, phone_digest
from maskres.identity.names import matching_name
from maskres.registration.applications import age_on
from maskres.registration.numbers import registration_number
from maskres.registration.seals import make_seal_of_text
from maskres.usecases.keeping.rotating import require_rotated
from maskres.usecases.personal import open_canonical, open_contact
from maskres.usecases.registration.bulk_registering import take_staged
from maskres.usecases.service import Actor, Service, one_transaction


@one_transaction
def carry_over(c: Transaction, service: Service, actor: Actor, round_slug: str) -> int:
    """Register everyone who is kept and not registered in a round yet; a repeat finds nobody left.

    A store that is not of this round drops out of the choices. Who lives in a district that this round does not
    serve is not carried over.

    Returns:
        How many were registered.

    Raises:
        StepRefused: "registration-closed".
    """
    round_ = rounds.find_round(c, round_slug)
    lock_registering(c, round_.id, is_exclusive=True)
    draw = rounds.open_draw_of(c, round_.id)
    if draw is None:
        raise StepRefused("registration-closed", "Registration for this round is not open now.")
    require_rotated(c, service)
    stores = rounds.store_districts(c, round_.id).keys()
    # Read to the end before staging begins: one connection cannot do both at once.
    kept = list(stream(c, carrying.select_kept(round_.id)))
    bulk.stage(c, make_ready(c, _staged(kept, service, round_, stores)))
    created = take_staged(c, service, actor, round_, draw)
    detail = {"registrations": created}
    record.log(
        c, service.now(), actor.name, "carried-over", round_slug=round_slug, draw=draw.draw, detail=detail
    )
    return created


def _staged(
    kept_rows: list[Any], service: Service, round_: rounds.Round, stores: Collection[str]
) -> Iterator[tuple[Any, ...]]:
    keys = service.keys.round_keys(round_.slug)
    number_key, seal_key = KeyedHash(keys.number), KeyedHash(keys.seal)
    for line, row in enumerate(kept_rows):
        district, reach, choices = row.kept_wishes.split("/")
        if district not in round_.rules.districts:
            continue
        kept = "|".join(store for store in choices.split("|") if store in stores)
        # Whoever would go to nowhere but stores that are no longer there would win and be given nothing.
        reach = "district" if reach == "choices" and not kept else reach
        digest = bytes(row.id_digest)
        contact = open_contact(service.cipher, bytes(row.kept_contact), digest)
        canonical = open_canonical(service.cipher, bytes(row.canonical), digest)
        number = registration_number(number_key, canonical)
        phone = None if contact.phone is None else phone_digest(service.index_key, contact.phone)
        yield (
            line,
            digest,
            name_digest(service.index_key, canonical, matching_name(contact.name)),
            phone,
            bytes(row.canonical),
            bytes(row.kept_contact),
            number,
            age_on(contact.birth_date, round_.rules.reference_date),
            contact.sex,
            "self",
            True,
            district,
            reach,
            kept,
            make_seal_of_text(seal_key, number, canonical, f"{district}/{reach}/{kept}"),
            row.id,
        )
