"""Queries on persons, their documents and their registrations, one at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, insert, select, update

from maskres.db.bulk import is_among
from maskres.db.engine import Transaction
from maskres.db.tables import documents, identity_links, persons, registrations, repeats
from maskres.errors import InputError


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration as it stands; personal fields encrypted."""

    round_id: int
    number: str
    person_id: int
    is_withdrawn: bool
    id_digest: bytes
    name_digest: bytes
    phone_digest: bytes | None
    key_version: int
    contact: bytes
    age: int | None
    sex: str | None
    for_whom: str
    is_keeping: bool
    district: str
    reach: str
    choices: str
    seal: str
    registered_at: datetime
    changed_at: datetime
    draw: int
    ledger_size: int
    entered_by: str


def linked_digests(c: Transaction, id_digest: bytes) -> list[bytes]:
    """Give the digests of all documents that a register knows to be the same person's, this one included."""
    ours, theirs = identity_links.alias(), identity_links.alias()
    same_group = and_(theirs.c.version_id == ours.c.version_id, theirs.c.group_digest == ours.c.group_digest)
    statement = select(theirs.c.id_digest).join(ours, same_group).where(ours.c.id_digest == id_digest)
    return sorted({id_digest, *(bytes(digest) for digest in c.execute(statement).scalars())})


def find_person(c: Transaction, digests: list[bytes]) -> int | None:
    """Find the person who holds any of some documents; the first known of them decides."""
    statement = select(documents.c.id_digest, documents.c.person_id).where(documents.c.id_digest.in_(digests))
    found = {bytes(row.id_digest): int(row.person_id) for row in c.execute(statement)}
    return next((found[digest] for digest in digests if digest in found), None)


def insert_person(c: Transaction, person_id: int) -> None:
    """Insert a person of whom nothing is known yet."""
    c.execute(insert(persons).values(id=person_id))


def insert_document(
    c: Transaction, id_digest: bytes, key_version: int, data_version: int, person_id: int, canonical: bytes
) -> None:
    """Insert a document of a person, its canonical id encrypted."""
    versions = {"key_version": key_version, "data_version": data_version}
    c.execute(
        insert(documents).values(id_digest=id_digest, person_id=person_id, canonical=canonical, **versions)
    )


def document_of(c: Transaction, id_digest: bytes) -> bytes:
    """Give the encrypted canonical id of a document."""
    return bytes(
        c.execute(select(documents.c.canonical).where(documents.c.id_digest == id_digest)).scalar_one()
    )


def documents_of(c: Transaction, id_digests: Collection[bytes]) -> dict[bytes, bytes]:
    """Give the encrypted canonical ids of documents by their digests."""
    statement = select(documents.c.id_digest, documents.c.canonical)
    found = c.execute(statement.where(is_among(c, documents.c.id_digest, id_digests)))
    return {bytes(row.id_digest): bytes(row.canonical) for row in found}


def has_document(c: Transaction, id_digest: bytes) -> bool:
    """Tell whether a document is known."""
    where = documents.c.id_digest == id_digest
    return c.execute(select(documents.c.person_id).where(where)).one_or_none() is not None


def find_registration(c: Transaction, round_id: int, number: str) -> Registration:
    """Find a registration by its number.

    Raises:
        InputError: "unknown-number".
    """
    where = (registrations.c.round_id == round_id, registrations.c.number == number)
    row = c.execute(select(registrations).where(*where)).one_or_none()
    if row is None:
        raise InputError(
            "unknown-number", "Nobody is registered under this number in this round.", field="number"
        )
    return _registration(row)


def find_registrations(c: Transaction, round_id: int, numbers: Collection[str]) -> dict[str, Registration]:
    """Give the registrations of those of some numbers that somebody has."""
    where = (registrations.c.round_id == round_id, is_among(c, registrations.c.number, numbers))
    return {row.number: _registration(row) for row in c.execute(select(registrations).where(*where))}


