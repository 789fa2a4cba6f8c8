"""Who got which place: the lines of allocation.csv and promotion-N.csv as columns (spec P5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskres.formats.csv_columns import MAX_CHOICES, IntegerColumn, NumberColumn, SlugColumn, WordColumn
from maskres.formats.csv_lines import encode_names, spell_columns, spell_counts
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.formats.strict_csv import Sink, Source, name_of, read_table
from maskres.lottery.tickets import blocks

HEADER = b"place,number,store,slot,choice\n"
BY_DISTRICT, BY_CITY, UNPLACED = "d", "c", "-"
CHOICE_WORDS = (*map(str, range(1, MAX_CHOICES + 1)), BY_DISTRICT, BY_CITY, UNPLACED)


class Placement(NamedTuple):
    """One line of allocation.csv.

    Attributes:
        place: the turn, from 1.
        number: registration number, 12 symbols.
        store: slug, empty where unplaced.
        slot: slug, empty where unplaced.
        choice: position in the wishes from 1, `d` by district, `c` by city, `-` unplaced.
    """

    place: int
    number: str
    store: str
    slot: str
    choice: str

    @property
    def is_placed(self) -> bool:
        """Whether a store was found."""
        return self.choice != UNPLACED


#: Makes a placement of its five fields, without a call of Python's for each: there are as many as winners.
_placement = partial(tuple.__new__, Placement)


@dataclass(frozen=True, slots=True, eq=False)
class Placements:
    """Placements as columns, in place order: the place of a row is its index + 1.

    Attributes:
        numbers: registration numbers, dtype S12.
        stores: the store of each row, an index of `store_names`.
        store_names: slugs, and the empty text for the unplaced.
        slots: the slot of each row, an index of `slot_names`.
        slot_names: slugs, and the empty text for the unplaced.
        choices: how each was found, an index of CHOICE_WORDS.
    """

    numbers: Numbers
    stores: NDArray[np.int32]
    store_names: tuple[str, ...]
    slots: NDArray[np.int32]
    slot_names: tuple[str, ...]
    choices: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Placement]:
        """Give one placement after the other: there may be a million, which need not all live at once."""
        for block in blocks(len(self)):
            lines = zip(
                range(block.start + 1, block.stop + 1),
                self.numbers[block].astype("U12").tolist(),
                map(self.store_names.__getitem__, self.stores[block].tolist()),
                map(self.slot_names.__getitem__, self.slots[block].tolist()),
                map(CHOICE_WORDS.__getitem__, self.choices[block].tolist()),
                strict=True,
            )
            yield from map(_placement, lines)

    @property
    def is_placed(self) -> NDArray[np.bool_]:
        """Whether a store was found, a boolean a row."""
        is_placed: NDArray[np.bool_] = self.choices != CHOICE_WORDS.index(UNPLACED)
        return is_placed

    def count_by_choice(self) -> dict[str, int]:
        """Count the placements of each of CHOICE_WORDS."""
        counts = np.bincount(self.choices, minlength=len(CHOICE_WORDS)).tolist()
        return dict(zip(CHOICE_WORDS, counts, strict=True))


def write_allocation(placements: Placements, stream: Sink) -> int:
    """Write allocation.csv or promotion-N.csv; give the number of lines.

    Source: spec P5.
    """
    stream.write(HEADER)
    stores, slots = encode_names(placements.store_names), encode_names(placements.slot_names)
    choices = encode_names(CHOICE_WORDS)
    for block in blocks(len(placements)):
        columns = [
            spell_counts(block),
            placements.numbers[block],
            stores[placements.stores[block]],
            slots[placements.slots[block]],
            choices[placements.choices[block]],
        ]
        stream.write(spell_columns(columns))
    return len(placements)


def read_allocation(source: Source, file: str | None = None) -> Placements:
    """Read allocation.csv or promotion-N.csv: `place,number,store,slot,choice`.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.

    Returns:
        The placements in the order of the file.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec P5.
    """
    place, number = IntegerColumn("place", 1), NumberColumn("number")
    store, slot = SlugColumn("store", may_be_empty=True), SlugColumn("slot", may_be_empty=True)
    choice = WordColumn("choice", CHOICE_WORDS)
    table = read_table(source, name_of(source, file, "allocation.csv"), [place, number, store, slot, choice])
    table.refuse(
        place.values != np.arange(1, table.count + 1),
        "bad-place",
        lambda row: f"The place must be {row + 1}: places count from 1 without a gap.",
        field="place",
    )
    table.refuse_repeated(keys_of(number.values), field="number")
    placements = Placements(number.values, store.codes, store.names, slot.codes, slot.names, choice.codes)
    for column in (store, slot):
        is_named = np.array([bool(name) for name in column.names], dtype=np.bool_)[column.codes]
        table.refuse(
            is_named != placements.is_placed,
            "bad-choice",
            lambda row: "Store and slot are empty exactly where the choice is -.",
            field="choice",
        )
    table.finish()
    return placements
