"""Filling evenly: again and again whoever has the smallest assigned/capacity and room (spec P3, P4).

So are slots filled within a store, its *stagger sequence*, and stores within a district or the city.
Fractions are compared exactly and without fractions: of two different ones with denominators up to C, one
is greater by at least 1/C², so with 2^s ≥ C² the integers floor(assigned × 2^s / capacity) stand in
the same order, and are equal only for equal fractions. Capacities up to 10^12 are never expanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heapreplace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskres.lottery.slots import Slot


def shift_for(capacities: Sequence[int]) -> int:
    """Give the s of the module's docstring."""
    return 2 * max(capacities, default=0).bit_length()


class Loads:
    """How much of each capacity is taken.

    Args:
        capacities: whole numbers, at least 1; members are named by their index.

    Attributes:
        capacities: as given.
        assigned: places taken of each; only ever added to.
        shift: the s of the module's docstring.
    """

    def __init__(self, capacities: Sequence[int]) -> None:
        self.capacities = list(capacities)
        self.assigned = [0] * len(self.capacities)
        self.shift = shift_for(self.capacities)

    def entry(self, member: int, assigned: int) -> int:
        """Give an integer that stands where (assigned/capacity, member) does: level × count + member."""
        level = (assigned << self.shift) // self.capacities[member]
        return level * len(self.capacities) + member


class Emptiest:
    """Finds, among some members, the one with room and the smallest assigned/capacity, ties by index.

    A heap whose entries may lag behind: places are only ever taken, so a level only rises, and an entry that
    is up to date at the top is the smallest.

    Args:
        loads: shared; may be added to by others.
        members: whom to look among.
    """

    def __init__(self, loads: Loads, members: Iterable[int]) -> None:
        self._assigned, self._capacities, self._shift = loads.assigned, loads.capacities, loads.shift
        self._heap = [loads.entry(member, loads.assigned[member]) for member in members]
        heapify(self._heap)

    def find(self) -> int | None:
        """Give the member, or None where none has room."""
        heap, assigned, capacities, shift = self._heap, self._assigned, self._capacities, self._shift
        count = len(capacities)
        while heap:
            member = heap[0] % count
            taken, capacity = assigned[member], capacities[member]
            if taken >= capacity:
                heappop(heap)
                continue
            entry = (taken << shift) // capacity * count + member
            if entry == heap[0]:
                return member
            heapreplace(heap, entry)
        return None


def stagger_sequence(slots: Sequence[Slot], length: int) -> NDArray[np.intp]:
    """Give the beginning of the stagger sequence of one store, as indices of its slots.

    Each slot stands in it as often as it has places: once for every number of places assigned before, in the order
    of their fractions. Among the first so many of a sequence no fraction is greater than their share of all places,
    so that is how far each slot is counted.

    Args:
        slots: the slots of one store, in any order.
        length: how many places to give, at most those of all slots.

    Source: spec P4.
    """
    # Ties go by starts_at, then slot: that is the order of the members.
    order = sorted(range(len(slots)), key=lambda index: (slots[index].starts_at, slots[index].slot))
    capacities = [slots[index].capacity for index in order]
    places = sum(capacities)
    if not 0 <= length <= places:
        raise ValueError("a stagger sequence is as long as its slots have places")
    if length == 0:
        return np.empty(0, dtype=np.intp)
    shift = shift_for(capacities)
    counts = np.array([capacity * (length - 1) // places + 1 for capacity in capacities], dtype=np.int64)
    members = np.repeat(np.arange(len(capacities)), counts)
    assigned = np.arange(len(members)) - np.repeat(counts.cumsum() - counts, counts)
    # As Loads.entry, of machine words where all fit into one, else of Python's integers.
    is_small = ((max(capacities) << shift) * len(capacities)).bit_length() < 63
    whole: Any = np.int64 if is_small else np.object_
    levels = assigned.astype(whole) * (1 << shift) // np.array(capacities, dtype=whole)[members]
    first: NDArray[Any] = np.sort(levels * len(capacities) + members)[:length] % len(capacities)
    return np.array(order, dtype=np.intp)[first.astype(np.intp)]
