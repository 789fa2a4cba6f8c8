"""The lines of a register made ready to be stored: read, and their documents and names digested.

As with registrations (sealing.py), pieces of the file are worked on side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from maskres.eligibility.registers import RegisterRow, read_register
from maskres.formats.copy_text import spell_columns
from maskres.formats.office_csv import BadRow, Piece
from maskres.identity.digests import IndexKey, id_digest, id_digests, name_digests
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
        good: list[RegisterRow] = []
        bad: list[BadRow] = []
        for row in read_register(setting.kind, piece, as_of=setting.as_of):
            if isinstance(row, BadRow):
                bad.append(row)
            else:
                good.append(row)
        columns = _digest(_documents_of(good), key, setting.version_id)
        rows = spell_columns(columns) if setting.is_spelled else list(zip(*columns, strict=True))
        return Prepared(len(good), rows, tuple(bad), tuple(_link(good, key)))

    return digest_piece


def _documents_of(rows: Iterable[RegisterRow]) -> Iterator[tuple[str, RegisterRow]]:
    """Give each line's document, and a second one where the line names it."""
    for row in rows:
        yield row.canonical_id, row
        if row.other_canonical_id is not None:
            yield row.other_canonical_id, row


def _digest(documents: Iterable[tuple[str, RegisterRow]], key: IndexKey, version_id: int) -> list[list[Any]]:
    """Give the columns registers.ROW_COLUMNS, one after another as sealing.py does."""
    given = list(documents)
    canonicals, rows = [canonical for canonical, _ in given], [row for _, row in given]
    return [
        [version_id] * len(rows),
        id_digests(key, canonicals),
        name_digests(key, canonicals, [row.name for row in rows]),
        [row.valid_from for row in rows],
        [row.valid_until for row in rows],
        [row.months for row in rows],
        [row.died_on is not None for row in rows],
        [row.line for row in rows],
    ]


def _link(rows: Iterable[RegisterRow], key: IndexKey) -> Iterator[tuple[bytes, bytes]]:
    """Say of two documents on one line that they belong together: both to the group of the first."""
    for row in rows:
        if row.other_canonical_id is not None:
            group = id_digest(key, row.canonical_id)
            yield group, group
            yield id_digest(key, row.other_canonical_id), group
