"""The lines of a register made ready to be stored: read, and their documents and names digested.

As with registrations (sealing.py), pieces of the file are worked on side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maskres.eligibility.registers import RegisterRow, read_register
from maskres.formats.copy_text import spell_rows
from maskres.formats.office_csv import BadRow, Piece
from maskres.identity.digests import IndexKey, id_digest, name_digest
from maskres.usecases.imports import Prepared


@dataclass(frozen=True, slots=True)
class DigestingSetting:
    """What it takes to digest the lines of a register, in whatever process.

    Attributes:
        kind: of the register.
        as_of: the day on which it stood.
        version_id: of the version that the lines become.
        is_spelled: whether the database takes rows spelled (bulk.takes_spelled).
        index_version: of the look-up digests.
        index_secret: their key.
    """

    kind: str
    as_of: date
    version_id: int
    is_spelled: bool
    index_version: int
    index_secret: bytes = field(repr=False)


def prepare_digesting(setting: DigestingSetting) -> Callable[[Piece], Prepared]:
    """Give the function that digests a piece: digests and facts are stored of it, never an ID number or a name."""
    key = IndexKey(setting.index_version, setting.index_secret)

    def digest_piece(piece: Piece) -> Prepared:
        count = 0
        rows: list[tuple[Any, ...]] = []
        links: list[tuple[bytes, bytes]] = []
        bad: list[BadRow] = []
        for row in read_register(setting.kind, piece, as_of=setting.as_of):
            if isinstance(row, BadRow):
                bad.append(row)
            else:
                count += 1
                _digest(row, key, setting.version_id, rows, links)
        return Prepared(count, spell_rows(rows) if setting.is_spelled else rows, tuple(bad), tuple(links))

    return digest_piece


def _digest(
    row: RegisterRow,
    key: IndexKey,
    version_id: int,
    rows: list[tuple[Any, ...]],
    links: list[tuple[bytes, bytes]],
) -> None:
    """Add what is stored of a line: registers.ROW_COLUMNS of each document, and how two belong together."""
    facts = (row.valid_from, row.valid_until, row.months, row.died_on is not None, row.line)
    digest = id_digest(key, row.canonical_id)
    rows.append((version_id, digest, name_digest(key, row.canonical_id, row.name), *facts))
    other = row.other_canonical_id
    if other is None or other == row.canonical_id:
        return
    other_digest = id_digest(key, other)
    rows.append((version_id, other_digest, name_digest(key, other, row.name), *facts))
    links += ((digest, digest), (other_digest, digest))
