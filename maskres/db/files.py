"""Published files in the database: their bytes in pieces, found by digest, so that a restore brings them back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import exists, insert, select

from maskres.db.engine import Transaction
from maskres.db.tables import artifact_chunks, artifacts
from maskres.errors import CheckFailed, ConflictError, InputError

PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A published file: its name in its draw, digest, and number of lines without the header."""

    name: str
    sha256: str
    entries: int


def publish_file(
    c: Transaction, round_id: int, draw_id: int | None, name: str, path: Path, now: datetime
) -> PublishedFile:
    """Store a file and publish it under a name of its draw.

    Args:
        c: a writing transaction.
        round_id: the round.
        draw_id: the draw, or None for a file of the round.
        name: such as "pool.csv".
        path: where its bytes are now.
        now: the time of publication.

    Raises:
        ConflictError: "published-already" where other bytes stand under that name.
    """
    digest, lines = _digest_and_lines(path)
    published = PublishedFile(name, digest, max(0, lines - 1) if name.endswith(".csv") else 0)
    where = (artifacts.c.draw_id == draw_id, artifacts.c.name == name)
    stands = c.execute(select(artifacts.c.sha256).where(*where)).scalar_one_or_none()
    if stands is not None:
        if stands != digest:
            raise ConflictError("published-already", f"{name} is published already, with other content.")
        return published
    if not c.execute(select(exists().where(artifact_chunks.c.sha256 == digest))).scalar_one():
        for number, piece in enumerate(_pieces(path)):
            c.execute(insert(artifact_chunks).values(sha256=digest, piece=number, data=piece))
    c.execute(
        insert(artifacts).values(
            round_id=round_id,
            draw_id=draw_id,
            name=name,
            sha256=digest,
            entries=published.entries,
            published_at=now,
        )
    )
    return published


def list_files(c: Transaction, draw_id: int) -> dict[str, PublishedFile]:
    """Give the published files of a draw by name."""
    rows = c.execute(select(artifacts).where(artifacts.c.draw_id == draw_id).order_by(artifacts.c.name))
    return {row.name: PublishedFile(row.name, row.sha256, row.entries) for row in rows}


def fetch_file(c: Transaction, draw_id: int, name: str, path: Path) -> PublishedFile:
    """Write a published file to disk, checking its digest on the way.

    Raises:
        InputError: "not-published".
        CheckFailed: "file-damaged" where the stored bytes have another digest.
    """
    published = list_files(c, draw_id).get(name)
    if published is None:
        raise InputError("not-published", f"{name} is not published yet.", file=name)
    digest = hashlib.sha256()
    with path.open("wb") as out:
        for piece in read_pieces(c, published.sha256):
            digest.update(piece)
            out.write(piece)
    if digest.hexdigest() != published.sha256:
        raise CheckFailed("file-damaged", "The stored file is not the one that was published.", file=name)
    return published


def fetch_bytes(c: Transaction, draw_id: int, name: str) -> bytes:
    """Give the bytes of a small published file, checked like fetch_file."""
    published = list_files(c, draw_id).get(name)
    if published is None:
        raise InputError("not-published", f"{name} is not published yet.", file=name)
    data = b"".join(read_pieces(c, published.sha256))
    if hashlib.sha256(data).hexdigest() != published.sha256:
        raise CheckFailed("file-damaged", "The stored file is not the one that was published.", file=name)
    return data


def read_pieces(c: Transaction, sha256: str) -> Iterator[bytes]:
    """Give the pieces of a stored file in order, one at a time."""
    piece = 0
    while True:
        where = (artifact_chunks.c.sha256 == sha256, artifact_chunks.c.piece == piece)
        data = c.execute(select(artifact_chunks.c.data).where(*where)).scalar_one_or_none()
        if data is None:
            return
        yield bytes(data)
        piece += 1


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _digest_and_lines(path: Path) -> tuple[str, int]:
    digest = hashlib.sha256()
    lines = 0
    for piece in _pieces(path):
        digest.update(piece)
        lines += piece.count(b"\n")
    return digest.hexdigest(), lines
