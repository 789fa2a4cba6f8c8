"""Queries on the tokens of partners' systems and tills."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import api_tokens

_T = api_tokens.c


def insert_token(c: Transaction, values: dict[str, Any]) -> Any:
    """Insert a token and give its row."""
    return c.execute(insert(api_tokens).values(**values).returning(api_tokens)).one()


def find_named(c: Transaction, name: str) -> Any | None:
    """Give a token's row by its name, a revoked one too."""
    return c.execute(select(api_tokens).where(_T.name == name)).one_or_none()


def find_in_use(c: Transaction, digest: bytes) -> Any | None:
    """Give the row of a token by its digest, unless it was revoked."""
    statement = select(api_tokens).where(_T.token_digest == digest, _T.revoked_at.is_(None))
    return c.execute(statement).one_or_none()


def list_tokens(c: Transaction) -> list[Any]:
    """Give all tokens' rows, by name."""
    return list(c.execute(select(api_tokens).order_by(_T.name)))


def revoke_token(c: Transaction, name: str, now: datetime) -> bool:
    """Revoke a token; tells whether it was in use."""
    where = (_T.name == name, _T.revoked_at.is_(None))
    return c.execute(update(api_tokens).where(*where).values(revoked_at=now)).rowcount == 1
