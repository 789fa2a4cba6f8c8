"""Queries on disputes and what they proved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, insert, select, update

from maskres.db.bulk import in_batches, is_among, load_rows
from maskres.db.engine import Transaction
from maskres.db.tables import corrections, disputes
from maskres.errors import InputError

_AT_ONCE = 5000


def lodge(c: Transaction, draw_id: int, words: Mapping[str, bytes], now: datetime) -> bool:
    """Insert open disputes, or replace the words of those that are still open.

    Args:
        c: a writing transaction that has locked the draw.
        draw_id: the draw.
        words: number → what was said, encrypted; at most some thousands.
        now: when.

    Returns:
        Whether it did: False, and nothing written, where one of them has been answered.
    """
    d = disputes.c
    where = (d.draw_id == draw_id, is_among(c, d.number, words))
    standing = {row.number: row.status for row in c.execute(select(d.number, d.status).where(*where))}
    if any(status != "open" for status in standing.values()):
        return False
    for number in sorted(standing):
        again = update(disputes).where(d.draw_id == draw_id, d.number == number, d.status == "open")
        c.execute(again.values(words=words[number]))
    rows = [
        {"draw_id": draw_id, "number": number, "status": "open", "words": said, "lodged_at": now}
        for number, said in words.items()
        if number not in standing
    ]
    if rows:
        c.execute(insert(disputes), rows)
    return True


def resolve(
    c: Transaction, draw_id: int, proved: Mapping[str, Collection[str]], by: str, now: datetime
) -> set[str]:
    """Resolve open disputes, writing what each proved.

    Args:
        c: a writing transaction.
        draw_id: the draw.
        proved: number → kinds of registers whose evidence was seen; none rejects the dispute.
        by: who answers.
        now: when.

    Returns:
        The numbers under which there was an open dispute: only these are resolved.
    """
    resolved: set[str] = set()
    for status in ("upheld", "rejected"):
        values = {"status": status, "resolved_at": now, "resolved_by": by}
        numbers = sorted(number for number, kinds in proved.items() if bool(kinds) == (status == "upheld"))
        for batch in in_batches(numbers, _AT_ONCE):
            where = (disputes.c.draw_id == draw_id, disputes.c.number.in_(batch), disputes.c.status == "open")
            statement = update(disputes).where(*where).values(**values).returning(disputes.c.number)
            resolved.update(c.execute(statement).scalars())
    rows = [(draw_id, number, kind) for number in sorted(resolved) for kind in sorted(proved[number])]
    load_rows(c, corrections, ("draw_id", "number", "kind"), rows)
    return resolved


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


def keep_open(c: Transaction, draw_id: int) -> int:
    """Note of the disputes open at the commitment that their numbers are in the pool; gives how many."""
    where = (disputes.c.draw_id == draw_id, disputes.c.status == "open")
    return c.execute(update(disputes).where(*where).values(is_kept=True)).rowcount


def answer_kept(
    c: Transaction, draw_id: int, number: str, *, is_upheld: bool, by: str, now: datetime
) -> bool:
    """Answer a dispute that was open at the commitment and still is; tells whether there was one."""
    where = (
        *(disputes.c.draw_id == draw_id, disputes.c.number == number),
        *(disputes.c.status == "open", disputes.c.is_kept),
    )
    values = {"status": "upheld" if is_upheld else "rejected", "resolved_at": now, "resolved_by": by}
    return c.execute(update(disputes).where(*where).values(**values)).rowcount == 1
