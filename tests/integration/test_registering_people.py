"""Registering one person at a time: nobody stands twice, and nobody changes what is not shown to be theirs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from maskres.errors import InputError, StepRefused
from maskres.identity.digests import id_digest
from maskres.keys import DeploymentKeys
from maskres.registration.numbers import registration_number
from maskres.registration.seals import Reach, Wishes, make_seal
from maskres.rehearsal.parts import SeededKeys
from maskres.rounds.status import DrawStatus
from maskres.usecases.keeping.rotating import is_rotation_unfinished, rewrite_personal_fields
from maskres.usecases.registration import registering
from maskres.usecases.registration.own_registrations import list_slips, require_own
from maskres.usecases.registration.proofs import NO_PROOF, SEEN_BY_STAFF, Proof, proof_of_phone, secret_of
from maskres.usecases.registration.registering import Outcome
from maskres.usecases.rounds.steps import finish_round
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.telling.phone_proofs import make_phone_proof, read_phone_proof
from tests.support.documents import add_document
from tests.support.people import make_application, make_people, make_person, register_row
from tests.support.raw import fetch
from tests.support.world import (
    COUNTER,
    OPERATOR,
    ROUND,
    SEED,
    import_people,
    open_round,
    pass_time,
    play_to,
    register,
    register_again,
)

ANNA = make_person(1)


def rows(service: Service, columns: str = "*") -> list[tuple[Any, ...]]:
    return fetch(service.database, f"SELECT {columns} FROM registrations ORDER BY registered_at, number")


def test_a_person_gets_the_number_that_follows_from_their_document(service: Service):
    open_round(service)
    answer = register(service, ANNA)
    keys = service.keys.round_keys(ROUND)
    assert answer.outcome is Outcome.REGISTERED
    assert answer.number == registration_number(keys.number, ANNA.canonical)
    wishes = make_application(ANNA).wishes
    assert rows(service, "number, seal, status, age, sex, for_whom, district, reach, choices, draw") == [
        (
            answer.number,
            make_seal(keys.seal, answer.number, ANNA.canonical, wishes),
            "standing",
            34,
            "M",
            "self",
            *(wishes.district, str(wishes.reach), wishes.joined),
            1,
        )
    ]


SPELLINGS: tuple[dict[str, str], ...] = (
    {"id_number": " ".join(ANNA.id_number[i : i + 4] for i in range(0, 18, 4))},
    {"id_number": "".join(chr(ord(symbol) + 0xFEE0) for symbol in ANNA.id_number)},
    {"id_number": ANNA.id_number.lower()},
    {"id_type": "居民身份证"},
    {"id_type": "cn-id", "name": "另有其名"},
    {"phone": "13999999999", "district": "huli", "reach": "city", "choices": ""},
)


def test_a_person_stands_once_whatever_the_spelling(service: Service):
    open_round(service)
    register(service, ANNA)
    before = rows(service)
    for spelling in SPELLINGS:
        second = register(service, ANNA, **spelling)
        assert (second.outcome, second.number) == (Outcome.UNCHANGED, ""), spelling
        assert rows(service) == before
    assert fetch(service.database, "SELECT count(*) FROM persons") == [(1,)]


def test_a_check_symbol_x_is_the_same_in_small(service: Service):
    open_round(service)
    person = next(each for each in make_people(200) if each.id_number.endswith("X"))
    first = register(service, person)
    assert (
        register_again(service, person, SEEN_BY_STAFF, id_number=person.id_number.lower()).number
        == first.number
    )
    assert len(rows(service)) == 1


def test_a_document_linked_by_a_register_is_the_same_person(service: Service):
    open_round(service)
    linked = register_row("household", ANNA, other_id_type="passport", other_id_number="GBR:123456789")
    import_people(service, "household", [linked])
    first = register(service, ANNA)
    passport = {"id_number": "GBR:123456789", "id_type": "passport", "birth_date": "1985-03-01", "sex": "F"}
    second = register(service, ANNA, **passport)
    assert (second.outcome, second.number) == (Outcome.UNCHANGED, "")
    # With proof the wishes change, and the seal stays bound to the document the number is of.
    changed = register_again(
        service, ANNA, Proof(secret=first.secret), **passport, district="huli", reach="city", choices=""
    )
    assert (changed.outcome, changed.number) == (Outcome.CHANGED, first.number)
    seal = make_seal(
        service.keys.round_keys(ROUND).seal, first.number, ANNA.canonical, Wishes("huli", Reach.CITY, ())
    )
    assert rows(service, "number, seal, sex") == [(first.number, seal, "M")]


def test_the_other_document_first_keeps_its_number_too(service: Service):
    open_round(service)
    linked = register_row("household", ANNA, other_id_type="passport", other_id_number="GBR:123456789")
    import_people(service, "household", [linked])
    passport = {"id_number": "GBR:123456789", "id_type": "passport", "birth_date": "1985-03-01", "sex": "F"}
    first = register(service, ANNA, **passport)
    key = service.keys.round_keys(ROUND).number
    assert first.number == registration_number(key, "PASSPORT:GBR:123456789")
    assert register_again(service, ANNA, SEEN_BY_STAFF).number == first.number
    assert len(rows(service)) == 1


def test_two_documents_linked_only_afterwards_are_found_by_the_decision(service: Service):
    """The register comes after both registrations: they stand twice, and the later one is left out of the pool."""
    open_round(service)
    passport = {"id_number": "GBR:123456789", "id_type": "passport", "birth_date": "1985-03-01", "sex": "F"}
    first = register(service, ANNA)
    pass_time(service, minutes=1)
    second = register(service, ANNA, **passport)
    assert second.outcome is Outcome.REGISTERED
    assert second.number != first.number
    linked = register_row("household", ANNA, other_id_type="passport", other_id_number="GBR:123456789")
    import_people(service, "household", [linked])
    import_people(service, "insurance", [])
    play_to(service, DrawStatus.CLOSED, people=[])
    import_people(service, "household", [linked, register_row("household", make_person(2))])
    play_to(service, DrawStatus.DECIDED, people=[])
    reasons = fetch(
        service.database,
        "SELECT f.number, v.is_eligible, v.coarse_reason FROM facts f JOIN verdicts v ON v.mask = f.mask",
    )
    assert {row[0]: (bool(row[1]), row[2]) for row in reasons} == {
        first.number: (True, None),
        second.number: (False, "same-person"),
    }


def test_a_repeat_without_proof_changes_nothing_and_with_proof_the_wishes(service: Service):
    open_round(service)
    first = register(service, ANNA)
    wishes = {"district": "huli", "reach": "choices", "choices": "huli-1"}
    verified = proof_of_phone(service, f"+86{ANNA.phone}")
    other = proof_of_phone(service, "+8613999999999")
    before = rows(service)
    wrong = secret_of(service, ROUND, registration_number(bytes(32), "x"))
    for proof in (NO_PROOF, other, Proof(secret=wrong)):
        assert register_again(service, ANNA, proof, **wishes).outcome is Outcome.UNCHANGED
        assert rows(service) == before
    seals = {before[0][-7]}
    for nth, proof in enumerate((Proof(secret=first.secret), verified, SEEN_BY_STAFF)):
        pass_time(service, minutes=1)
        chosen = wishes | {"choices": ("huli-1", "huli-1|siming-1", "siming-2")[nth]}
        answer = register_again(service, ANNA, proof, **chosen)
        assert (answer.outcome, answer.number, answer.secret) == (
            Outcome.CHANGED,
            first.number,
            first.secret,
        )
        ((number, choices, seal),) = rows(service, "number, choices, seal")
        assert (number, choices) == (first.number, chosen["choices"])
        seals.add(seal)
    assert len(seals) == 4


def test_a_secret_is_read_as_people_type_it(service: Service):
    open_round(service)
    first = register(service, ANNA)
    typed = f" {first.secret[:4].lower()}-{first.secret[4:8]}-{first.secret[8:]} "
    assert register_again(service, ANNA, Proof(secret=typed)).outcome is Outcome.CHANGED
    with pytest.raises(InputError) as refused:
        register_again(service, ANNA, Proof(secret="not a secret"))
    assert refused.value.code == "bad-number"


def test_wishes_change_by_number_and_secret(service: Service):
    open_round(service)
    first = register(service, ANNA)
    ((seal,),) = rows(service, "seal")
    pass_time(service, minutes=5)
    proof = Proof(secret=first.secret)
    registering.change_wishes(
        service,
        RESIDENT,
        ROUND,
        first.number,
        Wishes("siming", Reach.DISTRICT, ("huli-1", "siming-1")),
        proof,
    )
    ((number, reach, choices, changed),) = rows(service, "number, reach, choices, seal")
    assert (number, reach, choices) == (first.number, "district", "huli-1|siming-1")
    assert changed != seal
    for wishes, code in (
        (Wishes("nowhere", Reach.CITY, ()), "unknown-district"),
        (Wishes("huli", Reach.CITY, ("huli-9",)), "unknown-store"),
        (Wishes("huli", Reach.CITY, ("huli-1", "huli-1")), "store-twice"),
    ):
        with pytest.raises(InputError) as refused:
            registering.change_wishes(service, RESIDENT, ROUND, first.number, wishes, proof)
        assert refused.value.code == code
    with pytest.raises(StepRefused) as unproved:
        registering.change_wishes(
            service, RESIDENT, ROUND, first.number, Wishes("huli", Reach.CITY, ()), NO_PROOF
        )
    assert unproved.value.code == "not-proved"
    assert rows(service, "seal") == [(changed,)]


def test_who_withdraws_comes_back_under_the_same_number(service: Service):
    open_round(service)
    first = register(service, ANNA)
    proof = Proof(secret=first.secret)
    for wrong in (NO_PROOF, Proof(secret=secret_of(service, ROUND, "000000000000"))):
        with pytest.raises(StepRefused) as refused:
            registering.withdraw(service, RESIDENT, ROUND, first.number, wrong)
        assert refused.value.code == "not-proved"
    ((seal,),) = rows(service, "seal")
    pass_time(service, minutes=1)
    registering.withdraw(service, RESIDENT, ROUND, first.number, proof)
    assert rows(service, "number, status, seal") == [(first.number, "withdrawn", seal)]
    # A stranger with the leaked name and id brings nobody back.
    assert register(service, ANNA).outcome is Outcome.UNCHANGED
    assert rows(service, "status") == [("withdrawn",)]
    pass_time(service, minutes=1)
    assert register_again(service, ANNA, proof).number == first.number
    assert rows(service, "number, status, seal") == [(first.number, "standing", seal)]
    with pytest.raises(InputError) as unknown:
        registering.withdraw(service, RESIDENT, ROUND, "000000000000", proof)
    assert unknown.value.code == "unknown-number"


def test_a_number_that_is_anothers_is_passed_over(service: Service, monkeypatch: pytest.MonkeyPatch):
    open_round(service)
    first = register(service, ANNA)
    others = make_people(2, start=2)
    derive = registration_number
    shared = {ANNA.canonical, *(person.canonical for person in others)}

    def collide(key: bytes, canonical: str, attempt: int = 0) -> str:
        return first.number if canonical in shared and attempt == 0 else derive(key, canonical, attempt)

    monkeypatch.setattr(registering, "registration_number", collide)
    key = service.keys.round_keys(ROUND).number
    for person in others:
        answer = register(service, person)
        assert answer.number == derive(key, person.canonical, 1) == derive(key, f"{person.canonical}/1")
        assert (
            register_again(service, person, SEEN_BY_STAFF).number == answer.number
        )  # a repeat finds its own, not the next
    assert len({row[0] for row in rows(service, "number")}) == 3


def test_a_phone_registers_only_so_many(service: Service):
    open_round(service)  # three a phone
    people = make_people(5)
    for person in people[:3]:
        register(service, person, phone=ANNA.phone)
    with pytest.raises(StepRefused, match="3 people") as refused:
        register(service, people[3], phone=f"+86 {ANNA.phone}")
    assert refused.value.code == "too-many-by-phone"
    assert len(rows(service)) == 3
    assert fetch(service.database, "SELECT count(*) FROM persons") == [(3,)]
    register(service, people[3])  # by their own
    register(service, people[4], phone="")  # staff entered somebody without one


def test_a_full_phone_takes_nobody_over_and_frees_itself_by_nothing(service: Service):
    open_round(service)
    full, free = make_people(3), make_person(7)
    for person in full:
        register(service, person, phone=ANNA.phone)
    moved = register(service, free)
    with pytest.raises(StepRefused) as refused:
        register_again(service, free, Proof(secret=moved.secret), phone=ANNA.phone)
    assert refused.value.code == "too-many-by-phone"
    standing = register_again(service, full[0], SEEN_BY_STAFF, phone=ANNA.phone)
    registering.withdraw(service, RESIDENT, ROUND, standing.number, Proof(secret=standing.secret))
    with pytest.raises(StepRefused):
        register(service, make_person(8), phone=ANNA.phone)
    # Those who stand under the full phone may still change their wishes.
    assert register_again(service, full[1], SEEN_BY_STAFF, phone=ANNA.phone).outcome is Outcome.CHANGED


def test_whom_a_phone_tries_in_vain_counts_for_it_as_if_it_had_registered_them(service: Service):
    open_round(service)  # three a phone
    known, new = make_people(3), make_people(3, start=10)
    for person in known:
        register(service, person)
    stranger = "13800009999"
    for _ in range(2):  # the same person again counts once
        for person in known[:2]:
            assert register(service, person, phone=stranger).outcome is Outcome.UNCHANGED
    assert register(service, new[0], phone=stranger).outcome is Outcome.REGISTERED
    for person in (known[2], new[1]):
        with pytest.raises(StepRefused) as refused:
            register(service, person, phone=stranger)
        assert refused.value.code == "too-many-by-phone", "whether they are registered or not"
    assert register(service, known[0], phone=stranger).outcome is Outcome.UNCHANGED
    assert fetch(service.database, "SELECT count(*) FROM repeats") == [(2,)]


class RotatedKeys(SeededKeys):
    """The small world's keys with a newer index key."""

    @property
    def deployment(self) -> DeploymentKeys:
        """The keys of the deployment."""
        keys = super().deployment
        return dataclasses.replace(keys, index={**keys.index, max(keys.index) + 1: b"n" * 32})


