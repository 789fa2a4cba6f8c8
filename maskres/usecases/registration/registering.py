"""Registering, changing and withdrawing, one person at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from maskres.db import people, record, rounds
from maskres.db.engine import Transaction
from maskres.db.locks import lock_person, lock_phone, lock_registering
from maskres.db.people import Registration
from maskres.errors import ConflictError, StepRefused
from maskres.identity.digests import phone_digest
from maskres.registration.applications import Application, age_on
from maskres.registration.numbers import registration_number
from maskres.registration.seals import Wishes, make_seal, read_wishes
from maskres.usecases.keeping.rotating import bring_up_to_date
from maskres.usecases.personal import Contact, Sealed, open_canonical, open_contact, seal_personal
from maskres.usecases.reasons import read_reason
from maskres.usecases.registration.proofs import (
    NO_PROOF,
    Proof,
    is_proved,
    phone_digests,
    require_proof,
    secret_of,
)
from maskres.usecases.service import Actor, Service, one_transaction
from maskres.usecases.telling.notices import tell_registered_again


class Outcome(StrEnum):
    """What came of an application."""

    REGISTERED = "registered"
    CHANGED = "changed"
    #: Somebody is registered already and the applicant could not show to be them: nothing was changed. The door
    #: answers a stranger as if nothing were known, and writes to the phone that is.
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer to an application.

    Attributes:
        outcome: what came of it.
        number: the registration number; None for a stranger, who learns nothing.
        secret: what changes or withdraws it, to be kept with the receipt; likewise.
    """

    outcome: Outcome
    number: str | None
    secret: str | None


def register_within(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    application: Application,
    proof: Proof = NO_PROOF,
) -> Registered:
    """Register a person, or change the wishes of one registered already; nobody stands twice.

    Args:
        c: the transaction of whatever else belongs to it.
        service: the service.
        actor: the resident, or the staff account that enters them.
        round_slug: the round.
        application: checked.
        proof: that a registration which stands already is theirs to change.

    Raises:
        StepRefused: "registration-closed", "registration-not-begun", "too-many-by-phone".
        InputError: "unknown-round".
    """
    round_, draw = _open_draw(c, service, round_slug)
    sealed = seal_personal(application, service.cipher, service.index_key, service.random_bytes)
    bring_up_to_date(c, service, application.document.canonical)
    digests = people.linked_digests(c, sealed.id_digest)
    lock_person(c, digests[0])
    # A person known by several documents: this one first, then any that a register links with it.
    person_id = people.find_person(c, [sealed.id_digest, *digests])
    standing = None if person_id is None else people.registration_of_person(c, round_.id, person_id)
    if standing is None:
        number = _insert(c, service, actor, round_, draw, application, sealed, person_id)
        return Registered(Outcome.REGISTERED, number, secret_of(service, round_slug, number))
    secret = secret_of(service, round_slug, standing.number)
    if not is_proved(standing, proof, secret):
        _note_repeat(c, service, round_, standing, application.phone)
        tell_registered_again(c, service, round_slug, standing)
        return Registered(Outcome.UNCHANGED, None, None)
    changes = _wish_changes(c, service, round_, standing, application.wishes)
    changes |= {"is_keeping": application.is_keeping, "status": "standing", "entered_by": actor.name}
    if sealed.id_digest == standing.id_digest:
        if sealed.phone_digest != standing.phone_digest:
            _require_phone_free(c, service, round_, application.phone)
        changes |= personal_columns(application, sealed, round_)
    _change(c, service, actor, round_, draw, standing, changes, "registration-changed")
    return Registered(Outcome.CHANGED, standing.number, secret)


@one_transaction
def register(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    application: Application,
    proof: Proof = NO_PROOF,
) -> Registered:
    """Register a person in a transaction of its own (see register_within)."""
    return register_within(c, service, actor, round_slug, application, proof)


