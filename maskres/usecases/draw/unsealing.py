"""The seals of those to be placed opened: their wishes, and the digests that bind them, as lines of wishes.csv.

And what depends on nothing but their numbers: the digests of their first pickup codes.

The other way round from sealing.py, and like it in pieces, side by side: nothing here needs the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from maskres.errors import CheckFailed
from maskres.formats.keyed import KeyedHash
from maskres.identity.encryption import Cipher
from maskres.lottery.wishes import Wish, spell_wishes
from maskres.pickup.codes import CodeMaker, code_digest
from maskres.registration.seals import holder_digest, holder_salt, wish_salt
from maskres.usecases.personal import open_canonical

#: So many that those of a town are opened before other processes would have begun.
PIECE_ROWS = 50_000

#: A row of results.select_wishes: number, district, reach, choices, seal, id_digest, canonical.
SealedRow = tuple[str, str, str, str, str, bytes, bytes]


@dataclass(frozen=True, slots=True)
class OpeningSetting:
    """What it takes to open the seals of a round, in whatever process.

    Attributes:
        seal_key: the round's.
        data_version: what personal fields are encrypted under now.
        data_keys: version → key.
        round: slug of the round, for the codes.
        draw: number of the draw, likewise.
        code_key: the round's.
        lookup_key: by which the service finds codes.
    """

    seal_key: bytes = field(repr=False)
    data_version: int
    data_keys: Mapping[int, bytes] = field(repr=False)
    round: str
    draw: int
    code_key: bytes = field(repr=False)
    lookup_key: bytes = field(repr=False)


class Opened(NamedTuple):
    """What comes of a piece.

    Attributes:
        lines: of wishes.csv.
        codes: of each row the number and the digest of its first code, one after the other (placing.py reads them).
    """

    lines: bytes
    codes: bytes


def prepare_opening(setting: OpeningSetting) -> Callable[[Sequence[SealedRow]], Opened]:
    """Give the function that opens rows of results.select_wishes."""
    seal_key = KeyedHash(setting.seal_key)
    cipher = Cipher(setting.data_keys, setting.data_version)

    def open_row(row: SealedRow) -> Wish:
        number, district, reach, choices, seal, id_digest, blob = row
        canonical = open_canonical(cipher, bytes(blob), bytes(id_digest))
        wish = Wish(
            number=number,
            holder=holder_digest(holder_salt(seal_key, number), canonical),
            salt=wish_salt(seal_key, number),
            district=district,
            reach=reach,
            choices=tuple(choices.split("|")) if choices else (),
        )
        if wish.seal != seal:
            raise CheckFailed("seal-differs", f"The wishes of {number} are not those that were sealed.")
        return wish

    maker = CodeMaker(setting.code_key, setting.round, setting.draw)

    def open_rows(rows: Sequence[SealedRow]) -> Opened:
        codes = [row[0].encode() + code_digest(setting.lookup_key, maker.code(row[0], 1)) for row in rows]
        return Opened(spell_wishes(map(open_row, rows)), b"".join(codes))

    return open_rows