def test_rotated_keys_leave_a_registration_with_the_document_it_was_made_with(service: Service):
    open_round(service)
    number = register(service, ANNA).number
    others = [
        f"PASSPORT:GBR:{nth}" for nth in range(8)
    ]  # some are rewritten before Anna's own, whatever the order
    for canonical in others:
        add_document(service, number, canonical)
    contact = registering.read_contact(service, COUNTER, ROUND, number, "test")
    rotated = dataclasses.replace(service, keys=RotatedKeys(SEED))
    assert rewrite_personal_fields(rotated, OPERATOR) == 1 + len(others)
    assert rows(rotated, "id_digest, key_version") == [
        (id_digest(rotated.index_key, ANNA.canonical), rotated.index_key.version)
    ]
    assert registering.read_contact(rotated, COUNTER, ROUND, number, "test") == contact
    assert not is_rotation_unfinished(rotated)


def test_while_keys_are_rotated_a_phone_is_known_by_every_one_of_them(service: Service):
    open_round(service)
    before = register(service, ANNA)
    code_proof, _ = make_phone_proof(service, f"+86{ANNA.phone}")
    rotated = dataclasses.replace(service, keys=RotatedKeys(SEED))
    proof = proof_of_phone(rotated, f"+86{ANNA.phone}")
    assert require_own(rotated, ROUND, before.number, proof) == before.number
    registering.withdraw(rotated, RESIDENT, ROUND, before.number, proof)
    other = register(rotated, make_person(5), phone=ANNA.phone)
    listed = {slip.number for slip in list_slips(rotated, ROUND, read_phone_proof(rotated, code_proof))}
    assert listed == {before.number, other.number}
    register(rotated, make_person(6), phone=ANNA.phone)
    with pytest.raises(StepRefused, match="3 people"):
        register(rotated, make_person(7), phone=ANNA.phone)