@one_transaction
def change_wishes(
    c: Transaction, service: Service, actor: Actor, round_slug: str, number: str, wishes: Wishes, proof: Proof
) -> None:
    """Change the wishes of a registration.

    Raises:
        StepRefused: "registration-closed", "registration-not-begun", "not-proved".
        InputError: "unknown-number", "unknown-district", "bad-reach", "unknown-store" or the like.
    """
    round_, draw = _open_draw(c, service, round_slug)
    standing = _proved_registration(c, service, round_, number, proof)
    stores = rounds.store_districts(c, round_.id)
    read_wishes(
        wishes.district, wishes.reach, wishes.choices, districts=round_.rules.districts, stores=set(stores)
    )
    changes = _wish_changes(c, service, round_, standing, wishes)
    _change(c, service, actor, round_, draw, standing, changes, "registration-changed")


@one_transaction
def withdraw(
    c: Transaction, service: Service, actor: Actor, round_slug: str, number: str, proof: Proof
) -> None:
    """Withdraw a registration; registering again brings it back under the same number.

    Raises:
        StepRefused: "registration-closed", "registration-not-begun", "not-proved".
        InputError: "unknown-number".
    """
    round_, draw = _open_draw(c, service, round_slug)
    standing = _proved_registration(c, service, round_, number, proof)
    _change(c, service, actor, round_, draw, standing, {"status": "withdrawn"}, "registration-withdrawn")


@one_transaction
def bring_back(
    c: Transaction, service: Service, actor: Actor, round_slug: str, number: str, proof: Proof
) -> None:
    """Let a withdrawn registration stand again, with the wishes it had and under the same number.

    Raises:
        StepRefused: "registration-closed", "registration-not-begun", "not-proved".
        InputError: "unknown-number".
    """
    round_, draw = _open_draw(c, service, round_slug)
    registration = _proved_registration(c, service, round_, number, proof)
    if registration.is_withdrawn:
        changes: dict[str, Any] = {"status": "standing"}
        _change(c, service, actor, round_, draw, registration, changes, "registration-returned")


@one_transaction
def read_contact(
    c: Transaction, service: Service, actor: Actor, round_slug: str, number: str, why: str
) -> Contact:
    """Read who stands behind a number; the reading is logged with its reason.

    Raises:
        InputError: "unknown-round", "unknown-number".
    """
    round_ = rounds.find_round(c, round_slug)
    row = people.find_registration(c, round_.id, number)
    detail = {"what": "contact", "why": read_reason(why, field="why")}
    record.log(
        c,
        service.now(),
        actor.name,
        "personal-data-read",
        round_slug=round_slug,
        number=number,
        detail=detail,
    )
    return open_contact(service.cipher, row.contact, row.id_digest)


def _open_draw(c: Transaction, service: Service, round_slug: str) -> tuple[rounds.Round, rounds.Draw]:
    """Give the draw that takes registrations one at a time: it is open, and so are its announced times."""
    round_ = rounds.find_round(c, round_slug)
    lock_registering(c, round_.id, is_exclusive=False)
    draw = require_open_draw(c, round_)
    draw.times.require_running(service.now())
    return round_, draw


def require_open_draw(c: Transaction, round_: rounds.Round) -> rounds.Draw:
    """Give the draw that registrations go into; call it under the registering lock.

    Raises:
        StepRefused: "registration-closed", "registration-not-begun".
    """
    draw = rounds.open_draw_of(c, round_.id)
    if draw is None:
        raise StepRefused("registration-closed", "Registration for this round is not open now.")
    return draw


def _insert(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_: rounds.Round,
    draw: rounds.Draw,
    application: Application,
    sealed: Sealed,
    person_id: int | None,
) -> str:
    _require_phone_free(c, service, round_, application.phone)
    key_version = service.index_key.version
    if person_id is None:
        person_id = new_person_id(service)
        people.insert_person(c, person_id)
    if not people.has_document(c, sealed.id_digest):
        people.insert_document(
            c, sealed.id_digest, key_version, service.cipher.current, person_id, sealed.canonical
        )
    keys = service.keys.round_keys(round_.slug)
    canonical = application.document.canonical
    number = free_number(c, round_.id, keys.number, canonical, sealed.id_digest)
    now = service.now()
    people.insert_registration(
        c,
        {
            "round_id": round_.id,
            "number": number,
            "person_id": person_id,
            "key_version": key_version,
            "is_keeping": application.is_keeping,
            "seal": make_seal(keys.seal, number, canonical, application.wishes),
            "registered_at": now,
            "changed_at": now,
            "draw": draw.draw,
            "ledger_size": record.ledger_size(c),
            "entered_by": actor.name,
            **wish_columns(application.wishes),
            **personal_columns(application, sealed, round_),
        },
    )
    record.log(c, now, actor.name, "registered", round_slug=round_.slug, draw=draw.draw, number=number)
    return number


