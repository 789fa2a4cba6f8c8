"""Queries on registration files taken whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from maskres.db.engine import Transaction
from maskres.db.tables import registration_files


def find_file(c: Transaction, round_id: int, sha256: str) -> Any | None:
    """Give what a file came to when it was taken, or None."""
    where = (registration_files.c.round_id == round_id, registration_files.c.sha256 == sha256)
    return c.execute(select(registration_files).where(*where)).one_or_none()


def insert_file(
    c: Transaction,
    round_id: int,
    sha256: str,
    *,
    rows: int,
    created: int,
    changed: int,
    at: datetime,
    by: str,
) -> None:
    """Note that a file was taken."""
    c.execute(
        insert(registration_files).values(
            round_id=round_id,
            sha256=sha256,
            rows=rows,
            created=created,
            changed=changed,
            imported_at=at,
            imported_by=by,
        )
    )
