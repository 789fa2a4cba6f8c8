"""Who collects where and when: serial dictatorship in place order (spec P1 to P5).

On their turn each gets the best that is still there, and nobody's turn depends on what they ask for, so
asking for what one truly wants is best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.lottery import tickets
from maskres.lottery.placements import BY_CITY, BY_DISTRICT, CHOICE_WORDS, UNPLACED, Placements
from maskres.lottery.slots import Slot
from maskres.lottery.stagger import Emptiest, Loads, stagger_sequence
from maskres.lottery.tickets import HashNumbers, blocks, order_by_hash, require_seed
from maskres.lottery.wishes import REACHES, Wishes

_BY_DISTRICT, _BY_CITY, _UNPLACED = map(CHOICE_WORDS.index, (BY_DISTRICT, BY_CITY, UNPLACED))
_REACH_CITY, _REACH_CHOICES = REACHES.index("city"), REACHES.index("choices")
_NOWHERE = -1
"""Stands for no store, and for one that is not offered."""


class _City:
    """The stores and what is left of them during one allocation."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        self._slots: dict[str, list[Slot]] = {}
        for slot in slots:
            self._slots.setdefault(slot.store, []).append(slot)
        # Ties between stores go by their names: that is the order of their indices.
        self.stores = sorted(self._slots)
        self._loads = Loads([sum(slot.capacity for slot in self._slots[store]) for store in self.stores])
        # The last entry stands for _NOWHERE, which is -1.
        self._has_room = [True] * len(self.stores) + [False]
        members: dict[str, list[int]] = {}
        for index, store in enumerate(self.stores):
            members.setdefault(self._slots[store][0].district, []).append(index)
        self._by_district = {name: Emptiest(self._loads, stores) for name, stores in members.items()}
        self._everywhere = Emptiest(self._loads, range(len(self.stores)))

    def place_all(
        self, wishes: Wishes, rows: NDArray[np.intp]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Place people whose turn it is, one after the other.

        Args:
            wishes: of all of them.
            rows: the line of wishes of each, in turn.

        Returns:
            The store of each, an index of `stores` or _NOWHERE; and how it was found, an index of CHOICE_WORDS.
        """
        index_of = {store: index for index, store in enumerate(self.stores)}
        # The last entry stands for NO_CHOICE, which is -1.
        offered = np.array([*(index_of.get(name, _NOWHERE) for name in wishes.choice_names), _NOWHERE])
        # By district (spec P2.2) all are placed but those who want a choice or nothing, by city (P2.3) who wants that.
        none = Emptiest(self._loads, [])
        by_district = [*(self._by_district.get(name, none) for name in wishes.district_names), none]
        districts = np.where(wishes.reaches == _REACH_CHOICES, len(by_district) - 1, wishes.districts)
        by_reach = [self._everywhere if reach == _REACH_CITY else none for reach in range(len(REACHES))]
        stores = np.empty(len(rows), dtype=np.int32)
        choices = np.empty(len(rows), dtype=np.int32)
        for block in blocks(len(rows)):
            some = rows[block]
            turns = zip(
                offered[wishes.choices.take(some, axis=0)].tolist(),
                map(by_district.__getitem__, districts[some].tolist()),
                map(by_reach.__getitem__, wishes.reaches[some].tolist()),
                strict=True,
            )
            stores[block], choices[block] = self._place_some(turns)
        return stores, choices

    def _place_some(
        self, turns: Iterable[tuple[list[int], Emptiest, Emptiest]]
    ) -> tuple[list[int], list[int]]:
        """Place the next people: of each the stores chosen, those of the district, and those of the city."""
        has_room, assigned, capacities = self._has_room, self._loads.assigned, self._loads.capacities
        stores: list[int] = []
        choices: list[int] = []
        for wanted, district, city in turns:
            # Spec P2.1: the first choice with room; a store not in slots.csv is passed over, yet counts.
            for store in wanted:
                if has_room[store]:
                    choices.append(wanted.index(store))
                    break
            else:
                store, choice = _find(district, city)
                choices.append(choice)
            stores.append(store)
            if store != _NOWHERE:
                assigned[store] += 1
                if assigned[store] == capacities[store]:
                    has_room[store] = False
        return stores, choices

    def slots_in_turn(self, stores: NDArray[np.int32]) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Give everyone placed a slot of their store.

        What somebody's slot is depends on nothing but how many were placed at the store before (spec P4).

        Args:
            stores: as placed, in turn.

        Returns:
            The slot of each, an index of the names that come with them, the last of which is the empty text.
        """
        names = tuple(dict.fromkeys(slot.slot for slots in self._slots.values() for slot in slots))
        code_of = {name: code for code, name in enumerate(names)}
        codes = np.full(len(stores), len(names), dtype=np.int32)
        # Store by store, at each in turn; nowhere comes first.
        turns = np.argsort(stores, kind="stable")
        end = int((stores == _NOWHERE).sum())
        for store, assigned in zip(self.stores, self._loads.assigned, strict=True):
            start, end = end, end + assigned
            slots = self._slots[store]
            codes_here = np.array([code_of[slot.slot] for slot in slots], dtype=np.int32)
            codes[turns[start:end]] = codes_here[stagger_sequence(slots, assigned)]
        return codes, (*names, "")


def _find(district: Emptiest, city: Emptiest) -> tuple[int, int]:
    """Find a store for whom no choice has room: spec P2.2 the emptiest of their district, P2.3 of all."""
    store = district.find()
    if store is not None:
        return store, _BY_DISTRICT
    store = city.find()
    if store is not None:
        return store, _BY_CITY
    return _NOWHERE, _UNPLACED


def allocate(
    winners: Numbers,
    wishes: Wishes,
    slots: Iterable[Slot],
    seed: str,
    *,
    hash_numbers: HashNumbers = tickets.hash_numbers,
) -> Placements:
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
) -> Placements:
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
    stores, choices = city.place_all(wishes, rows)
    slot_codes, slot_names = city.slots_in_turn(stores)
    stores[stores == _NOWHERE] = len(city.stores)
    return Placements(wishes.numbers[rows], stores, (*city.stores, ""), slot_codes, slot_names, choices)


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
