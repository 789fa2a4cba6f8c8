"""Importing an authority's list: a new version whole, or nothing; never an id number in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from maskres.db import register_index
from maskres.eligibility.periods import day_number
from maskres.errors import InputError
from maskres.formats import office_csv
from maskres.identity.digests import id_digest, name_digest
from maskres.identity.names import matching_name
from maskres.rehearsal.parts import SeededKeys
from maskres.rounds.status import DrawStatus
from maskres.usecases.eligibility.registers import ImportedRegister, import_register, list_registers
from maskres.usecases.imports import ImportRefused
from maskres.usecases.service import Service
from tests.support.people import make_people, register_row, write_register
from tests.support.raw import fetch
from tests.support.world import OPERATOR, REGISTER_DATE, import_people, make_service, pass_time, play_to

ROWS = (
    "SELECT v.kind, r.valid_from, r.valid_until, r.months, r.is_deceased, r.line FROM register_rows r"
    " JOIN register_versions v ON v.id = r.version_id ORDER BY v.kind, r.line"
)
#: The months of 2019 seen from February 2020: bits 2 to 13.
MONTHS_OF_2019 = ((1 << 12) - 1) << 2


class NewerKeys(SeededKeys):
    """The same keys after the index key was changed."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        object.__setattr__(self._deployment, "index", {**self._deployment.index, 2: bytes(32)})


def import_rows(
    service: Service, folder: Path, kind: str, rows: Any, as_of: date = REGISTER_DATE, **options: Any
) -> ImportedRegister:
    path = write_register(folder / f"{kind}.csv", kind, rows, **options)
    return import_register(service, OPERATOR, kind, path, as_of)


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def test_all_three_kinds_become_facts_by_line(service: Service, tmp_path: Path):
    one, other = make_people(2)
    household = [
        register_row("household", one),
        register_row("household", other, moved_in="", moved_out="2019-12-31", died_on="2019-12-30"),
    ]
    employment = [register_row("employment", one, employed_from="2019/7/1", employed_until="2020-03-31")]
    for kind, rows in (("household", household), ("insurance", [one]), ("employment", employment)):
        imported = import_rows(service, tmp_path, kind, rows)
        assert (imported.is_new, imported.version.version, imported.version.rows) == (True, 1, len(rows))
    found = [(*row[:4], bool(row[4]), row[5]) for row in fetch(service.database, ROWS)]
    assert found == [
        ("employment", day("2019-07-01"), day("2020-03-31"), 0, False, 2),
        ("household", day("2001-05-01"), None, 0, False, 2),
        ("household", None, day("2019-12-31"), 0, True, 3),
        ("insurance", None, None, MONTHS_OF_2019, False, 2),
    ]


def test_a_row_is_found_by_keyed_digests_alone(service: Service, tmp_path: Path):
    (person,) = make_people(1)
    import_rows(service, tmp_path, "household", [person])
    key = service.index_key
    ((found, name),) = fetch(service.database, "SELECT id_digest, name_digest FROM register_rows")
    assert bytes(found) == id_digest(key, person.canonical)
    assert bytes(name) == name_digest(key, person.canonical, matching_name(person.name))


def test_versions_count_up_kind_by_kind(service: Service, tmp_path: Path):
    people = make_people(3)
    import_rows(service, tmp_path, "household", people[:2])
    import_rows(service, tmp_path, "insurance", people[:1])
    pass_time(service, hours=1)
    third = import_rows(service, tmp_path, "household", people)
    assert (third.version.version, third.version.rows, third.version.imported_by) == (2, 3, OPERATOR.name)
    assert third.version.imported_at == pass_time(service)
    assert [(each.kind, each.version, each.rows) for each in list_registers(service)] == [
        ("household", 1, 2),
        ("household", 2, 3),
        ("insurance", 1, 1),
    ]
    assert fetch(service.database, "SELECT count(*) FROM register_rows") == [(6,)]


def test_the_same_file_is_imported_once_and_again_where_something_else_is_new(
    service: Service, tmp_path: Path
):
    people = make_people(2)
    first = import_rows(service, tmp_path, "household", people)
    again = import_rows(service, tmp_path, "household", people)
    assert (again.is_new, again.version) == (False, first.version)
    later = import_rows(service, tmp_path, "household", people, as_of=date(2020, 2, 7))
    assert (later.is_new, later.version.version) == (True, 2)
    assert import_rows(service, tmp_path, "household", people[:1]).version.version == 3
    # An older file handed in again is the newest word of the authority.
    assert import_rows(service, tmp_path, "household", people).version.version == 4


