"""Queries on which entries of the ledger stand in cosigned checkpoints."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from maskres.db.engine import Transaction
from maskres.db.tables import cosignatures, ledger_entries


def find_entry(c: Transaction, kind: str, round_slug: str, draw: int) -> tuple[int, bytes] | None:
    """Give place and line of a draw's newest entry of a kind, or None."""
    entries = ledger_entries.c
    where = (entries.kind == kind, entries.round == round_slug, entries.draw == draw)
    row = c.execute(
        select(entries.seq, entries.line).where(*where).order_by(entries.seq.desc()).limit(1)
    ).one_or_none()
    return None if row is None else (int(row.seq), bytes(row.line))


def cosigned_together_at(c: Transaction, seq: int, names: Collection[str]) -> datetime | None:
    """Give when an entry first stood in a checkpoint that all of some names had cosigned; None until it does.

    A checkpoint counts from when the last of them had signed it (spec E2).
    """
    whole = (
        select(func.max(cosignatures.c.cosigned_at).label("at"))
        .where(cosignatures.c.size > seq, cosignatures.c.name.in_(list(names)))
        .group_by(cosignatures.c.size)
        .having(func.count() == len(set(names)))
        .subquery()
    )
    found: datetime | None = c.execute(select(func.min(whole.c.at))).scalar_one()
    return found


def newest_size_together(c: Transaction, names: Collection[str]) -> int:
    """Give the size of the largest checkpoint that all of some names have cosigned; 0 where there is none."""
    whole = (
        select(cosignatures.c.size)
        .where(cosignatures.c.name.in_(list(names)))
        .group_by(cosignatures.c.size)
        .having(func.count() == len(set(names)))
        .order_by(cosignatures.c.size.desc())
        .limit(1)
    )
    return int(c.execute(whole).scalar_one_or_none() or 0)