def registration_of_person(c: Transaction, round_id: int, person_id: int) -> Registration | None:
    """Give a person's registration in a round, if there is one."""
    where = (registrations.c.round_id == round_id, registrations.c.person_id == person_id)
    row = c.execute(select(registrations).where(*where)).one_or_none()
    return None if row is None else _registration(row)


def holder_of(c: Transaction, round_id: int, number: str) -> bytes | None:
    """Give the digest of the document that holds a number in a round, or None where it is free."""
    where = (registrations.c.round_id == round_id, registrations.c.number == number)
    found = c.execute(select(registrations.c.id_digest).where(*where)).scalar_one_or_none()
    return None if found is None else bytes(found)


def count_by_phone(c: Transaction, round_id: int, phone_digests: Collection[bytes]) -> int:
    """Count the people of a round whom one phone has registered, or tried to: withdrawn ones and repeats included."""
    by_phone = registrations.c.phone_digest.in_(phone_digests)
    registered = select(func.count()).where(registrations.c.round_id == round_id, by_phone)
    tried = select(func.count()).where(
        repeats.c.round_id == round_id, repeats.c.phone_digest.in_(phone_digests)
    )
    statement = select(registered.scalar_subquery() + tried.scalar_subquery())
    return int(c.execute(statement).scalar_one())


def has_repeated(c: Transaction, standing: Registration, phone_digests: Collection[bytes]) -> bool:
    """Tell whether a phone has tried before to register somebody whom another one had."""
    where = (repeats.c.round_id == standing.round_id, repeats.c.number == standing.number)
    statement = select(repeats.c.number).where(*where, repeats.c.phone_digest.in_(phone_digests))
    return c.execute(statement.limit(1)).one_or_none() is not None


def insert_repeat(c: Transaction, standing: Registration, phone_digest: bytes) -> None:
    """Note that a phone tried to register somebody whom another one had."""
    values = {"round_id": standing.round_id, "number": standing.number, "phone_digest": phone_digest}
    c.execute(insert(repeats).values(**values))


def insert_registration(c: Transaction, values: dict[str, Any]) -> None:
    """Insert a standing registration."""
    c.execute(insert(registrations).values(**values, status="standing"))


def update_registration(c: Transaction, registration: Registration, values: dict[str, Any]) -> None:
    """Change a registration."""
    where = (registrations.c.round_id == registration.round_id, registrations.c.number == registration.number)
    c.execute(update(registrations).where(*where).values(**values))


def count_registrations(c: Transaction, round_id: int) -> tuple[int, int]:
    """Count the standing and the withdrawn registrations of a round."""
    statement = select(registrations.c.status, func.count()).where(registrations.c.round_id == round_id)
    found = {row[0]: row[1] for row in c.execute(statement.group_by(registrations.c.status))}
    return found.get("standing", 0), found.get("withdrawn", 0)


def find_win(c: Transaction, person_id: int) -> tuple[datetime | None, int | None]:
    """Give a person's last win: when, and in which draw."""
    row = c.execute(
        select(persons.c.last_win_at, persons.c.last_win_draw_id).where(persons.c.id == person_id)
    ).one()
    return row.last_win_at, row.last_win_draw_id


def grant_bonus_ticket(c: Transaction, person_id: int) -> None:
    """Grant a ticket in the next round, for a claim that came too late for this one."""
    c.execute(
        update(persons).where(persons.c.id == person_id).values(bonus_tickets=persons.c.bonus_tickets + 1)
    )


def _registration(row: Row[Any]) -> Registration:
    values = dict(row._mapping)
    is_withdrawn = values.pop("status") == "withdrawn"
    for name in ("id_digest", "name_digest", "phone_digest", "contact"):
        values[name] = None if values[name] is None else bytes(values[name])
    return Registration(is_withdrawn=is_withdrawn, **values)


def count_by_district(c: Transaction, round_id: int) -> dict[str, int]:
    """Count the standing registrations of a round by district."""
    where = (registrations.c.round_id == round_id, registrations.c.status == "standing")
    statement = select(registrations.c.district, func.count()).where(*where)
    grouped = statement.group_by(registrations.c.district).order_by(registrations.c.district)
    return {row[0]: row[1] for row in c.execute(grouped)}
