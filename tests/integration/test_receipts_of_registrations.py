"""Receipts: signed, the same bytes when asked again, other bytes after a change."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from maskres.errors import CheckFailed, InputError
from maskres.registration.receipts import Receipt, ReceiptStatus, verify_receipt
from maskres.registration.seals import Reach, Wishes, holder_digest, seal, wish_digest
from maskres.rounds.status import DrawStatus
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import Proof
from maskres.usecases.registration.receipts import make_receipt
from maskres.usecases.service import RESIDENT, Service
from tests.support.people import make_application, make_person
from tests.support.raw import fetch
from tests.support.world import OPENS_AT, ROUND, open_round, pass_time, play_to, register

PERSON = make_person(3)


def public_key(service: Service) -> Ed25519PublicKey:
    return Ed25519PrivateKey.from_private_bytes(service.keys.deployment.ledger).public_key()


def read(service: Service, number: str) -> Receipt:
    return verify_receipt(make_receipt(service, ROUND, number), public_key(service))


def test_a_receipt_holds_what_was_registered_and_opens_the_seal(service: Service):
    open_round(service)
    pass_time(service, hours=1)
    number = register(service, PERSON).number
    receipt = read(service, number)
    wishes = make_application(PERSON).wishes
    assert (receipt.round, receipt.draw, receipt.number, receipt.wishes) == (ROUND, 1, number, wishes)
    assert (receipt.status, receipt.at) == (ReceiptStatus.REGISTERED, pass_time(service))
    holder = holder_digest(receipt.holder_salt, PERSON.canonical)
    wish = wish_digest(receipt.wish_salt, wishes.district, wishes.reach, wishes.joined)
    assert fetch(service.database, "SELECT seal FROM registrations") == [(seal(number, holder, wish),)]
    assert fetch(service.database, "SELECT size, root FROM checkpoints") == [
        (receipt.ledger_size, receipt.ledger_root)
    ]


def test_asked_again_it_is_the_same_bytes_whatever_happened_since(service: Service):
    played = play_to(service, DrawStatus.OPEN)
    first = make_receipt(service, ROUND, played.numbers[0])
    pass_time(service, hours=3)
    assert make_receipt(service, ROUND, played.numbers[0]) == first
    play_to(service, DrawStatus.DRAWN)
    assert make_receipt(service, ROUND, played.numbers[0]) == first
    assert len({make_receipt(service, ROUND, number) for number in played.numbers.values()}) == 20


def test_every_change_has_a_receipt_of_its_own(service: Service):
    open_round(service)
    first = register(service, PERSON)
    proof, number = Proof(secret=first.secret), first.number
    receipts = [make_receipt(service, ROUND, number)]
    pass_time(service, minutes=1)
    registering.change_wishes(service, RESIDENT, ROUND, number, Wishes("huli", Reach.CITY, ()), proof)
    receipts.append(make_receipt(service, ROUND, number))
    assert read(service, number).status is ReceiptStatus.CHANGED
    assert read(service, number).wishes == Wishes("huli", Reach.CITY, ())
    pass_time(service, minutes=1)
    registering.withdraw(service, RESIDENT, ROUND, number, proof)
    receipts.append(make_receipt(service, ROUND, number))
    assert read(service, number).status is ReceiptStatus.WITHDRAWN
    pass_time(service, minutes=1)
    registering.register(service, RESIDENT, ROUND, make_application(PERSON), proof)
    receipts.append(make_receipt(service, ROUND, number))
    assert read(service, number).status is ReceiptStatus.CHANGED
    assert len(set(receipts)) == 4
    salts = {(r.holder_salt, r.wish_salt) for r in (verify_receipt(b, public_key(service)) for b in receipts)}
    assert len(salts) == 1


def test_a_receipt_somebody_altered_fails(service: Service):
    open_round(service)
    data = make_receipt(service, ROUND, register(service, PERSON).number)
    assert verify_receipt(data, public_key(service)).at == OPENS_AT
    with pytest.raises(CheckFailed) as refused:
        verify_receipt(data.replace(b"huli", b"juli").replace(b"siming", b"timing"), public_key(service))
    assert refused.value.code == "bad-signature"
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(CheckFailed):
        verify_receipt(data, stranger)


def test_nobody_gets_a_receipt_for_what_is_not_registered(service: Service):
    open_round(service)
    with pytest.raises(InputError) as refused:
        make_receipt(service, ROUND, "000000000000")
    assert refused.value.code == "unknown-number"
