"""Registering somebody new at once: everything is made ready before the database is asked, once (db/at_once.py).

Whatever is not the plain case is left to registering.py: somebody registered already, documents that a
register links, a phone that is full, a number that is taken, a draw that has just closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maskres.db import at_once
from maskres.formats.values import format_time
from maskres.identity.digests import id_digest
from maskres.registration.applications import Application
from maskres.registration.numbers import registration_number
from maskres.registration.receipts import Receipt, ReceiptStatus
from maskres.registration.seals import holder_salt, make_seal, wish_salt
from maskres.usecases.accounts.tokens import TokenHolder
from maskres.usecases.personal import seal_personal
from maskres.usecases.registration.own_registrations import Slip
from maskres.usecases.registration.proofs import phone_digests, secret_of
from maskres.usecases.registration.receipts import sign
from maskres.usecases.registration.registering import new_person_id, personal_columns, wish_columns
from maskres.usecases.rounds.memory import KnownRound
from maskres.usecases.service import Service
from maskres.usecases.work.idempotency import Kept


@dataclass(frozen=True, slots=True)
class Prepared:
    """A registration that can be done at once, and the slip that will be handed out if it is.

    Attributes:
        slip: number, secret and receipt.
        values: what the database is to check and to write.
    """

    slip: Slip
    values: Mapping[str, Any]


def prepare(
    service: Service, known: KnownRound, holder: TokenHolder, application: Application
) -> Prepared | None:
    """Make everything of a registration ready, as it is if nothing stands against it.

    Args:
        service: the service.
        known: the round as this process remembers it.
        holder: of a helper's token, likewise.
        application: checked.

    Returns:
        What is ready; None where the round takes nobody as far as is remembered, or the database is not PostgreSQL.
    """
    draw, checkpoint = known.draw, known.checkpoint
    if draw is None or checkpoint is None or service.database.is_sqlite:
        return None
    now, slug = service.now(), known.round.slug
    canonical, wishes = application.document.canonical, application.wishes
    number = registration_number(known.number_key, canonical)
    receipt = Receipt(
        round=slug,
        draw=draw.draw,
        number=number,
        holder_salt=holder_salt(known.seal_key, number),
        wish_salt=wish_salt(known.seal_key, number),
        wishes=wishes,
        at=now,
        status=ReceiptStatus.REGISTERED,
        ledger_size=checkpoint.size,
        ledger_root=checkpoint.root,
    )
    slip = Slip(number, secret_of(service, slug, number), sign(service, receipt, known.origin).decode())
    sealed = seal_personal(application, service.cipher, service.index_key, service.random_bytes)
    values = {
        "token": holder.id,
        "round": known.round.id,
        "slug": slug,
        "draw": draw.draw,
        "ledger_size": checkpoint.size,
        "most_by_phone": known.round.rules.entries_per_phone,
        "phone_digests": [] if application.phone is None else list(phone_digests(service, application.phone)),
        "older_digests": _older_digests(service, canonical),
        "key_version": service.index_key.version,
        "data_version": service.cipher.current,
        "canonical": sealed.canonical,
        "person": new_person_id(service),
        "number": number,
        "is_keeping": application.is_keeping,
        "seal": make_seal(known.seal_key, number, canonical, wishes),
        "at": format_time(now),
        "actor": holder.actor.name,
        **wish_columns(wishes),
        **personal_columns(application, sealed, known.round),
    }
    return Prepared(slip, values)


def register(service: Service, prepared: Prepared, kept: Kept | None) -> bool:
    """Do a registration as it was prepared.

    Args:
        service: the service.
        prepared: what is ready.
        kept: the answer under its idempotency key, written with it; None where there is no key.

    Returns:
        Whether it was done, whole. Else nothing was, and the general way must be gone.
    """
    return at_once.register(service.database, prepared.values, None if kept is None else kept.columns)


def _older_digests(service: Service, canonical: str) -> list[bytes]:
    """Digest a document under the index keys before the present one: who still stands under those is no one new."""
    current = service.index_key
    return [id_digest(key, canonical) for key in service.index_keys.values() if key is not current]
