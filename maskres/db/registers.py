"""Queries on registers: immutable versions of an authority's lists."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from maskres.db.bulk import is_among
from maskres.db.engine import Transaction
from maskres.db.tables import register_rows, register_versions
from maskres.errors import ConflictError

ROW_COLUMNS = (
    "version_id",
    "id_digest",
    "name_digest",
    "valid_from",
    "valid_until",
    "months",
    "is_deceased",
    "line",
)
LINK_COLUMNS = ("version_id", "id_digest", "group_digest")


@dataclass(frozen=True, slots=True)
class RegisterVersion:
    """One import of a register."""

    id: int
    kind: str
    version: int
    sha256: str
    rows: int
    as_of: str
    key_version: int
    imported_at: datetime
    imported_by: str


def next_version_id(c: Transaction) -> int:
    """Reserve the id of a version that is about to be imported."""
    if c.dialect.name == "postgresql":
        sequence = "SELECT nextval(pg_get_serial_sequence('register_versions', 'id'))"
        return int(c.execute(text(sequence)).scalar_one())
    return int(c.execute(select(func.coalesce(func.max(register_versions.c.id), 0) + 1)).scalar_one())


def insert_version(c: Transaction, version: RegisterVersion) -> None:
    """Insert a version, which makes its rows visible.

    Raises:
        ConflictError: "done-elsewhere" where another import took its number at the same time.
    """
    try:
        c.execute(insert(register_versions).values(**asdict(version)))
    except IntegrityError as error:
        message = f"The register {version.kind} was imported by someone else just now."
        raise ConflictError("done-elsewhere", message) from error


def newest_version(c: Transaction, kind: str) -> RegisterVersion | None:
    """Give the newest version of a register, if there is one."""
    versions = list_versions(c, kind)
    return versions[-1] if versions else None


def list_versions(c: Transaction, kind: str | None = None) -> list[RegisterVersion]:
    """List versions, oldest first, of one kind or all."""
    statement = select(register_versions).order_by(register_versions.c.kind, register_versions.c.version)
    if kind is not None:
        statement = statement.where(register_versions.c.kind == kind)
    return [_version(row) for row in c.execute(statement)]


def _version(row: Row[Any]) -> RegisterVersion:
    return RegisterVersion(**row._mapping)


def lines_of(c: Transaction, version_id: int, id_digests: Collection[bytes]) -> dict[bytes, list[int]]:
    """Find the lines of a register's version that are about some documents, by their digests."""
    r = register_rows.c
    statement = select(r.id_digest, r.line).where(
        r.version_id == version_id, is_among(c, r.id_digest, id_digests)
    )
    found: dict[bytes, list[int]] = {}
    for row in c.execute(statement.order_by(r.line)):
        found.setdefault(bytes(row.id_digest), []).append(row.line)
    return found
