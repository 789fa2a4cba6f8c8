"""The seals of those to be placed opened: their wishes, and the digests that bind them, as lines of wishes.csv.

The other way round from sealing.py, and like it in pieces, side by side: nothing here needs the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from maskres.errors import CheckFailed
from maskres.formats.keyed import KeyedHash
from maskres.identity.encryption import Cipher
from maskres.lottery.wishes import Wish, spell_wishes
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
    """

    seal_key: bytes = field(repr=False)
    data_version: int
    data_keys: Mapping[int, bytes] = field(repr=False)


def prepare_opening(setting: OpeningSetting) -> Callable[[Sequence[SealedRow]], bytes]:
    """Give the function that opens rows of results.select_wishes and spells them as lines of wishes.csv."""
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

    return lambda rows: spell_wishes(map(open_row, rows))
