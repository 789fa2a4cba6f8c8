"""The wishes of winners, which open their seals (spec S1, P6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskres.errors import CheckFailed
from maskres.formats.csv_choices import NO_CHOICE, ChoicesColumn
from maskres.formats.csv_columns import HexColumn, NumberColumn, SlugColumn, WordColumn
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.formats.strict_csv import Sink, Source, name_of, read_table, spell_lines, write_table
from maskres.lottery.pool import SEAL_DIGITS, Pool
from maskres.lottery.tickets import blocks

HEADER = ("number", "holder", "salt", "district", "reach", "choices")
REACHES = ("city", "district", "choices")


@dataclass(frozen=True, slots=True)
class Wish:
    """One line of wishes.csv.

    Attributes:
        number: registration number, 12 symbols.
        holder: 64 lower-case hex digits.
        salt: the wish salt, 32 lower-case hex digits.
        district: slug.
        reach: `city`, `district` or `choices`.
        choices: store slugs, best first, none twice, at most 20, perhaps none.
    """

    number: str
    holder: str
    salt: str
    district: str
    reach: str
    choices: tuple[str, ...]

    @property
    def seal(self) -> str:
        """The seal that binds the number to holder and wishes, 40 lower-case hex digits."""
        return seal_of(self.number, self.holder, self.salt, self.district, self.reach, "|".join(self.choices))


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """A file of wishes as columns, sorted by number; row i is line i + 2.

    Attributes:
        file: the file's name, for errors.
        numbers: registration numbers, dtype S12.
        holders: 32 bytes a row.
        salts: 16 bytes a row.
        districts: the district of each row, an index of `district_names`.
        district_names: slugs.
        reaches: an index of REACHES a row.
        choices: the stores chosen by each row, best first, indices of `choice_names`, then NO_CHOICE.
        choice_names: slugs.
    """

    file: str
    numbers: Numbers
    holders: NDArray[np.uint8]
    salts: NDArray[np.uint8]
    districts: NDArray[np.int32]
    district_names: tuple[str, ...]
    reaches: NDArray[np.int32]
    choices: NDArray[np.int32]
    choice_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    def number(self, row: int) -> str:
        """Give the number of one line, counted from 0."""
        return bytes(self.numbers[row]).decode("ascii")

    def seals(self) -> NDArray[np.uint8]:
        """Compute the seal of every line, 20 bytes a row; as seal_of, for all at once."""
        holders, salts = self.holders.tobytes().hex().encode(), self.salts.tobytes().hex().encode()
        districts = [name.encode() for name in self.district_names]
        reaches = [reach.encode() for reach in REACHES]
        sha256 = hashlib.sha256
        sealed = []
        rows = zip(
            self.numbers.tolist(),
            self.districts.tolist(),
            self.reaches.tolist(),
            self._choice_texts(),
            strict=True,
        )
        for row, (number, district, reach, choices) in enumerate(rows):
            salt = salts[32 * row : 32 * row + 32]
            wish = sha256(b"%b/%b/%b/%b" % (salt, districts[district], reaches[reach], choices)).hexdigest()
            holder = holders[64 * row : 64 * row + 64]
            sealed.append(sha256(b"%b/%b/%b" % (number, holder, wish.encode())).digest()[: SEAL_DIGITS // 2])
        return np.frombuffer(b"".join(sealed), dtype=np.uint8).reshape(-1, SEAL_DIGITS // 2)

    def wish(self, row: int) -> Wish:
        """Give one line, counted from 0."""
        chosen = self.choices[row]
        return Wish(
            number=self.number(row),
            holder=self.holders[row].tobytes().hex(),
            salt=self.salts[row].tobytes().hex(),
            district=self.district_names[self.districts[row]],
            reach=REACHES[self.reaches[row]],
            choices=tuple(self.choice_names[store] for store in chosen[chosen != NO_CHOICE].tolist()),
        )

    def _choice_texts(self) -> Iterator[bytes]:
        """Give the choices of each row joined by `|`, as they stand in the file."""
        names = [name.encode("ascii") for name in self.choice_names]
        for block in blocks(len(self)):
            for chosen in self.choices[block].tolist():
                yield b"|".join([names[store] for store in chosen if store != NO_CHOICE])


def seal_of(number: str, holder: str, salt: str, district: str, reach: str, choices: str) -> str:
    """Compute a seal.

    Args:
        number: registration number, 12 symbols.
        holder: SHA-256 of `<holder salt>/<canonical id>`, 64 lower-case hex digits.
        salt: the wish salt, 32 lower-case hex digits.
        district: slug.
        reach: `city`, `district` or `choices`.
        choices: store slugs joined by `|`.

    Returns:
        40 lower-case hex digits.

    Source: spec S4, S5.
    """
    wish = hashlib.sha256(f"{salt}/{district}/{reach}/{choices}".encode("ascii")).hexdigest()
    return hashlib.sha256(f"{number}/{holder}/{wish}".encode("ascii")).hexdigest()[:SEAL_DIGITS]


def read_wishes(source: Source, file: str | None = None) -> Wishes:
    """Read wishes.csv or wishes-N.csv, sorted by number.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.

    Returns:
        The wishes in the order of the file.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec P6.
    """
    number = NumberColumn("number")
    holder, salt = HexColumn("holder", 64), HexColumn("salt", 32)
    district, reach, choices = SlugColumn("district"), WordColumn("reach", REACHES), ChoicesColumn("choices")
    table = read_table(
        source, name_of(source, file, "wishes.csv"), [number, holder, salt, district, reach, choices]
    )
    table.refuse_unsorted([keys_of(number.values)], field="number")
    table.finish()
    return Wishes(
        file=table.file,
        numbers=number.values,
        holders=holder.values,
        salts=salt.values,
        districts=district.codes,
        district_names=district.names,
        reaches=reach.codes,
        choices=choices.choices,
        choice_names=choices.names,
    )


def write_wishes(wishes: Iterable[Wish], stream: Sink) -> int:
    """Write wishes.csv or wishes-N.csv, sorted by number; give the number of lines."""
    ordered = sorted(wishes, key=lambda wish: wish.number)
    return write_table(stream, HEADER, map(_fields, ordered))


def spell_wishes(wishes: Iterable[Wish]) -> bytes:
    """Spell lines of wishes.csv or wishes-N.csv, in the order given."""
    return spell_lines([_fields(wish) for wish in wishes], len(HEADER))


def _fields(wish: Wish) -> tuple[str, ...]:
    return (wish.number, wish.holder, wish.salt, wish.district, wish.reach, "|".join(wish.choices))


def check_seals(wishes: Wishes, pool: Pool) -> None:
    """Check that every line of wishes opens the seal of its number in the pool.

    Args:
        wishes: the opened wishes.
        pool: the pool, read with its seals.

    Raises:
        CheckFailed: "unknown-number" for a number that is not in the pool, "seal-differs" where number, holder
            and wishes do not give the published seal; file and line say where.

    Source: spec P6, A8.
    """
    unknown, differing = find_unopened(wishes, pool)
    for row in np.flatnonzero(unknown | differing)[:1].tolist():
        number = wishes.number(row)
        if unknown[row]:
            raise CheckFailed(
                "unknown-number", f"{number} is not in the pool.", file=wishes.file, line=row + 2
            )
        raise CheckFailed(
            "seal-differs",
            f"Holder and wishes do not open the seal of {number} in the pool.",
            file=wishes.file,
            line=row + 2,
        )


def find_unopened(wishes: Wishes, pool: Pool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of every line of wishes whether its number is not in the pool, and whether it is and its seal stays shut.

    Args:
        wishes: the opened wishes.
        pool: the pool, read with its seals.
    """
    if pool.seals is None:
        raise ValueError("the pool was read without its seals")
    if not len(pool):
        return np.ones(len(wishes), dtype=np.bool_), np.zeros(len(wishes), dtype=np.bool_)
    pool_keys, keys = keys_of(pool.numbers), keys_of(wishes.numbers)
    order = np.argsort(pool_keys)
    rows = order[np.searchsorted(pool_keys, keys, sorter=order).clip(max=len(order) - 1)]
    unknown = pool_keys[rows] != keys
    differing = (wishes.seals() != pool.seals[rows]).any(axis=1) & ~unknown
    return unknown, differing
