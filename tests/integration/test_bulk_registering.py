"""A file of registrations does what its lines would do one by one, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from maskres.db import filling
from maskres.errors import StepRefused
from maskres.formats import office_csv
from maskres.identity.documents import read_document
from maskres.registration.numbers import registration_number
from maskres.rounds.status import DrawStatus
from maskres.usecases.imports import ImportRefused
from maskres.usecases.registration import registering, sealing
from maskres.usecases.registration.bulk_registering import import_registrations
from maskres.usecases.registration.proofs import SEEN_BY_STAFF, Proof
from maskres.usecases.service import RESIDENT, Service
from tests.support.people import (
    TODAY,
    Person,
    application_fields,
    make_application,
    make_people,
    register_row,
    write_registrations,
)
from tests.support.raw import fetch, refusal
from tests.support.world import COUNTER, ROUND, import_people, open_round, pass_time, play_to, register

PASSPORT = {
    "id_type": "passport",
    "id_number": "GBR:123456789",
    "birth_date": "1985-03-02",
    "sex": "F",
    "name": "Anna Lin",
}
#: What must come out alike; the persons' ids are random, and of ciphertexts only what is in them counts.
COLUMNS = (
    "number, status, id_digest, name_digest, phone_digest, key_version, age, sex, for_whom, is_keeping,"
    " district, reach, choices, seal, registered_at, changed_at, draw, ledger_size, entered_by"
)


def registrations(service: Service) -> list[tuple[Any, ...]]:
    """Give all registrations, with the order in which their persons are known in place of random ids."""
    rows = fetch(service.database, f"SELECT {COLUMNS} FROM registrations ORDER BY number")
    return [tuple(bytes(v) if isinstance(v, bytes | memoryview) else v for v in row) for row in rows]


def contacts(service: Service) -> list[Any]:
    numbers = [row[0] for row in registrations(service)]
    return [registering.read_contact(service, COUNTER, ROUND, number, "test") for number in numbers]


def prepare(service: Service, people: Sequence[Person]) -> None:
    """Open a round in which one is registered, one has withdrawn, and a register links a passport with a third."""
    open_round(service)
    linked = register_row(
        "household", people[2], other_id_type="passport", other_id_number=PASSPORT["id_number"]
    )
    import_people(service, "household", [linked])
    register(service, people[0])
    gone = register(service, people[1])
    registering.withdraw(service, RESIDENT, ROUND, gone.number, Proof(secret=gone.secret))
    pass_time(service, minutes=1)


def rows_of(people: Sequence[Person]) -> list[dict[str, str]]:
    """Write lines with all that can happen in a file."""
    new = people[3:8]
    return [
        application_fields(new[0]),
        application_fields(new[1], phone="", for_whom="parent"),
        application_fields(
            people[0], reach="city", choices="siming-2|huli-1", phone="13912345678"
        ),  # a change
        application_fields(people[1], keep="yes"),  # comes back
        application_fields(people[2]),
        application_fields(people[2], name="林安娜", district="huli", reach="city", choices="", **{}),
        PASSPORT | {"district": "huli", "reach": "choices", "choices": "huli-1", "phone": "13912345679"},
        application_fields(new[2]),
        application_fields(
            new[0], district="huli", reach="district", choices="", keep="是"
        ),  # twice in the file
        application_fields(new[3], id_number=new[3].id_number.lower(), for_whom="子女"),
        application_fields(new[4]),
    ]


def import_rows(service: Service, folder: Path, rows: Sequence[Any], **options: Any) -> Any:
    path = write_registrations(folder / "registrations.csv", rows, **options)
    return import_registrations(service, COUNTER, ROUND, path)


def register_one_by_one(service: Service, rows: Sequence[dict[str, str]]) -> None:
    for fields in rows:
        application = make_application(make_people(1)[0], **({"name": ""} | fields))
        registering.register(service, COUNTER, ROUND, application, SEEN_BY_STAFF)


@pytest.fixture
def other_service(request: pytest.FixtureRequest, service: Service) -> Service:
    """A second database of the other kind: what is done there must come out alike here."""
    name = "postgres_service" if service.database.is_sqlite else "sqlite_service"
    found: Service = request.getfixturevalue(name)
    return found


def test_a_file_does_what_its_lines_do_one_by_one(service: Service, other_service: Service, tmp_path: Path):
    people = make_people(8)
    rows = rows_of(people)
    prepare(service, people)
    prepare(other_service, people)
    done = import_rows(service, tmp_path, rows)
    register_one_by_one(other_service, [{"for_whom": "", "keep": "", "id_type": ""} | row for row in rows])
    assert registrations(service) == registrations(other_service)
    assert contacts(service) == contacts(other_service)
    assert (done.rows, done.created, done.changed, done.is_new) == (11, 6, 5, True)
    persons = "SELECT count(*) FROM persons"
    assert fetch(service.database, persons) == fetch(other_service.database, persons) == [(8,)]


def indexes_and_guards(service: Service) -> list[tuple[Any, ...]]:
    if service.database.is_sqlite:
        return fetch(
            service.database, "SELECT name, sql FROM sqlite_master WHERE type <> 'table' ORDER BY name"
        )
    return [
        *fetch(
            service.database,
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
        ),
        *fetch(
            service.database,
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY conname, conrelid",
        ),
        *fetch(
            service.database,
            "SELECT tgname, tgenabled::text FROM pg_trigger ORDER BY tgname",
        ),
    ]


def fill_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "_FROM_LINES", 2)
    monkeypatch.setattr(filling, "_TIMES", 1)


def test_which_file_is_worth_filling_tables_before_their_indexes(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    open_round(service)
    for person in make_people(2):
        register(service, person)
    monkeypatch.setattr(filling, "_FROM_LINES", 100)
    with service.database.reading() as c:
        assert filling.is_worth_filling(c, 100) != service.database.is_sqlite
        assert not filling.is_worth_filling(c, 99), "small"
    with service.database.writing() as c:
        c.exec_driver_sql("DELETE FROM registrations")
    monkeypatch.setattr(filling, "_FROM_LINES", 2)
    with service.database.reading() as c:
        assert not filling.is_worth_filling(c, 99), "two documents stand, and 99 is not fifty times as many"


def test_a_large_file_comes_out_the_same_and_leaves_every_index_and_guard(
    service: Service, other_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    people = make_people(8)
    for each in (service, other_service):
        prepare(each, people)
    done = import_rows(other_service, tmp_path, rows_of(people))
    stood = indexes_and_guards(service)
    fill_always(monkeypatch)
    assert import_rows(service, tmp_path, rows_of(people)) == done
    assert registrations(service) == registrations(other_service)
    assert contacts(service) == contacts(other_service)
    persons = "SELECT count(*) FROM persons"
    assert fetch(service.database, persons) == fetch(other_service.database, persons) == [(8,)]
    assert indexes_and_guards(service) == stood
    double = (
        "INSERT INTO registrations (round_id, number, person_id, status, id_digest, name_digest, key_version, contact,"
        " for_whom, is_keeping, district, reach, choices, seal, registered_at, changed_at, draw, ledger_size,"
        " entered_by) SELECT round_id, 'A', person_id, status, id_digest, name_digest, key_version, contact, for_whom,"
        " is_keeping, district, reach, choices, seal, registered_at, changed_at, draw, ledger_size, entered_by"
        " FROM registrations LIMIT 1"
    )
    assert refusal(service.database, double) is not None


def test_a_large_file_with_bad_lines_leaves_everything_as_it_was(
    postgres_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    people = make_people(8)
    prepare(postgres_service, people)
    fill_always(monkeypatch)
    stood = (registrations(postgres_service), indexes_and_guards(postgres_service))
    monkeypatch.setattr(office_csv, "BLOCK_BYTES", 200)
    with pytest.raises(ImportRefused) as refused:
        import_rows(postgres_service, tmp_path, [*rows_of(people), {"sex": "X"}, *rows_of(people)[:3]])
    assert {bad.line for bad in refused.value.bad_rows} == {13}
    assert (registrations(postgres_service), indexes_and_guards(postgres_service)) == stood


@pytest.mark.parametrize(
    ("broken", "refused"),
    [
        ("UPDATE registrations SET person_id = (SELECT min(person_id) FROM documents)", "uq_registrations"),
        ("UPDATE documents SET id_digest = 'same'", "pk_documents"),
        ("UPDATE registrations SET number = 'A'", "pk_registrations"),
        ("DELETE FROM persons WHERE id = (SELECT min(id) FROM persons)", "documents belong to persons"),
        (
            "WITH gone AS (DELETE FROM documents RETURNING person_id)"
            " DELETE FROM persons WHERE id IN (SELECT min(person_id) FROM gone)",
            "registrations belong to persons",
        ),
    ],
)
def test_what_indexes_and_guards_keep_is_looked_at_when_they_are_put_back(
    postgres_service: Service, broken: str, refused: str
):
    open_round(postgres_service)
    for person in make_people(2):
        register(postgres_service, person)
    stood = (registrations(postgres_service), indexes_and_guards(postgres_service))

    with (
        pytest.raises(IntegrityError, match=refused),
        postgres_service.database.writing() as c,
        filling.unindexed(c),
    ):
        c.exec_driver_sql("ALTER TABLE registrations DISABLE TRIGGER registrations_keep_person")
        c.exec_driver_sql(broken)
    assert (registrations(postgres_service), indexes_and_guards(postgres_service)) == stood


def test_a_file_worked_on_in_pieces_comes_out_as_one_worked_on_at_once(
    service: Service, other_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    people = make_people(8)
    for each in (service, other_service):
        prepare(each, people)
    import_rows(service, tmp_path, rows_of(people))
    monkeypatch.setattr(office_csv, "BLOCK_BYTES", 200)
    with pytest.raises(ImportRefused) as refused:
        import_rows(other_service, tmp_path, [*rows_of(people), {"sex": "X"}, *rows_of(people)[:3]])
    assert {bad.line for bad in refused.value.bad_rows} == {13}
    import_rows(other_service, tmp_path, rows_of(people))
    assert registrations(service) == registrations(other_service)
    assert contacts(service) == contacts(other_service)


def test_a_file_after_another_changes_what_the_first_one_registered(
    service: Service, other_service: Service, tmp_path: Path
):
    people = make_people(8)
    first = [application_fields(each) for each in people]
    second = [application_fields(each, choices="", reach="city") for each in people[2:6]]
    for each in (service, other_service):
        open_round(each)
    for rows in (first, second):
        done = import_rows(service, tmp_path, rows)
        register_one_by_one(other_service, rows)
        for each in (service, other_service):
            pass_time(each, minutes=3)
    assert (done.created, done.changed) == (0, 4)
    assert registrations(service) == registrations(other_service)
    assert contacts(service) == contacts(other_service)


@pytest.fixture(params=["staged", "filled"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a file taken as a small one and as a large one."""
    if request.param == "filled":
        fill_always(monkeypatch)


