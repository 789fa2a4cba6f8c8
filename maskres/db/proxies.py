"""Queries on who collects for a winner."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import proxies


def find(c: Transaction, round_id: int, number: str) -> bytes | None:
    """Give what is kept of a winner's proxy, encrypted; None where nobody is named."""
    where = (proxies.c.round_id == round_id, proxies.c.number == number)
    found = c.execute(select(proxies.c.words).where(*where)).scalar_one_or_none()
    return None if found is None else bytes(found)


def put(c: Transaction, round_id: int, number: str, words: bytes, now: datetime) -> None:
    """Name a proxy, or another in their place; whoever does has locked the winner's place."""
    where = (proxies.c.round_id == round_id, proxies.c.number == number)
    changed = c.execute(update(proxies).where(*where).values(words=words, named_at=now)).rowcount
    if not changed:
        values = {"round_id": round_id, "number": number, "words": words, "named_at": now}
        c.execute(insert(proxies).values(**values))


def remove(c: Transaction, round_id: int, number: str) -> bool:
    """Take a naming back; tells whether there was one."""
    where = (proxies.c.round_id == round_id, proxies.c.number == number)
    return bool(c.execute(delete(proxies).where(*where)).rowcount)
