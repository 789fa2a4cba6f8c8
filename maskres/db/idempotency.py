"""Queries on requests that must not be done twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maskres.db.engine import Transaction
from maskres.db.tables import idempotency_keys

_I = idempotency_keys.c


def insert_key(c: Transaction, values: Mapping[str, Any]) -> bool:
    """Insert a key with its holder; tells whether there was none."""
    build = postgresql.insert if c.dialect.name == "postgresql" else sqlite.insert
    statement = build(idempotency_keys).values(**values).on_conflict_do_nothing().returning(_I.key)
    return c.execute(statement).one_or_none() is not None


def find_key(c: Transaction, scope: str, key: str) -> Any | None:
    """Give a key's row."""
    where = (_I.scope == scope, _I.key == key)
    return c.execute(select(idempotency_keys).where(*where)).one_or_none()


def take_over(c: Transaction, row: Any, values: Mapping[str, Any]) -> bool:
    """Give a key to a new holder if it stands as it was seen; tells whether it did."""
    is_as_seen = (_I.holder == row.holder, _I.status.is_not_distinct_from(row.status))
    where = (_I.scope == row.scope, _I.key == row.key, *is_as_seen)
    return c.execute(update(idempotency_keys).where(*where).values(**values)).rowcount == 1


def write_answer(c: Transaction, scope: str, key: str, holder: str, values: Mapping[str, Any]) -> bool:
    """Write the answer as the holder; tells whether the key is still theirs and has none."""
    where = (_I.scope == scope, _I.key == key, _I.holder == holder, _I.status.is_(None))
    return c.execute(update(idempotency_keys).where(*where).values(**values)).rowcount == 1


def delete_held(c: Transaction, scope: str, key: str, holder: str) -> None:
    """Delete a key that has no answer, as its holder."""
    where = (_I.scope == scope, _I.key == key, _I.holder == holder, _I.status.is_(None))
    c.execute(delete(idempotency_keys).where(*where))


def delete_expired(c: Transaction, now: datetime) -> int:
    """Delete the keys whose time is over; gives how many."""
    return int(c.execute(delete(idempotency_keys).where(_I.expires_at <= now)).rowcount)
