"""A stolen database shows no id, no name and no phone, nor the keys to them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from maskres.formats.symbols import from_digest
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import write_public_files
from maskres.usecases.eligibility import disputes
from maskres.usecases.registration import registering
from maskres.usecases.registration.bulk_registering import import_registrations
from maskres.usecases.rounds.steps import finish_round
from maskres.usecases.service import RESIDENT, Service
from tests.support.people import Person, application_fields, make_people, register_row, write_registrations
from tests.support.raw import dump
from tests.support.world import COUNTER, OPERATOR, ROUND, import_people, play_to, register
from tests.support.world import published as published_file

WORDS = "我的身份证是真的，我就住在这条街上。"
PASSPORT = "GBR:987654321"


def forms(person: Person) -> Iterator[bytes]:
    """Give what must not be found of a person: in clear, in other encodings, and in digests without a key."""
    for text in (person.id_number, person.name, person.phone, person.canonical):
        yield text.encode()
        yield text.encode("utf-16-le")
        yield text.encode("gb18030")
        yield hashlib.sha256(text.encode()).digest()[:8]
        yield hashlib.md5(text.encode()).digest()[:8]
        yield hashlib.sha256(text.encode()).hexdigest()[:16].encode()
    yield person.id_number[6:].encode()
    yield person.birth_date.isoformat().encode()


def as_bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def test_no_personal_data_stands_in_the_database(service: Service, tmp_path: Any):
    """Go through a whole round with every way in and look at all that the database holds, and at its very file."""
    played = play_to(service, DrawStatus.OPEN)
    with_link = register_row(
        "household", played.people[1], other_id_type="passport", other_id_number=PASSPORT
    )
    import_people(service, "household", [with_link, *played.people[2:-2]])
    files = make_people(5, start=40)
    path = write_registrations(tmp_path / "r.csv", [application_fields(each, keep="yes") for each in files])
    import_registrations(service, COUNTER, ROUND, path)
    late = make_people(1, start=60)[0]
    answer = register(service, late, keep="yes")
    registering.read_contact(service, OPERATOR, ROUND, answer.number, "a letter came back")
    play_to(service, DrawStatus.DECIDED)
    disputes.lodge_dispute(service, RESIDENT, ROUND, 1, played.numbers[19], WORDS)
    assert disputes.read_dispute(service, OPERATOR, ROUND, 1, played.numbers[19]) == WORDS
    play_to(service, DrawStatus.FINISHED)
    finish_round(service, OPERATOR, ROUND)

    secrets = [*played.secrets.values(), answer.secret]
    keys = service.keys.deployment
    hidden = [form for person in [*played.people, *files, late] for form in forms(person)]
    hidden += [WORDS.encode(), PASSPORT.encode(), PASSPORT[4:].encode(), *(each.encode() for each in secrets)]
    hidden += [keys.ledger, keys.access, keys.lookup, *keys.index.values(), *keys.data.values()]
    held = b"\n".join(
        as_bytes(value) for rows in dump(service.database).values() for row in rows for value in row.values()
    )
    assert played.numbers[0].encode() in held  # the search does find what is there
    assert [form for form in hidden if form in held] == []
    if service.database.is_sqlite:
        service.database.close()
        with open(service.database.url.removeprefix("sqlite:///"), "rb") as file:  # noqa: PTH123
            whole = file.read()
        assert played.numbers[0].encode() in whole
        assert [form for form in hidden if form in whole] == []


def test_two_people_of_one_name_and_phone_share_no_ciphertext_and_no_name_digest(service: Service):
    play_to(service, DrawStatus.OPEN, people=[])
    one, other = make_people(2)
    register(service, one)
    register(service, other, name=one.name, phone=one.phone)
    rows = dump(service.database)["registrations"]
    assert len({bytes(row["contact"]) for row in rows}) == 2
    assert len({bytes(row["name_digest"]) for row in rows}) == 2
    assert len({bytes(row["phone_digest"]) for row in rows}) == 1
    assert len({bytes(row["canonical"]) for row in dump(service.database)["documents"]}) == 2


def test_the_same_person_is_another_number_in_the_next_round(service: Service):
    played = play_to(service, DrawStatus.FINISHED)
    finish_round(service, OPERATOR, ROUND)
    second = play_to(service, DrawStatus.OPEN, "xiamen-2020-2", people=played.people)
    assert set(played.numbers.values()).isdisjoint(second.numbers.values())
    rows = dump(service.database)["registrations"]
    by_round = {
        round_id: {row["seal"] for row in rows if row["round_id"] == round_id}
        for round_id in {row["round_id"] for row in rows}
    }
    assert len(by_round) == 2
    assert set.isdisjoint(*by_round.values())
    assert len(dump(service.database)["persons"]) == 20


def test_threat_files_turned_into_people_enumerated_ids_match_nothing_that_is_published(
    sqlite_service: Service, tmp_path: Any
):
    """An outsider who tries every id of a city by digests, keys and seals of their own finds nobody in the bundle."""
    played = play_to(sqlite_service, DrawStatus.PUBLISHED)
    write_public_files(sqlite_service, played.slug, played.draw, tmp_path)
    published = b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file())
    commitment = json.loads(published_file(sqlite_service, "commitment.json"))
    public = (b"", bytes(32), played.slug.encode(), commitment["number_key_sha256"].encode())
    wishes = published_file(sqlite_service, "wishes.csv").decode().splitlines()[1:]
    salts = {line.split(",")[2] for line in wishes}
    numbers = published_file(sqlite_service, "registered.csv").split()[1:]
    assert len(numbers) == len(played.people) and all(number in published for number in numbers)
    for person in played.people:
        guesses = list(forms(person))
        for key in public:
            guesses.append(hmac.new(key, person.canonical.encode(), "sha256").hexdigest().encode())
            guesses.append(from_digest(hmac.digest(key, person.canonical.encode(), "sha256")).encode())
        # The salts of winners' wishes are public; those of their ids are not.
        guesses += [
            hashlib.sha256(f"{salt}/{person.canonical}".encode()).hexdigest().encode() for salt in salts
        ]
        assert [guess for guess in guesses if guess in published] == []
