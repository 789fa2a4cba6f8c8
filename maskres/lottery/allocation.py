"""Who collects where and when: serial dictatorship in place order (spec P1 to P5).

On their turn each gets the best that is still there, and nobody's turn depends on what they ask for, so
asking for what one truly wants is best.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.formats.csv_columns import MAX_CHOICES, IntegerColumn, NumberColumn, SlugColumn, WordColumn
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.formats.strict_csv import Sink, Source, name_of, read_table, write_table
from maskres.lottery import tickets
from maskres.lottery.slots import Slot
from maskres.lottery.stagger import Emptiest, Loads, stagger_sequence
from maskres.lottery.tickets import HashNumbers, order_by_hash, require_seed
from maskres.lottery.wishes import REACHES, Wishes

HEADER = ("place", "number", "store", "slot", "choice")
BY_DISTRICT, BY_CITY, UNPLACED = "d", "c", "-"
_CHOICE_WORDS = (*map(str, range(1, MAX_CHOICES + 1)), BY_DISTRICT, BY_CITY, UNPLACED)
_REACH_CITY, _REACH_CHOICES = REACHES.index("city"), REACHES.index("choices")


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


class _City:
    """The stores and what is left of them during one allocation."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._slots: dict[str, list[Slot]] = {}
        for slot in slots:
            self._slots.setdefault(slot.store, []).append(slot)
        # Ties between stores go by their names: that is the order of their indices.
        self.stores = sorted(self._slots)
        self._with_room = {store.encode("ascii"): index for index, store in enumerate(self.stores)}
        self._loads = Loads([sum(slot.capacity for slot in self._slots[store]) for store in self.stores])
        members: dict[str, list[int]] = {}
        for index, store in enumerate(self.stores):
            members.setdefault(self._slots[store][0].district, []).append(index)
        self.by_district = {name: Emptiest(self._loads, stores) for name, stores in members.items()}
        self._everywhere = Emptiest(self._loads, range(len(self.stores)))

    def place_all(
        self, wishes: Iterable[tuple[bytes, int, int]], districts: Sequence[Emptiest | None]
    ) -> Iterator[tuple[int | None, str]]:
        """Place people whose turn it is, one after the other; give the store of each, and how it was found.

        Args:
            wishes: of each the choices, the district as an index of `districts`, and the reach.
            districts: the stores of each; None where there are none.
        """
        with_room, assigned, capacities = self._with_room, self._loads.assigned, self._loads.capacities
        for choices, district, reach in wishes:
            store, choice = None, UNPLACED
            if choices:
                # Spec P2.1: the first choice with room; a store not in slots.csv is passed over, yet counts.
                for position, name in enumerate(choices.split(b"|")):
                    store = with_room.get(name)
                    if store is not None:
                        choice = _CHOICE_WORDS[position]
                        break
            if store is None and reach != _REACH_CHOICES:
                store, choice = self._find(districts[district], reach)
            if store is not None:
                assigned[store] += 1
                if assigned[store] == capacities[store]:
                    del with_room[self.stores[store].encode("ascii")]
            yield store, choice

    def _find(self, district: Emptiest | None, reach: int) -> tuple[int | None, str]:
        # Spec P2.2: the emptiest store of their district, unless they want their choices or nothing.
        store = None if district is None else district.find()
        if store is not None:
            return store, BY_DISTRICT
        # Spec P2.3: the emptiest store of all.
        if reach == _REACH_CITY:
            store = self._everywhere.find()
        return store, UNPLACED if store is None else BY_CITY

    def slots_in_turn(self) -> list[Iterator[str]]:
        """Give, for each store, the slots of those placed there, in the order in which they were.

        What somebody's slot is depends on nothing but how many were placed at the store before (spec P4).
        """
        return [
            iter([slot.slot for slot in stagger_sequence(self._slots[store], assigned)])
            for store, assigned in zip(self.stores, self._loads.assigned, strict=True)
        ]


def allocate(
    winners: Numbers,
    wishes: Wishes,
    slots: Iterable[Slot],
    seed: str,
    *,
    hash_numbers: HashNumbers = tickets.hash_numbers,
) -> list[Placement]:
    """Place the winners of a draw.

    Args:
        winners: registration numbers, dtype S12, in any order.
        wishes: of exactly the winners.
        slots: the slots offered, in any order.
        seed: 64 lower-case hex digits.
        hash_numbers: computes the digests.

    Returns:
        One placement a winner, in place order.

    Raises:
        InputError: "bad-seed", "unknown-number" for wishes of somebody else, "wish-missing".

    Source: spec P1 to P5.
    """
    return place_in_turn([winners], wishes, slots, seed, hash_numbers=hash_numbers)


