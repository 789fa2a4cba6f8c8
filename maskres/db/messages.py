"""Queries on messages: written with their cause, sent later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maskres.db.engine import Transaction
from maskres.db.tables import messages

_NOBODY = bytes(16)


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message whose turn has come."""

    id: str
    content: bytes
    attempts: int
    expires_at: datetime | None


def insert_message(c: Transaction, values: Mapping[str, Any]) -> bool:
    """Insert a message; tells whether there was none of its `once` yet."""
    build = postgresql.insert if c.dialect.name == "postgresql" else sqlite.insert
    statement = build(messages).values(**values).on_conflict_do_nothing().returning(messages.c.id)
    return c.execute(statement).one_or_none() is not None


def find_once(c: Transaction, once: str) -> str | None:
    """Find the message of a cause."""
    return c.execute(select(messages.c.id).where(messages.c.once == once)).scalar_one_or_none()


def list_due(c: Transaction, now: datetime, limit: int) -> list[DueMessage]:
    """List messages whose turn has come: those first that soon are worth nothing."""
    m = messages.c
    statement = (
        select(m.id, m.content, m.attempts, m.expires_at)
        .where(m.status == "waiting", m.due_at <= now)
        .order_by(m.expires_at.is_(None), m.expires_at, m.due_at, m.id)
        .limit(limit)
    )
    return [
        DueMessage(row.id, bytes(row.content), row.attempts, row.expires_at) for row in c.execute(statement)
    ]


def count_due(c: Transaction, now: datetime) -> int:
    """Count the messages whose turn has come."""
    where = (messages.c.status == "waiting", messages.c.due_at <= now)
    return int(c.execute(select(func.count()).select_from(messages).where(*where)).scalar_one())


def take(c: Transaction, message: DueMessage, now: datetime, until: datetime) -> bool:
    """Give the sending of a message to somebody until then; tells whether nobody was quicker."""
    m = messages.c
    where = and_(m.id == message.id, m.status == "waiting", m.attempts == message.attempts, m.due_at <= now)
    values = {"attempts": message.attempts + 1, "due_at": until}
    return c.execute(update(messages).where(where).values(**values)).rowcount == 1


def write_taken(c: Transaction, message: DueMessage, values: Mapping[str, Any]) -> bool:
    """Write columns of a message as whoever took it; tells whether it is still theirs."""
    m = messages.c
    where = (m.id == message.id, m.status == "waiting", m.attempts == message.attempts + 1)
    return c.execute(update(messages).where(*where).values(**values)).rowcount == 1


def forget_phones(c: Transaction, before: datetime) -> int:
    """Let messages that ended, written before a moment, forget whose they were; gives how many.

    Those of a cause stay without it, so that it writes no second one.
    """
    m = messages.c
    is_old = and_(m.status != "waiting", m.created_at < before)
    deleted = c.execute(delete(messages).where(is_old, m.once.is_(None))).rowcount
    is_known = m.phone_digest != _NOBODY
    return deleted + c.execute(update(messages).where(is_old, is_known).values(phone_digest=_NOBODY)).rowcount


def count_by_status(c: Transaction) -> dict[str, int]:
    """Count messages by status."""
    statement = select(messages.c.status, func.count()).group_by(messages.c.status)
    return {row[0]: int(row[1]) for row in c.execute(statement)}