def test_for_whom_it_is_is_kept(service: Service):
    open_round(service)
    written = {"": "self", "子女": "child", "parent": "parent", "其他": "other"}
    for person, whom in zip(make_people(4), written, strict=True):
        number = register(service, person, for_whom=whom).number
        kept = fetch(
            service.database, "SELECT for_whom, entered_by FROM registrations WHERE number = :n", n=number
        )
        assert kept == [(written[whom], "resident")]


def test_staff_are_named_on_what_they_enter(service: Service):
    open_round(service)
    registering.register(service, COUNTER, ROUND, make_application(ANNA, phone="", keep="yes"))
    assert [
        (row[0], bool(row[1]), row[2]) for row in rows(service, "entered_by, is_keeping, phone_digest")
    ] == [("counter/huli-1", True, None)]


def test_registration_is_closed_where_no_draw_is_open(service: Service):
    with pytest.raises(InputError) as unknown:
        register(service, ANNA)
    assert unknown.value.code == "unknown-round"
    played = play_to(service, DrawStatus.CLOSED)
    number, proof = played.numbers[0], Proof(secret=played.secrets[0])
    attempts = (
        lambda: register(service, make_person(99)),
        lambda: register_again(service, played.people[0], proof),
        lambda: registering.withdraw(service, RESIDENT, ROUND, number, proof),
        lambda: registering.change_wishes(
            service, RESIDENT, ROUND, number, Wishes("huli", Reach.CITY, ()), proof
        ),
    )
    before = rows(service)
    for attempt in attempts:
        with pytest.raises(StepRefused) as refused:
            attempt()
        assert refused.value.code == "registration-closed"
    play_to(service, DrawStatus.FINISHED)
    finish_round(service, COUNTER, ROUND)
    with pytest.raises(StepRefused) as finished:
        register(service, make_person(99))
    assert finished.value.code == "registration-closed"
    assert rows(service) == before