def test_bad_lines_are_listed_and_nothing_is_imported(service: Service, tmp_path: Path):
    people = make_people(6)
    rows = [
        register_row("household", people[0]),
        register_row("household", people[1], moved_in="31.12.2019"),
        register_row("household", people[2], id_number=people[2].id_number[:-1]),
        register_row("household", people[3], died_on="2020-02-07"),  # after the register stood
        register_row("household", people[4], name=""),
        register_row("household", people[5]),
    ]
    with pytest.raises(ImportRefused, match="4 of 6 lines") as refused:
        import_rows(service, tmp_path, "household", rows)
    assert (refused.value.code, refused.value.file, refused.value.line) == ("bad-rows", "household.csv", 3)
    assert [bad.line for bad in refused.value.bad_rows] == [3, 4, 5, 6]
    for table in ("register_rows", "register_versions", "identity_links"):
        assert fetch(service.database, f"SELECT count(*) FROM {table}") == [(0,)]
    assert import_rows(service, tmp_path, "household", people).version.version == 1


def test_a_file_that_a_spreadsheet_spoilt_is_named_so(service: Service, tmp_path: Path):
    rows = [
        register_row("insurance", each, id_number=f"{each.id_number[:15]}000") for each in make_people(12)
    ]
    with pytest.raises(ImportRefused, match="without opening it in a spreadsheet") as refused:
        import_rows(service, tmp_path, "insurance", rows)
    assert refused.value.code == "mangled-by-spreadsheet"
    assert list_registers(service) == []


def test_an_unknown_register_header_or_encoding_is_named(service: Service, tmp_path: Path):
    path = write_register(tmp_path / "tax.csv", "household", make_people(1))
    with pytest.raises(InputError, match="household, insurance, employment") as unknown:
        import_register(service, OPERATOR, "tax", path, REGISTER_DATE)
    assert unknown.value.code == "unknown-register"
    with pytest.raises(InputError) as header:
        import_register(service, OPERATOR, "insurance", path, REGISTER_DATE)
    assert (header.value.code, header.value.file) == ("bad-header", "tax.csv")
    path.write_bytes(path.read_bytes() + b"\xff\xfe\xff,x\n")
    with pytest.raises(InputError) as encoding:
        import_register(service, OPERATOR, "household", path, REGISTER_DATE)
    assert encoding.value.code == "bad-encoding"
    assert list_registers(service) == []


def test_gb18030_and_utf8_of_one_list_are_the_same_facts(service: Service, tmp_path: Path):
    rows = [register_row("household", each, name=f"䶮{each.name}") for each in make_people(3)]
    import_rows(service, tmp_path, "household", rows)
    import_rows(service, tmp_path, "household", rows, encoding="gb18030")
    found = fetch(
        service.database,
        "SELECT version, count(*), count(DISTINCT name_digest) FROM register_rows JOIN register_versions"
        " ON id = version_id GROUP BY version ORDER BY version",
    )
    assert found == [(1, 3, 3), (2, 3, 3)]
    assert fetch(service.database, "SELECT count(DISTINCT name_digest) FROM register_rows") == [(3,)]


def test_a_second_document_is_a_row_of_its_own_and_a_link(service: Service, tmp_path: Path):
    one, other = make_people(2)
    row = register_row("insurance", one, other_id_type="passport", other_id_number="GBR:123456789")
    itself = register_row("insurance", other, other_id_type="", other_id_number=other.id_number.lower())
    imported = import_rows(service, tmp_path, "insurance", [row, itself])
    assert imported.version.rows == 2
    key = service.index_key
    digests = {id_digest(key, one.canonical), id_digest(key, "PASSPORT:GBR:123456789")}
    links = fetch(service.database, "SELECT id_digest, group_digest FROM identity_links")
    assert {bytes(link[0]) for link in links} == digests
    assert len({bytes(link[1]) for link in links}) == 1
    rows = fetch(service.database, "SELECT id_digest, months, line FROM register_rows ORDER BY line")
    assert {bytes(row[0]) for row in rows[:2]} == digests
    assert [row[1:] for row in rows] == [(MONTHS_OF_2019, 2), (MONTHS_OF_2019, 2), (MONTHS_OF_2019, 3)]


def test_months_of_several_rows_are_united(service: Service):
    """Six months in two rows that overlap are six, five are five, and a row under another name counts nothing."""
    people = make_people(4, start=1)
    play_to(service, DrawStatus.OPEN, people=people)
    halves = (("2019-03", "2019-06"), ("2019-05", "2019-08"))  # March to August: six
    rows = [register_row("insurance", people[0], paid_from=a, paid_until=b) for a, b in halves]
    fewer = (("2019-03", "2019-05"), ("2019-04", "2019-07"))  # March to July: five
    rows += [register_row("insurance", people[1], paid_from=a, paid_until=b) for a, b in fewer]
    rows += [register_row("insurance", people[2], paid_from="2019-03", paid_until="2019-05")]
    rows += [
        register_row("insurance", people[2], name="别人", paid_from="2019-06", paid_until="2019-12"),
    ]
    import_people(service, "insurance", rows)
    import_people(service, "household", [])
    play_to(service, DrawStatus.DECIDED)
    verdicts = fetch(
        service.database,
        "SELECT r.number, v.is_eligible, v.basis FROM facts f JOIN verdicts v ON v.mask = f.mask"
        " JOIN registrations r ON r.number = f.number",
    )
    numbers = play_to(service, DrawStatus.DECIDED, people=people).numbers
    by_index = {nth: next(row for row in verdicts if row[0] == numbers[nth]) for nth in numbers}
    assert [bool(by_index[nth][1]) for nth in sorted(numbers)] == [True, False, False, False]
    assert by_index[1][2] == "insurance"


