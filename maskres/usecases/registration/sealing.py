"""The lines of a file of registrations made ready to be staged: read, digested, encrypted, numbered, sealed.

That is most of the work of such a file, and depends on nothing but the line, so pieces of the file are worked on side
by side (processes.py). Chance is handed in with each piece, so that it never depends on which process worked on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

from maskres.db.bulk_registrations import STAGED_COLUMNS
from maskres.db.filling import FILLED
from maskres.formats.copy_text import spell_rows, spell_tables
from maskres.formats.keyed import KeyedHash
from maskres.formats.office_csv import BadRow, Piece
from maskres.identity.digests import IndexKey
from maskres.identity.encryption import NONCE_BYTES, Cipher
from maskres.keys import RandomBytes
from maskres.registration.applications import Application, ApplicationReader, age_on
from maskres.registration.bulk_file import read_applications
from maskres.registration.numbers import registration_number
from maskres.registration.seals import make_seal_of_text
from maskres.usecases.imports import Prepared
from maskres.usecases.personal import seal_personal

_ID_BYTES = 8
_CHANCE_BYTES = 2 * NONCE_BYTES + _ID_BYTES

#: Lines of a file, and the chance they may use up.
PieceWithChance = tuple[Piece, bytes]
#: The values of bulk_registrations.STAGED_COLUMNS.
StagedRow = tuple[Any, ...]
#: Of each table that a file may fill, where in a staged row its values are.
_PLACES = tuple(tuple(map(STAGED_COLUMNS.index, columns)) for columns in FILLED.values())


@dataclass(frozen=True, slots=True)
class SealingSetting:
    """What it takes to seal the lines of a round's file, in whatever process.

    Attributes:
        districts: the districts of the round's rules.
        stores: the stores known now.
        today: dates of birth after it are refused.
        reference_date: the day on which ages are looked at.
        number_key: the round's.
        seal_key: the round's.
        index_version: of the look-up digests.
        index_secret: their key.
        data_version: what personal fields are encrypted under.
        data_keys: version → key.
        is_spelled: whether the database takes rows spelled (bulk.takes_spelled).
        is_filling: whether they go straight into their tables (filling.FILLED).
    """

    districts: frozenset[str]
    stores: frozenset[str]
    today: date
    reference_date: date
    number_key: bytes = field(repr=False)
    seal_key: bytes = field(repr=False)
    index_version: int
    index_secret: bytes = field(repr=False)
    data_version: int
    data_keys: Mapping[int, bytes] = field(repr=False)
    is_spelled: bool
    is_filling: bool


def with_chance(pieces: Iterable[Piece], random_bytes: RandomBytes) -> Iterator[PieceWithChance]:
    """Give each piece of a file the chance it needs."""
    for piece in pieces:
        yield piece, random_bytes(_CHANCE_BYTES * len(piece))


def prepare_sealing(setting: SealingSetting) -> Callable[[PieceWithChance], Prepared]:
    """Give the function that seals a piece: each good line as it is staged, of each bad one what is wrong with it."""
    reader = ApplicationReader(
        setting.districts, setting.stores, today=setting.today, is_phone_required=False
    )
    number_key, seal_key = KeyedHash(setting.number_key), KeyedHash(setting.seal_key)
    index_key = IndexKey(setting.index_version, setting.index_secret)
    cipher = Cipher(setting.data_keys, setting.data_version)

    def seal(line: int, application: Application, chance: RandomBytes) -> StagedRow:
        canonical = application.document.canonical
        wishes = application.wishes
        number = registration_number(number_key, canonical)
        sealed = seal_personal(application, cipher, index_key, chance)
        return (
            line,
            sealed.id_digest,
            sealed.name_digest,
            sealed.phone_digest,
            sealed.canonical,
            sealed.contact,
            number,
            age_on(application.birth_date, setting.reference_date),
            application.sex,
            str(application.for_whom),
            application.is_keeping,
            wishes.district,
            str(wishes.reach),
            wishes.joined,
            make_seal_of_text(
                seal_key, number, canonical, f"{wishes.district}/{wishes.reach}/{wishes.joined}"
            ),
            int.from_bytes(chance(_ID_BYTES), "big") >> 1,
        )

    def seal_piece(piece: PieceWithChance) -> Prepared:
        lines, chance = piece
        draw = BytesIO(chance).read
        staged: list[StagedRow] = []
        bad: list[BadRow] = []
        for each in read_applications(lines, reader):
            if isinstance(each, BadRow):
                bad.append(each)
            else:
                staged.append(seal(*each, draw))
        if setting.is_filling:
            return Prepared(len(staged), b"", tuple(bad), tables=spell_tables(staged, _PLACES))
        return Prepared(len(staged), spell_rows(staged) if setting.is_spelled else staged, tuple(bad))

    return seal_piece
