"""Invented people, their documents, and the files that offices hand in about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from maskres.registration.applications import Application, read_application

#: The districts and stores of the small world: three stores in two districts.
DISTRICTS = ("huli", "siming")
STORES = (
    ("huli-1", "huli"),
    ("siming-1", "siming"),
    ("siming-2", "siming"),
)
STORE_SLUGS = tuple(store for store, _ in STORES)
TODAY = date(2020, 2, 8)

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_HEADERS = {
    "household": ("id_number", "name", "moved_in", "moved_out", "died_on"),
    "insurance": ("id_number", "name", "paid_from", "paid_until"),
    "employment": ("id_number", "name", "employed_from", "employed_until"),
}
_OTHER = ("other_id_type", "other_id_number")
_DEFAULTS = {"paid_from": "2019-01", "paid_until": "2019-12", "moved_in": "2001-05-01"} | {
    "employed_from": "2018-03-01"
}
_APPLICATION = (
    "id_type",
    "id_number",
    "name",
    "birth_date",
    "sex",
    "phone",
    "district",
    "reach",
    "choices",
    "for_whom",
    "keep",
)
_SURNAMES = "陈林黄张李王吴刘蔡杨许郑"
_GIVEN = "建国秀英志强丽华海燕文明"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a resident identity card and a phone.

    Attributes:
        index: whose it is; two people of one index are the same person.
        id_number: 18 characters with the right check symbol.
        name: three characters of Han.
        phone: eleven digits.
        birth_date: as the number shows it.
    """

    index: int
    id_number: str
    name: str
    phone: str
    birth_date: date

    @property
    def canonical(self) -> str:
        """The canonical id: CN-ID:…"""
        return f"CN-ID:{self.id_number}"


def check_symbol(body: str) -> str:
    """Compute the check symbol of seventeen digits (ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]


def make_person(index: int, *, born: date | None = None) -> Person:
    """Invent the person of an index, 0 to 499,999: every fourth is born in 1950, the others in 1985."""
    born = born or date(1950 if index % 4 == 0 else 1985, 3, 1 + index // 500 % 28)
    body = f"3502{3 + index // 14000 % 10:02d}{born:%Y%m%d}{1 + 2 * (index % 500):03d}"
    name = _SURNAMES[index % 12] + _GIVEN[index // 12 % 12] + _GIVEN[index * 5 // 3 % 12]
    return Person(index, body + check_symbol(body), name, f"138{index:08d}", born)


def make_people(count: int, *, start: int = 0) -> list[Person]:
    """Invent as many people, from one index on."""
    return [make_person(index) for index in range(start, start + count)]


def application_fields(person: Person, **changes: str) -> dict[str, str]:
    """Give what a person writes into the form, with some fields changed."""
    return {
        "id_number": person.id_number,
        "name": person.name,
        "phone": person.phone,
        "district": STORES[person.index % 3][1],
        "reach": ("city", "district", "choices")[person.index % 3],
        "choices": STORE_SLUGS[person.index % 3],
    } | changes


def make_application(person: Person, **changes: str) -> Application:
    """Read a person's application; `phone=""` stands for somebody whom staff enter."""
    return read_application(
        application_fields(person, **changes),
        districts=DISTRICTS,
        stores=STORE_SLUGS,
        today=TODAY,
        is_phone_required=False,
    )


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, str]], encoding: str) -> Path:
    """Write an office file of the given columns; members that a row lacks stay empty."""
    lines = [",".join(header), *(",".join(row.get(name, "") for name in header) for row in rows)]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return path


def write_register(
    path: Path, kind: str, rows: Iterable[Person | Mapping[str, str]], *, encoding: str = "utf-8"
) -> Path:
    """Write a register of the kind.

    Args:
        path: where to.
        kind: household, insurance or employment.
        rows: people whose row says that all is well (moved in 2001, paid the whole of 2019, employed since 2018), or
            rows by field. Fields other_id_type and other_id_number are written where a row has them.
        encoding: of the file.
    """
    written = [register_row(kind, row) if isinstance(row, Person) else dict(row) for row in rows]
    other = _OTHER if any("other_id_number" in row for row in written) else ()
    return write_rows(path, _HEADERS[kind] + other, written, encoding)


def register_row(kind: str, person: Person, **changes: str) -> dict[str, str]:
    """Give the row of a person in good standing, with some fields changed."""
    row = {name: _DEFAULTS.get(name, "") for name in _HEADERS[kind]}
    return row | {"id_number": person.id_number, "name": person.name} | changes


def write_registrations(
    path: Path, rows: Iterable[Person | Mapping[str, str]], *, encoding: str = "utf-8"
) -> Path:
    """Write a file of registrations, of people as they would register or of rows by field."""
    written = [application_fields(row) if isinstance(row, Person) else dict(row) for row in rows]
    return write_rows(path, _APPLICATION, written, encoding)


def make_rules(round_slug: str = "xiamen-2020-1", **changes: Any) -> dict[str, Any]:
    """Give the rules of the small round, with some members changed."""
    return {
        "protocol": "maskres-rules-1",
        "round": round_slug,
        "zone": "Asia/Shanghai",
        "goods": "masks",
        "quantity": 5,
        "reference_date": "2020-02-08",
        "bases": [{"register": "household"}, {"register": "insurance", "months": 6, "of_last": 12}],
        "min_age": 0,
        "wait_days": 28,
        "bonus": {"tickets_per_round_waited": 1, "max_tickets": 3},
        "strata": [{"stratum": "elderly", "min_age": 60}, {"stratum": "general"}],
        "draws": 1,
        "challenge_hours": 24,
        "lead_hours": 2,
        "audit_size": 20,
        "entries_per_phone": 3,
        "districts": list(DISTRICTS),
        "personal_data_until": "2020-06-30",
        "person_data_until": "2021-06-30",
    } | changes