def test_a_register_of_an_older_index_key_is_asked_for_again(service: Service, tmp_path: Path):
    first = import_rows(service, tmp_path, "household", make_people(1))
    newer = make_service(service.database)
    object.__setattr__(newer, "keys", NewerKeys("tests"))
    again = import_rows(newer, tmp_path, "household", make_people(1))
    assert (first.version.key_version, again.version.key_version, again.is_new) == (1, 2, True)
    digests = fetch(service.database, "SELECT DISTINCT id_digest FROM register_rows")
    assert len(digests) == 2


def test_a_file_worked_on_in_pieces_comes_out_as_one_worked_on_at_once(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    people = make_people(7)
    rows = [register_row("household", each) for each in people]
    rows[3] = register_row("household", people[3], other_id_type="passport", other_id_number="GBR:123456789")
    import_rows(service, tmp_path, "household", rows)
    monkeypatch.setattr(office_csv, "BLOCK_BYTES", 200)
    with pytest.raises(ImportRefused) as refused:
        import_rows(service, tmp_path, "household", [*rows, register_row("household", people[0], name="")])
    assert [bad.line for bad in refused.value.bad_rows] == [9]
    import_rows(service, tmp_path, "household", rows, as_of=REGISTER_DATE.replace(day=1))
    stored = "SELECT id_digest, name_digest, line FROM register_rows WHERE version_id = {} ORDER BY line, id_digest"
    linked = "SELECT id_digest, group_digest FROM identity_links WHERE version_id = {} ORDER BY id_digest"
    versions = [row[0] for row in fetch(service.database, "SELECT id FROM register_versions ORDER BY id")]
    for query, count in ((stored, 8), (linked, 2)):
        first, second = (plain(fetch(service.database, query.format(version))) for version in versions)
        assert first == second and len(first) == count


def indexes(service: Service) -> list[Any]:
    return fetch(
        service.database,
        "SELECT indexdef FROM pg_indexes WHERE tablename = 'register_rows' ORDER BY indexdef",
    )


def test_a_large_register_comes_out_the_same_and_leaves_its_index(
    postgres_service: Service, sqlite_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    people = make_people(8)
    stood = indexes(postgres_service)
    assert any("ix_register_rows_person" in each for (each,) in stood)
    monkeypatch.setattr(register_index, "_FROM_LINES", 5)
    made: list[str] = []
    event.listen(
        postgres_service.database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: made.append(statement),
    )
    with pytest.raises(ImportRefused):
        import_rows(postgres_service, tmp_path, "household", [*people, {"id_number": "1"}])
    assert indexes(postgres_service) == stood
    assert fetch(postgres_service.database, "SELECT count(*) FROM register_rows") == [(0,)]
    for service in (postgres_service, sqlite_service):
        for kind, rows in (("household", people), ("insurance", people[:2]), ("employment", people[:4])):
            import_rows(service, tmp_path, kind, rows)
    assert fetch(postgres_service.database, ROWS) == fetch(sqlite_service.database, ROWS)
    assert indexes(postgres_service) == stood
    # Refused, taken; the insurance is small, the employment too once it counts its header.
    calls = [each for each in made if register_index.NAME in each]
    assert [each[-6:] for each in calls] == ["false)", "false)", "(true)", "false)", "(true)"]


def test_beside_many_rows_a_register_keeps_its_index(
    postgres_service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import_rows(postgres_service, tmp_path, "household", make_people(8))
    monkeypatch.setattr(register_index, "_FROM_LINES", 2)
    for lines, is_left_away in ((2, True), (1, False)):
        with postgres_service.database.reading() as c:
            assert register_index._is_worth_it(c, lines) == is_left_away
    monkeypatch.setattr(register_index, "_TIMES", 3)
    with postgres_service.database.reading() as c:
        assert not register_index._is_worth_it(c, 2), "eight rows stand, and six would be three times as many"


def plain(rows: Any) -> list[list[Any]]:
    return [[value if isinstance(value, int) else bytes(value) for value in row] for row in rows]
