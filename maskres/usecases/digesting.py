"""The lines of a register made ready to be stored: read, and their documents and names digested.

As with registrations (sealing.py), pieces of the file are worked on side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from maskres.eligibility.registers import RegisterRow, read_register
from maskres.formats.office_csv import BadRow, Row
from maskres.identity.digests import IndexKey, id_digest, name_digest

PIECE_LINES = 4000

#: Lines of a file.
Piece = list[Row | BadRow]


class Digested(NamedTuple):
    """What is stored of one line: digests and facts, never an ID number or a name.

    Attributes:
        rows: one for each document, the version left out: digests of document and name, then the facts.
        links: digests of a document and of the group that it belongs to; none where the line has one document.
    """

    rows: tuple[tuple[Any, ...], ...]
    links: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class DigestingSetting:
    """What it takes to digest the lines of a register, in whatever process.

    Attributes:
        kind: of the register.
        as_of: the day on which it stood.
        index_version: of the look-up digests.
        index_secret: their key.
    """

    kind: str
    as_of: date
    index_version: int
    index_secret: bytes = field(repr=False)


def cut_pieces(lines: Iterable[Row | BadRow]) -> Iterator[Piece]:
    """Cut a file into pieces."""
    remaining = iter(lines)
    while piece := list(islice(remaining, PIECE_LINES)):
        yield piece


def prepare_digesting(setting: DigestingSetting) -> Callable[[Piece], list[Digested | BadRow]]:
    """Give the function that digests a piece: each good line as it is stored, of each bad one what is wrong with it."""
    key = IndexKey(setting.index_version, setting.index_secret)

    def digest_piece(piece: Piece) -> list[Digested | BadRow]:
        read = read_register(setting.kind, piece, as_of=setting.as_of)
        return [row if isinstance(row, BadRow) else _digest(row, key) for row in read]

    return digest_piece


def _digest(row: RegisterRow, key: IndexKey) -> Digested:
    facts = (row.valid_from, row.valid_until, row.months, row.died_on is not None, row.line)
    digest = id_digest(key, row.canonical_id)
    stored = (digest, name_digest(key, row.canonical_id, row.name), *facts)
    other = row.other_canonical_id
    if other is None or other == row.canonical_id:
        return Digested((stored,), ())
    other_digest = id_digest(key, other)
    also = (other_digest, name_digest(key, other, row.name), *facts)
    return Digested((stored, also), ((digest, digest), (other_digest, digest)))
