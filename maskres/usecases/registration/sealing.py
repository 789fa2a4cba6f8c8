"""The lines of a file of registrations made ready to be staged: read, digested, encrypted, numbered, sealed.

That is most of the work of such a file, and depends on nothing but the line, so pieces of the file are worked on side
by side (processes.py). Chance is handed in with each piece, so that it never depends on which process worked on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from struct import Struct
from typing import Any

from maskres.db.bulk_registrations import STAGED_COLUMNS
from maskres.db.filled_lines import pack_lines
from maskres.db.filling import FILLED
from maskres.formats.copy_text import spell_columns, spell_tables
from maskres.formats.keyed import KeyedHash
from maskres.formats.office_csv import BadRow, Piece
from maskres.identity.digests import IndexKey, id_digests, name_digests, phone_digest
from maskres.identity.encryption import NONCE_BYTES, Cipher
from maskres.identity.names import matching_name
from maskres.keys import RandomBytes
from maskres.registration.applications import Application, ApplicationReader, age_on
from maskres.registration.bulk_file import read_applications
from maskres.registration.numbers import registration_numbers
from maskres.registration.seals import make_seals
from maskres.usecases.imports import Prepared
from maskres.usecases.personal import seal_canonicals, seal_contacts

#: What chance is used for in each line: two nonces, and the id of the person, of which a bit is left out.
_CHANCE = Struct(f">{NONCE_BYTES}s{NONCE_BYTES}sQ")

#: Lines of a file, and the chance they may use up.
PieceWithChance = tuple[Piece, bytes]
#: Of each table that a file may fill, which of STAGED_COLUMNS go into it.
_PLACES = tuple(tuple(map(STAGED_COLUMNS.index, columns)) for columns in FILLED.values())
#: And which are packed.
_PACKED = tuple(map(STAGED_COLUMNS.index, ("number", "person_id", "line")))


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
        yield piece, random_bytes(_CHANCE.size * len(piece))


def prepare_sealing(setting: SealingSetting) -> Callable[[PieceWithChance], Prepared]:
    """Give the function that seals a piece: each good line as it is staged, of each bad one what is wrong with it."""
    reader = ApplicationReader(
        setting.districts, setting.stores, today=setting.today, is_phone_required=False
    )
    sealer = _Sealer(setting)

    def seal_piece(piece: PieceWithChance) -> Prepared:
        lines, chance = piece
        good: list[tuple[int, Application]] = []
        bad: list[BadRow] = []
        for each in read_applications(lines, reader):
            if isinstance(each, BadRow):
                bad.append(each)
            else:
                good.append(each)
        columns = sealer.seal(good, chance)
        if setting.is_filling:
            packed = pack_lines(*(columns[place] for place in _PACKED))
            return Prepared(len(good), b"", tuple(bad), tables=(packed, *spell_tables(columns, _PLACES)))
        rows = spell_columns(columns) if setting.is_spelled else list(zip(*columns, strict=True))
        return Prepared(len(good), rows, tuple(bad))

    return seal_piece


class _Sealer:
    """Digests, encrypts, numbers and seals applications, one column after another.

    A loop that does one thing for every line takes half the time of one that does everything for each.
    """

    def __init__(self, setting: SealingSetting) -> None:
        self._number_key, self._seal_key = KeyedHash(setting.number_key), KeyedHash(setting.seal_key)
        self._index_key = IndexKey(setting.index_version, setting.index_secret)
        self._cipher = Cipher(setting.data_keys, setting.data_version)
        self._reference_date = setting.reference_date

    def seal(self, lines: Sequence[tuple[int, Application]], chance: bytes) -> list[Sequence[Any]]:
        """Give the columns of STAGED_COLUMNS; `chance` is enough for all lines."""
        if not lines:
            return [[] for _ in STAGED_COLUMNS]
        numbers_of_lines, applications = zip(*lines, strict=True)
        documents, names, phones, births, sexes, whom, wishes, is_keeping = zip(*applications, strict=True)
        districts, reaches, choices = zip(*wishes, strict=True)
        first_nonces, second_nonces, ids = zip(
            *_CHANCE.iter_unpack(chance[: _CHANCE.size * len(lines)]), strict=True
        )
        canonicals = [document.canonical for document in documents]
        numbers = registration_numbers(self._number_key, canonicals)
        digests = id_digests(self._index_key, canonicals)
        ages = {birth: age_on(birth, self._reference_date) for birth in set(births)}
        joined = ["|".join(stores) for stores in choices]
        wish_texts = map("/".join, zip(districts, reaches, joined, strict=True))
        return [
            numbers_of_lines,
            digests,
            name_digests(self._index_key, canonicals, map(matching_name, names)),
            [None if phone is None else phone_digest(self._index_key, phone) for phone in phones],
            seal_canonicals(self._cipher, canonicals, digests, first_nonces),
            seal_contacts(self._cipher, applications, digests, second_nonces),
            numbers,
            [ages[birth] for birth in births],
            sexes,
            list(map(str, whom)),
            is_keeping,
            districts,
            list(map(str, reaches)),
            joined,
            make_seals(self._seal_key, numbers, canonicals, wish_texts),
            [chosen >> 1 for chosen in ids],
        ]
