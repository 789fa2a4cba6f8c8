"""Filling evenly: again and again whoever has the smallest assigned/capacity and room (spec P3, P4).

So are slots filled within a store, its *stagger sequence*, and stores within a district or the city.
Fractions are compared exactly and without fractions: of two different ones with denominators up to C, one
is greater by at least 1/C², so with 2^s ≥ C² the integers floor(assigned × 2^s / capacity) stand in
the same order, and are equal only for equal fractions. Capacities up to 10^12 are never expanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heapreplace

from maskres.lottery.slots import Slot


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
        self.shift = 2 * max(self.capacities, default=0).bit_length()

    def has_room(self, member: int) -> bool:
        """Tell whether one more fits."""
        return self.assigned[member] < self.capacities[member]

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
        self._loads = loads
        self._heap = [loads.entry(member, loads.assigned[member]) for member in members]
        heapify(self._heap)

    def find(self) -> int | None:
        """Give the member, or None where none has room."""
        heap, loads = self._heap, self._loads
        count = len(loads.capacities)
        while heap:
            member = heap[0] % count
            if not loads.has_room(member):
                heappop(heap)
                continue
            entry = loads.entry(member, loads.assigned[member])
            if entry == heap[0]:
                return member
            heapreplace(heap, entry)
        return None


def stagger_sequence(slots: Iterable[Slot], length: int) -> list[Slot]:
    """Give the beginning of the stagger sequence of one store.

    Each slot stands in it as often as it has places: once for every number of places assigned before, in the order
    of their fractions. Among the first so many of a sequence no fraction is greater than their share of all places,
    so that is how far each slot is counted.

    Args:
        slots: the slots of one store, in any order.
        length: how many places to give, at most those of all slots.

    Source: spec P4.
    """
    # Ties go by starts_at, then slot: that is the order of the members' indices.
    ordered = sorted(slots, key=lambda slot: (slot.starts_at, slot.slot))
    loads = Loads([slot.capacity for slot in ordered])
    places = sum(loads.capacities)
    if not 0 <= length <= places:
        raise ValueError("a stagger sequence is as long as its slots have places")
    if length == 0:
        return []
    entries: list[int] = []
    for member, capacity in enumerate(loads.capacities):
        most = capacity * (length - 1) // places
        entries += [loads.entry(member, assigned) for assigned in range(most + 1)]
    entries.sort()
    return [ordered[entry % len(ordered)] for entry in entries[:length]]
