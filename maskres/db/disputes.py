"""Queries on disputes and what they proved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import corrections, disputes
from maskres.errors import InputError


def lodge(c: Transaction, draw_id: int, number: str, words: bytes, now: datetime) -> bool:
    """Insert an open dispute, or replace the words of one that is still open; tells whether it did."""
    where = (disputes.c.draw_id == draw_id, disputes.c.number == number)
    stands = c.execute(select(disputes.c.status).where(*where)).scalar_one_or_none()
    if stands is None:
        row = {"draw_id": draw_id, "number": number, "status": "open", "words": words, "lodged_at": now}
        c.execute(insert(disputes).values(row))
        return True
    changed = c.execute(update(disputes).where(*where, disputes.c.status == "open").values(words=words))
    return changed.rowcount == 1


def resolve(c: Transaction, draw_id: int, number: str, proved: Iterable[str], by: str, now: datetime) -> bool:
    """Resolve an open dispute, writing what it proved; tells whether there was one."""
    kinds = list(proved)
    where = (disputes.c.draw_id == draw_id, disputes.c.number == number, disputes.c.status == "open")
    values = {"status": "upheld" if kinds else "rejected", "resolved_at": now, "resolved_by": by}
    if c.execute(update(disputes).where(*where).values(**values)).rowcount != 1:
        return False
    for kind in kinds:
        c.execute(insert(corrections).values(draw_id=draw_id, number=number, kind=kind))
    return True


def words_of(c: Transaction, draw_id: int, number: str) -> bytes:
    """Give the encrypted words of a dispute.

    Raises:
        InputError: "unknown-number".
    """
    where = (disputes.c.draw_id == draw_id, disputes.c.number == number)
    words = c.execute(select(disputes.c.words).where(*where)).scalar_one_or_none()
    if words is None:
        raise InputError("unknown-number", "There is no dispute under this number.", field="number")
    return bytes(words)


def list_open(c: Transaction, draw_id: int) -> list[str]:
    """List the numbers whose dispute is open."""
    where = (disputes.c.draw_id == draw_id, disputes.c.status == "open")
    return list(c.execute(select(disputes.c.number).where(*where).order_by(disputes.c.number)).scalars())


def list_resolved(c: Transaction, draw_id: int) -> set[str]:
    """List the numbers whose dispute has been answered."""
    where = (disputes.c.draw_id == draw_id, disputes.c.status != "open")
    return set(c.execute(select(disputes.c.number).where(*where)).scalars())


def count_by_status(c: Transaction, draw_id: int) -> dict[str, int]:
    """Count the disputes of a draw by status."""
    statement = select(disputes.c.status, func.count()).where(disputes.c.draw_id == draw_id)
    return {row[0]: row[1] for row in c.execute(statement.group_by(disputes.c.status))}
