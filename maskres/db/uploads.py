"""Queries on uploads: files handed in for a task, kept in encrypted pieces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import upload_pieces, uploads
from maskres.errors import InputError


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was handed in.

    Attributes:
        id: 32 hex digits.
        name: its name, without folders.
        size: bytes.
        sha256: of its bytes; empty while they are still coming.
        uploaded_at: when.
        uploaded_by: who, as in the audit log.
    """

    id: str
    name: str
    size: int
    sha256: str
    uploaded_at: datetime
    uploaded_by: str


def insert_upload(c: Transaction, upload: Upload) -> None:
    """Insert an upload."""
    c.execute(insert(uploads).values({name: getattr(upload, name) for name in Upload.__slots__}))


def insert_piece(c: Transaction, upload_id: str, piece: int, data: bytes) -> None:
    """Insert a piece of an upload, counted from 0."""
    c.execute(insert(upload_pieces).values(upload_id=upload_id, piece=piece, data=data))


def complete(c: Transaction, upload_id: str, size: int, sha256: str) -> bool:
    """Note that all of an upload is there; tells whether it is still wanted."""
    statement = update(uploads).where(uploads.c.id == upload_id).values(size=size, sha256=sha256)
    return c.execute(statement).rowcount == 1


def find_upload(c: Transaction, upload_id: str) -> Upload:
    """Find an upload.

    Raises:
        InputError: "unknown-upload".
    """
    row: Any = c.execute(select(uploads).where(uploads.c.id == upload_id)).one_or_none()
    if row is None:
        message = "The file that was handed in is not here any more; please hand it in again."
        raise InputError("unknown-upload", message, field="upload")
    return Upload(**row._mapping)


def read_piece(c: Transaction, upload_id: str, piece: int) -> bytes | None:
    """Give a piece of an upload, or None after the last."""
    where = (upload_pieces.c.upload_id == upload_id, upload_pieces.c.piece == piece)
    data = c.execute(select(upload_pieces.c.data).where(*where)).scalar_one_or_none()
    return None if data is None else bytes(data)


def piece_sizes(c: Transaction, upload_id: str) -> list[int]:
    """Give how many bytes each piece of an upload takes, in order."""
    size = select(func.length(upload_pieces.c.data)).where(upload_pieces.c.upload_id == upload_id)
    return list(c.execute(size.order_by(upload_pieces.c.piece)).scalars())


def delete_upload(c: Transaction, upload_id: str) -> bool:
    """Delete an upload with its pieces; tells whether there was one."""
    c.execute(delete(upload_pieces).where(upload_pieces.c.upload_id == upload_id))
    return c.execute(delete(uploads).where(uploads.c.id == upload_id)).rowcount == 1


def list_older(c: Transaction, before: datetime) -> list[str]:
    """List the uploads handed in before a moment."""
    return list(c.execute(select(uploads.c.id).where(uploads.c.uploaded_at < before)).scalars())