def free_number(c: Transaction, round_id: int, number_key: bytes, canonical: str, digest: bytes) -> str:
    """Derive a person's number, past those that belong to others (spec N5).

    Raises:
        ConflictError: "done-elsewhere" where the number is this very document's: nobody gets a second one.
    """
    attempt = 0
    while holder := people.holder_of(
        c, round_id, number := registration_number(number_key, canonical, attempt)
    ):
        if holder == digest:
            raise ConflictError(
                "done-elsewhere", "This person was registered at this very moment; please look again."
            )
        attempt += 1
    return number


def new_person_id(service: Service) -> int:
    """Choose an id that says nothing about its person: 63 random bits."""
    return int.from_bytes(service.random_bytes(8), "big") >> 1


def _note_repeat(
    c: Transaction, service: Service, round_: rounds.Round, standing: Registration, phone: str | None
) -> None:
    """Count somebody whom another phone has registered as if this one had: nobody tries out a list of documents."""
    if phone is None or people.has_repeated(c, standing, phone_digests(service, phone)):
        return
    _require_phone_free(c, service, round_, phone)
    people.insert_repeat(c, standing, phone_digest(service.index_key, phone))


def _require_phone_free(c: Transaction, service: Service, round_: rounds.Round, phone: str | None) -> None:
    if phone is None:
        return
    lock_phone(c, phone_digest(service.index_key, phone))
    most = round_.rules.entries_per_phone
    if people.count_by_phone(c, round_.id, phone_digests(service, phone)) >= most:
        raise StepRefused(
            "too-many-by-phone", f"This phone has registered {most} people already; that is the most."
        )


def _proved_registration(
    c: Transaction, service: Service, round_: rounds.Round, number: str, proof: Proof
) -> Registration:
    standing = people.find_registration(c, round_.id, number)
    require_proof(standing, proof, secret_of(service, round_.slug, number))
    return standing


def _wish_changes(
    c: Transaction, service: Service, round_: rounds.Round, standing: Registration, wishes: Wishes
) -> dict[str, Any]:
    canonical = open_canonical(service.cipher, people.document_of(c, standing.id_digest), standing.id_digest)
    seal_key = service.keys.round_keys(round_.slug).seal
    return wish_columns(wishes) | {"seal": make_seal(seal_key, standing.number, canonical, wishes)}


def _change(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_: rounds.Round,
    draw: rounds.Draw,
    standing: Registration,
    changes: dict[str, Any],
    act: str,
) -> None:
    now = service.now()
    changes |= {"changed_at": now, "draw": draw.draw, "ledger_size": record.ledger_size(c)}
    people.update_registration(c, standing, changes)
    record.log(c, now, actor.name, act, round_slug=round_.slug, draw=draw.draw, number=standing.number)


def wish_columns(wishes: Wishes) -> dict[str, Any]:
    """Give wishes as a registration's columns have them."""
    return {"district": wishes.district, "reach": str(wishes.reach), "choices": wishes.joined}


def personal_columns(application: Application, sealed: Sealed, round_: rounds.Round) -> dict[str, Any]:
    """Give what a registration's columns hold of its person, encrypted and digested."""
    return {
        "id_digest": sealed.id_digest,
        "name_digest": sealed.name_digest,
        "phone_digest": sealed.phone_digest,
        "contact": sealed.contact,
        "age": age_on(application.birth_date, round_.rules.reference_date),
        "sex": application.sex,
        "for_whom": str(application.for_whom),
    }
