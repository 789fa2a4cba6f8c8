"""Signing what stands registered, for its holder to keep."""

from __future__ import annotations

from maskres.db import people, record, rounds
from maskres.db.people import Registration
from maskres.registration.receipts import Receipt, ReceiptStatus, sign_receipt
from maskres.registration.seals import Reach, Wishes, holder_salt, wish_salt
from maskres.usecases.service import Service


def make_receipt(service: Service, round_slug: str, number: str) -> bytes:
    """Sign the receipt of a registration as it stands; asked again it is the same bytes.

    Raises:
        InputError: "unknown-round", "unknown-number".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        row = people.find_registration(c, round_.id, number)
        checkpoint = record.require_checkpoint(c, row.ledger_size)
        name = record.origin(c)
    seal_key = service.keys.round_keys(round_slug).seal
    status = ReceiptStatus.REGISTERED if row.changed_at == row.registered_at else ReceiptStatus.CHANGED
    receipt = Receipt(
        round=round_slug,
        draw=row.draw,
        number=number,
        holder_salt=holder_salt(seal_key, number),
        wish_salt=wish_salt(seal_key, number),
        wishes=wishes_of(row),
        at=row.changed_at,
        status=ReceiptStatus.WITHDRAWN if row.is_withdrawn else status,
        ledger_size=checkpoint.size,
        ledger_root=checkpoint.root,
    )
    return sign(service, receipt, name)


def sign(service: Service, receipt: Receipt, origin: str) -> bytes:
    """Sign a receipt as the ledger of an origin: the same receipt is the same bytes."""
    return sign_receipt(receipt, service.receipt_key, origin)


def wishes_of(row: Registration) -> Wishes:
    """Give the wishes of a registration."""
    return Wishes(row.district, Reach(row.reach), tuple(row.choices.split("|")) if row.choices else ())
