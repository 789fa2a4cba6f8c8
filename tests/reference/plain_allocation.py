"""A second allocation, written from draw.md alone: fractions, and every slot looked at every time.

Slots are tuples (district, store, slot, starts_at, ends_at, capacity) as in slots.csv; wishes map a number to
(district, reach, choices).
"""

from __future__ import annotations

import hashlib
from fractions import Fraction

Slot = tuple[str, str, str, str, str, int]
Wish = tuple[str, str, tuple[str, ...]]


def place_order(numbers: list[str], seed: str) -> list[str]:
    def key(number: str) -> tuple[str, str]:
        return hashlib.sha256(f"{seed}/{number}/place".encode("ascii")).hexdigest(), number

    return sorted(numbers, key=key)


class Shops:
    def __init__(self, slots: list[Slot]) -> None:
        self.slots = slots
        self.taken = {(store, slot): 0 for _, store, slot, _, _, _ in slots}
        self.district = {store: district for district, store, *_ in slots}

    def capacity(self, store: str) -> int:
        return sum(slot[5] for slot in self.slots if slot[1] == store)

    def assigned(self, store: str) -> int:
        return sum(count for (where, _), count in self.taken.items() if where == store)

    def has_room(self, store: str) -> bool:
        return store in self.district and self.assigned(store) < self.capacity(store)

    def emptiest(self, stores: list[str]) -> str | None:
        open_stores = [store for store in stores if self.has_room(store)]
        return min(
            open_stores,
            key=lambda store: (Fraction(self.assigned(store), self.capacity(store)), store),
            default=None,
        )

    def take(self, store: str) -> str:
        candidates = [
            (Fraction(self.taken[store, slot], capacity), starts_at, slot)
            for _, where, slot, starts_at, _, capacity in self.slots
            if where == store and self.taken[store, slot] < capacity
        ]
        slot = min(candidates)[2]
        self.taken[store, slot] += 1
        return slot


def find_store(shops: Shops, wish: Wish) -> tuple[str | None, str]:
    district, reach, choices = wish
    for position, store in enumerate(choices, start=1):
        if shops.has_room(store):
            return store, str(position)
    everywhere = sorted(shops.district)
    if reach in ("district", "city"):
        found = shops.emptiest([store for store in everywhere if shops.district[store] == district])
        if found is not None:
            return found, "d"
    if reach == "city":
        found = shops.emptiest(everywhere)
        if found is not None:
            return found, "c"
    return None, "-"


def place(
    groups: list[list[str]], wishes: dict[str, Wish], slots: list[Slot], seed: str
) -> list[tuple[int, str, str, str, str]]:
    """Spec P5 (one group) and A8 (two groups): lines of allocation.csv or promotion-N.csv."""
    shops = Shops(slots)
    lines: list[tuple[int, str, str, str, str]] = []
    for group in groups:
        for number in place_order(group, seed):
            store, choice = find_store(shops, wishes[number])
            slot = "" if store is None else shops.take(store)
            lines.append((len(lines) + 1, number, store or "", slot, choice))
    return lines