@pytest.mark.usefixtures("_either_way")
def test_numbers_that_collide_are_passed_over_as_one_by_one(
    service: Service, other_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    people = make_people(6)
    derive = registration_number
    shared = {people[0].canonical: 0, people[1].canonical: 0, people[2].canonical: 0, people[4].canonical: 4}
    shared[people[5].canonical] = 4

    def collide(key: Any, canonical: str, attempt: int = 0) -> str:
        if canonical in shared and attempt == 0:
            return derive(key, people[shared[canonical]].canonical, 0)
        return derive(key, canonical, attempt)

    def collide_all(key: Any, canonicals: Sequence[str]) -> list[str]:
        return [collide(key, canonical) for canonical in canonicals]

    monkeypatch.setattr(registering, "registration_number", collide)
    monkeypatch.setattr(sealing, "registration_numbers", collide_all)
    rows = [application_fields(each) for each in people[1:]]
    for each in (service, other_service):
        open_round(each)
        register(each, people[0])
        pass_time(each, minutes=1)
    assert import_rows(service, tmp_path, rows).created == 5
    register_one_by_one(other_service, rows)
    assert registrations(service) == registrations(other_service)
    numbers = {row[0] for row in registrations(service)}
    key = service.keys.round_keys(ROUND).number
    assert {derive(key, people[nth].canonical, 1) for nth in (1, 2, 5)} < numbers
    # Those who were passed over are found again by a later file, under their own number.
    again = import_rows(service, tmp_path, [application_fields(each, phone="") for each in people[1:3]])
    assert (again.created, again.changed) == (0, 2)
    assert {row[0] for row in registrations(service)} == numbers


@pytest.mark.usefixtures("_either_way")
def test_documents_linked_by_a_register_are_one_person_within_a_file(service: Service, tmp_path: Path):
    open_round(service)
    (person,) = make_people(1, start=2)
    linked = register_row("household", person, other_id_type="passport", other_id_number="GBR:123456789")
    import_people(service, "household", [linked])
    wishes = {"district": "huli", "reach": "city", "choices": "", "phone": ""}
    done = import_rows(service, tmp_path, [PASSPORT | wishes, application_fields(person)])
    assert (done.created, done.changed) == (1, 1)
    key = service.keys.round_keys(ROUND).number
    passport = read_document("GBR:123456789", "passport", today=TODAY)
    ((number, choices),) = fetch(service.database, "SELECT number, choices FROM registrations")
    assert (number, choices) == (
        registration_number(key, passport.canonical),
        application_fields(person)["choices"],
    )


@pytest.mark.usefixtures("_either_way")
def test_the_document_that_came_first_gives_the_number_and_the_last_line_the_wishes(
    service: Service, tmp_path: Path
):
    open_round(service)
    (person,) = make_people(1, start=2)
    linked = register_row("household", person, other_id_type="passport", other_id_number="GBR:123456789")
    import_people(service, "household", [linked])
    rows = [
        application_fields(person, district="huli", reach="city", choices=""),
        PASSPORT | {"district": "siming", "reach": "city", "choices": "", "phone": ""},
        application_fields(person, district="huli", reach="district", choices=""),
    ]
    done = import_rows(service, tmp_path, rows)
    assert (done.rows, done.created, done.changed) == (3, 1, 2)
    found = fetch(service.database, "SELECT number, district, reach FROM registrations")
    key = service.keys.round_keys(ROUND).number
    assert found == [(registration_number(key, person.canonical), "huli", "district")]
    assert fetch(service.database, "SELECT count(*) FROM documents") == [(2,)]


@pytest.mark.usefixtures("_either_way")
@pytest.mark.parametrize(("order", "persons"), [("123", 1), ("213", 1), ("132", 2)])
def test_links_of_two_registers_are_followed_through_a_document_that_came_before(
    service: Service, tmp_path: Path, order: str, persons: int
):
    """One register links the first document with the second, another the second with the third."""
    open_round(service)
    first, second = make_people(2, start=2)
    of_first = register_row("household", first, other_id_type="居民身份证", other_id_number=second.id_number)
    of_second = register_row("insurance", second, other_id_type="passport", other_id_number="GBR:123456789")
    import_people(service, "household", [of_first])
    import_people(service, "insurance", [of_second])
    wishes = {"district": "huli", "reach": "city", "choices": "", "phone": ""}
    lines = {"1": application_fields(first), "2": application_fields(second), "3": PASSPORT | wishes}
    import_rows(service, tmp_path, [lines[each] for each in order])
    assert fetch(service.database, "SELECT count(*) FROM persons") == [(persons,)]


@pytest.mark.usefixtures("_either_way")
def test_a_person_of_an_earlier_round_is_known_again(service: Service, tmp_path: Path):
    open_round(service)
    people = make_people(3)
    register(service, people[0])
    with service.database.writing() as c:
        c.exec_driver_sql("DELETE FROM registrations")
    (known,) = fetch(service.database, "SELECT person_id FROM documents")
    assert import_rows(service, tmp_path, people).created == 3
    assert known in fetch(service.database, "SELECT person_id FROM registrations")
    assert fetch(service.database, "SELECT count(*) FROM persons") == [(3,)]


def test_bad_lines_are_listed_and_nothing_is_imported(service: Service, tmp_path: Path):
    open_round(service)
    people = make_people(5)
    register(service, people[0])
    before = registrations(service)
    rows = [
        application_fields(people[0], reach="city"),
        application_fields(people[1], id_number=people[1].id_number[:-1] + "?"),
        application_fields(people[2]),
        application_fields(people[3], phone="12345", district="nowhere"),
        application_fields(people[4], choices="huli-1|huli-1"),
    ]
    with pytest.raises(ImportRefused, match="3 of 5 lines") as refused:
        import_rows(service, tmp_path, rows)
    assert (refused.value.code, refused.value.file, refused.value.line) == (
        "bad-rows",
        "registrations.csv",
        3,
    )
    assert [(bad.line, bad.code) for bad in refused.value.bad_rows] == [
        (3, "bad-document"),
        (5, "bad-phone"),
        (5, "unknown-district"),
        (6, "store-twice"),
    ]
    assert refused.value.count == 3
    assert registrations(service) == before
    assert fetch(service.database, "SELECT count(*) FROM persons") == [(1,)]
    assert fetch(service.database, "SELECT count(*) FROM registration_files") == [(0,)]
    # Mended, the same file goes in.
    good = [rows[0], rows[2], *(application_fields(each) for each in (people[1], people[3], people[4]))]
    assert import_rows(service, tmp_path, good).created == 4


def test_a_file_that_a_spreadsheet_spoilt_is_named_so(service: Service, tmp_path: Path):
    open_round(service)
    rows = [application_fields(each, id_number=f"{each.id_number[:15]}000") for each in make_people(20)]
    with pytest.raises(ImportRefused, match="spreadsheet has spoilt") as refused:
        import_rows(service, tmp_path, rows)
    assert refused.value.code == "mangled-by-spreadsheet"
    assert registrations(service) == []


def test_the_same_bytes_are_taken_once(service: Service, tmp_path: Path):
    open_round(service)
    people = make_people(4)
    first = import_rows(service, tmp_path, people)
    before = registrations(service)
    pass_time(service, hours=1)
    again = import_rows(service, tmp_path, people)
    assert (first.is_new, again.is_new) == (True, False)
    assert (
        (again.rows, again.created, again.changed) == (first.rows, first.created, first.changed) == (4, 4, 0)
    )
    assert registrations(service) == before


def test_an_office_may_write_in_gb18030_with_chinese_headers(service: Service, tmp_path: Path):
    open_round(service)
    (person,) = make_people(1)
    header = "证件号码,姓名,出生日期,性别,手机号码,区,范围,门店,为谁登记,保留意愿"
    line = f"{person.id_number},陈䶮〇,,,{person.phone},siming,本区,siming-1|huli-1,父母,是"
    path = tmp_path / "登记.csv"
    path.write_bytes(f"{header}\r\n{line}\r\n".encode("gb18030"))
    assert import_registrations(service, COUNTER, ROUND, path).created == 1
    (contact,) = contacts(service)
    assert contact.name == "陈䶮〇"
    ((reach, choices, whom, is_keeping),) = fetch(
        service.database, "SELECT reach, choices, for_whom, is_keeping FROM registrations"
    )
    assert (reach, choices, whom, bool(is_keeping)) == ("district", "siming-1|huli-1", "parent", True)


def test_progress_is_told_in_bytes_of_the_file(service: Service, tmp_path: Path):
    open_round(service)
    told: list[tuple[int, int]] = []
    path = write_registrations(tmp_path / "r.csv", make_people(3))
    import_registrations(
        service, COUNTER, ROUND, path, progress=lambda done, total: told.append((done, total))
    )
    size = path.stat().st_size
    assert told[-1] == (size, size)
    assert all(0 <= done <= size == total for done, total in told)


def test_an_empty_file_registers_nobody(service: Service, tmp_path: Path):
    open_round(service)
    assert import_rows(service, tmp_path, []).rows == 0


def test_nothing_is_imported_once_registration_is_closed(service: Service, tmp_path: Path):
    play_to(service, DrawStatus.CLOSED)
    before = registrations(service)
    with pytest.raises(StepRefused) as refused:
        import_rows(service, tmp_path, make_people(2, start=50))
    assert refused.value.code == "registration-closed"
    assert registrations(service) == before
