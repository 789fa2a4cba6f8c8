"""Queries on those who agreed to be carried over into the next round."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from maskres.db.tables import documents, persons, registrations


def select_kept(round_id: int) -> Select[Any]:
    """Select the persons whose wishes are kept and who are not registered in a round."""
    registered = (
        select(registrations.c.number)
        .where(registrations.c.round_id == round_id, registrations.c.person_id == persons.c.id)
        .exists()
    )
    return (
        select(
            persons.c.id,
            persons.c.kept_contact,
            persons.c.kept_wishes,
            documents.c.id_digest,
            documents.c.canonical,
        )
        .join(documents, documents.c.id_digest == persons.c.kept_digest)
        .where(persons.c.kept_wishes.is_not(None), ~registered)
        .order_by(persons.c.id)
    )
