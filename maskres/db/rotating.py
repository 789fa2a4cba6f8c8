"""Queries on what still stands under old keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import documents, draws, persons, registrations


def old_documents(c: Transaction, key_version: int, data_version: int, limit: int) -> list[Any]:
    """Give some documents that stand under another index or data key, and lock them."""
    is_old = or_(documents.c.key_version != key_version, documents.c.data_version != data_version)
    return list(c.execute(select(documents).where(is_old).limit(limit).with_for_update()))


def count_old(c: Transaction, key_version: int, data_version: int) -> int:
    """Count the documents that stand under another index or data key."""
    is_old = or_(documents.c.key_version != key_version, documents.c.data_version != data_version)
    return int(c.execute(select(func.count()).select_from(documents).where(is_old)).scalar_one())


def has_old_index(c: Transaction, key_version: int) -> bool:
    """Tell whether any document stands under another index key."""
    statement = select(documents.c.person_id).where(documents.c.key_version != key_version).limit(1)
    return c.execute(statement).one_or_none() is not None


def newest_index(c: Transaction) -> int:
    """Give the newest version of the index key that any document stands under; 0 where there is none."""
    return int(c.execute(select(func.coalesce(func.max(documents.c.key_version), 0))).scalar_one())


def find_document(c: Transaction, id_digest: bytes) -> Any | None:
    """Give a document by its digest, and lock it."""
    statement = select(documents).where(documents.c.id_digest == id_digest)
    return c.execute(statement.with_for_update()).one_or_none()


def replace_document(c: Transaction, old: bytes, values: dict[str, Any]) -> None:
    """Write a document anew."""
    c.execute(update(documents).where(documents.c.id_digest == old).values(**values))


def registrations_of(c: Transaction, person_id: int, id_digest: bytes) -> list[Any]:
    """Give the registrations that a person made with a document."""
    r = registrations.c
    where = (r.person_id == person_id, r.id_digest == id_digest)
    return list(c.execute(select(r.round_id, r.number, r.contact).where(*where)))


def replace_registration(c: Transaction, round_id: int, number: str, values: dict[str, Any]) -> None:
    """Write a registration's personal fields anew."""
    where = (registrations.c.round_id == round_id, registrations.c.number == number)
    c.execute(update(registrations).where(*where).values(**values))


def kept_contact(c: Transaction, person_id: int, id_digest: bytes) -> bytes | None:
    """Give a person's kept contact if it is bound to a document."""
    where = (persons.c.id == person_id, persons.c.kept_digest == id_digest)
    found = c.execute(select(persons.c.kept_contact).where(*where)).scalar_one_or_none()
    return None if found is None else bytes(found)


def replace_kept(c: Transaction, person_id: int, id_digest: bytes, contact: bytes) -> None:
    """Write a person's kept contact anew."""
    values = {"kept_digest": id_digest, "kept_contact": contact}
    c.execute(update(persons).where(persons.c.id == person_id).values(**values))


def has_undecided_draw(c: Transaction) -> bool:
    """Tell whether any draw is closed and not yet committed: its entries are known by the present index key."""
    statement = select(draws.c.id).where(draws.c.status.in_(("closed", "decided"))).limit(1)
    return c.execute(statement).one_or_none() is not None
