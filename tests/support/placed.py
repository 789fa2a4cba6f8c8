"""Placements as columns, made from single lines."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from maskres.lottery.placements import CHOICE_WORDS, Placement, Placements


def gather_placements(lines: Iterable[Placement]) -> Placements:
    """Gather lines in place order, wherever they come from: nothing is checked."""
    rows = list(lines)
    stores, slots = sorted({line.store for line in rows}), sorted({line.slot for line in rows})
    return Placements(
        numbers=np.array([line.number for line in rows], dtype="S12"),
        stores=np.array([stores.index(line.store) for line in rows], dtype=np.int32),
        store_names=tuple(stores),
        slots=np.array([slots.index(line.slot) for line in rows], dtype=np.int32),
        slot_names=tuple(slots),
        choices=np.array([CHOICE_WORDS.index(line.choice) for line in rows], dtype=np.int32),
    )
