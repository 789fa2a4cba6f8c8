"""Placements as the database has them: rows of places, in the order of the numbers, and how many of each slot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from maskres.db.bulk import BATCH_ROWS
from maskres.formats.number_arrays import keys_of
from maskres.lottery.placements import CHOICE_WORDS, Placements
from maskres.pickup.codes import DIGEST_LENGTH

#: A code as unsealing.Opened has it.
_CODE = np.dtype([("number", "S12"), ("digest", f"V{DIGEST_LENGTH}")])


def place_rows(
    draw_id: int, placements: Placements, codes: bytes, *, batch: int = 0, after: int = 0
) -> Iterator[tuple[Any, ...]]:
    """Turn placements into rows for results.insert_places, by number: so an index takes them fastest.

    Args:
        draw_id: the draw.
        placements: whose places.
        codes: as unsealing.Opened has them, by number; of all to be placed, and perhaps of others.
        batch: by which the places were given; 0 for the allocation.
        after: so many placements from the first on are left out.
    """
    keys = keys_of(placements.numbers[after:])
    rows, keys = np.argsort(keys) + after, np.sort(keys)
    known = np.frombuffer(codes, dtype=_CODE)
    found = np.flatnonzero(np.isin(keys_of(known["number"]), keys, assume_unique=True))
    if len(found) != len(keys):
        raise ValueError("somebody is to be placed whose code was not made")
    digests = known["digest"][found]
    is_placed = placements.is_placed
    stores, slots = (_or_none(names) for names in (placements.store_names, placements.slot_names))
    for start in range(0, len(rows), BATCH_ROWS):
        some, data = rows[start : start + BATCH_ROWS], digests[start : start + BATCH_ROWS].tobytes()
        lines = zip(
            placements.numbers[some].astype("U12").tolist(),
            is_placed[some].tolist(),
            placements.stores[some].tolist(),
            placements.slots[some].tolist(),
            placements.choices[some].tolist(),
            range(0, len(data), DIGEST_LENGTH),
            strict=True,
        )
        for number, has_place, store, slot, choice, at in lines:
            status, digest = ("assigned", data[at : at + DIGEST_LENGTH]) if has_place else ("unplaced", None)
            place = (stores[store], slots[slot], CHOICE_WORDS[choice], 1, digest)
            yield (draw_id, number, batch, status, *place)


def count_by_slot(placements: Placements) -> dict[tuple[str, str], int]:
    """Count the placements of each store and slot."""
    is_placed, slot_count = placements.is_placed, len(placements.slot_names)
    pairs = placements.stores[is_placed].astype(np.int64) * slot_count + placements.slots[is_placed]
    found, counts = np.unique(pairs, return_counts=True)
    return {
        (placements.store_names[pair // slot_count], placements.slot_names[pair % slot_count]): count
        for pair, count in zip(found.tolist(), counts.tolist(), strict=True)
    }


def _or_none(names: tuple[str, ...]) -> list[str | None]:
    return [name or None for name in names]
