"""Queries on the one-time codes sent to phones."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import phone_codes

_P = phone_codes.c


def insert_code(c: Transaction, values: dict[str, Any]) -> None:
    """Insert a code."""
    c.execute(insert(phone_codes).values(**values))


def count_sent(c: Transaction, phone_digest: bytes, since: datetime) -> int:
    """Count the codes that were sent to a phone after a moment."""
    where = (_P.phone_digest == phone_digest, _P.created_at > since, _P.is_decoy.is_(False))
    return int(c.execute(select(func.count()).select_from(phone_codes).where(*where)).scalar_one())


def is_open(c: Transaction, code_id: str, phone_digest: bytes, attempts: int, now: datetime) -> bool:
    """Tell whether a code sent to this phone can still be used, and was not tried so often."""
    where = (_P.id == code_id, _P.phone_digest == phone_digest, *_usable(attempts, now))
    return c.execute(select(_P.id).where(*where)).one_or_none() is not None


def count_attempt(c: Transaction, code_id: str, attempts: int, now: datetime) -> Any | None:
    """Count an attempt at a code that can still be used; gives its row, or None where it cannot.

    The row stays locked until the transaction ends, so that guesses at the same time are counted one by one.
    """
    statement = update(phone_codes).where(_P.id == code_id, *_usable(attempts, now))
    return c.execute(statement.values(attempts=_P.attempts + 1).returning(phone_codes)).one_or_none()


def attempts_at(c: Transaction, code_id: str) -> int | None:
    """Give how often a code was tried; None where there is none."""
    found: int | None = c.execute(select(_P.attempts).where(_P.id == code_id)).scalar_one_or_none()
    return found


def use_code(c: Transaction, code_id: str, now: datetime) -> bool:
    """Use a code up; tells whether it had not been."""
    where = (_P.id == code_id, _P.used_at.is_(None))
    return c.execute(update(phone_codes).where(*where).values(used_at=now)).rowcount == 1


def delete_expired(c: Transaction, until: datetime) -> int:
    """Delete the codes that expired by a moment; gives how many."""
    return int(c.execute(delete(phone_codes).where(_P.expires_at <= until)).rowcount)


def _usable(attempts: int, now: datetime) -> tuple[Any, ...]:
    return (_P.attempts < attempts, _P.used_at.is_(None), _P.expires_at > now)