def place_in_turn(
    groups: Sequence[Numbers],
    wishes: Wishes,
    slots: Iterable[Slot],
    seed: str,
    *,
    hash_numbers: HashNumbers = tickets.hash_numbers,
) -> list[Placement]:
    """Place several groups one after the other, each in place order, over the same slots.

    Args:
        groups: registration numbers, dtype S12; no number in two groups.
        wishes: of exactly the numbers of all groups.
        slots: the slots offered, in any order; nothing of them is taken yet.
        seed: 64 lower-case hex digits.
        hash_numbers: computes the digests.

    Returns:
        One placement a number; places count from 1 over all groups.

    Raises:
        InputError: "bad-seed", "unknown-number" for wishes of somebody else, "wish-missing".

    Source: spec P2, A7.
    """
    require_seed(seed)
    rows_of_groups = _rows_of_wishes(groups, wishes)
    rows = np.concatenate(
        [np.empty(0, dtype=np.intp)]
        + [
            group[order_by_hash(seed, wishes.numbers[group], "place", hash_numbers)]
            for group in rows_of_groups
        ]
    )
    city = _City(slots)
    districts = [city.by_district.get(name) for name in wishes.district_names]
    turns = zip(
        map(wishes.choices.__getitem__, rows.tolist()),
        wishes.districts[rows].tolist(),
        wishes.reaches[rows].tolist(),
        strict=True,
    )
    placed = list(city.place_all(turns, districts))
    slots_in_turn = city.slots_in_turn()
    numbers = wishes.numbers[rows].astype("U12").tolist()
    return [
        _placement((place, number, "", "", choice))
        if store is None
        else _placement((place, number, city.stores[store], next(slots_in_turn[store]), choice))
        for place, (number, (store, choice)) in enumerate(zip(numbers, placed, strict=True), start=1)
    ]


def _rows_of_wishes(groups: Sequence[Numbers], wishes: Wishes) -> list[NDArray[np.intp]]:
    """Find the lines of wishes of each group; together they must be all lines, each once."""
    # Wishes are sorted by number. Looking sorted keys up in sorted keys is many times faster than in place order.
    keys = [np.sort(keys_of(group)) for group in groups]
    found = keys_of(wishes.numbers)
    rows = [np.searchsorted(found, wanted) for wanted in keys]
    looked_up = np.concatenate([np.empty(0, dtype=np.intp), *rows])
    if len(looked_up) == len(found) and np.array_equal(np.sort(looked_up), np.arange(len(found))):
        is_found = [np.array_equal(found[at], wanted) for at, wanted in zip(rows, keys, strict=True)]
        if all(is_found):
            return rows
    raise _explain_difference(np.concatenate([np.empty(0, dtype="S12"), *groups]), wishes)


def _explain_difference(turns: Numbers, wishes: Wishes) -> Exception:
    """Say why the wishes are not of exactly the numbers to be placed."""
    wanted, found = keys_of(turns), keys_of(wishes.numbers)
    is_stranger = ~np.isin(found, wanted)
    if is_stranger.any():
        row = int(is_stranger.argmax())
        number = bytes(wishes.numbers[row]).decode("ascii")
        raise InputError(
            "unknown-number",
            f"{number} is not to be placed: only winners are.",
            file=wishes.file,
            line=row + 2,
        )
    is_missing = ~np.isin(wanted, found)
    if not is_missing.any():
        return ValueError("a number is to be placed twice")
    number = bytes(min(turns[is_missing].tolist())).decode("ascii")
    line = int((found < keys_of(np.array([number], dtype="S12"))).sum()) + 2
    return InputError(
        "wish-missing", f"The wishes of {number} are missing; they belong here.", file=wishes.file, line=line
    )


def write_allocation(placements: Iterable[Placement], stream: Sink) -> int:
    """Write allocation.csv or promotion-N.csv; give the number of lines.

    Source: spec P5.
    """
    return write_table(stream, HEADER, placements)


def read_allocation(source: Source, file: str | None = None) -> list[Placement]:
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
    choice = WordColumn("choice", _CHOICE_WORDS)
    table = read_table(source, name_of(source, file, "allocation.csv"), [place, number, store, slot, choice])
    table.refuse(
        place.values != np.arange(1, table.count + 1),
        "bad-place",
        lambda row: f"The place must be {row + 1}: places count from 1 without a gap.",
        field="place",
    )
    table.refuse_repeated(keys_of(number.values), field="number")
    is_placed = choice.codes != _CHOICE_WORDS.index(UNPLACED)
    for column in (store, slot):
        is_named = np.array([bool(name) for name in column.names], dtype=np.bool_)[column.codes]
        table.refuse(
            is_named != is_placed,
            "bad-choice",
            lambda row: "Store and slot are empty exactly where the choice is -.",
            field="choice",
        )
    table.finish()
    stores, slots = store.names, slot.names
    return [
        Placement(place, number, stores[s], slots[t], _CHOICE_WORDS[c])
        for place, (number, s, t, c) in enumerate(
            zip(
                number.values.astype("U12").tolist(),
                store.codes.tolist(),
                slot.codes.tolist(),
                choice.codes.tolist(),
                strict=True,
            ),
            start=1,
        )
    ]
