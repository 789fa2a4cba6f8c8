"""The column of choices: short names of stores, best first (spec S1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskres.formats.csv_columns import MAX_CHOICES, Column, Explanation, Fields, SlugColumn
from maskres.formats.values import is_slug

NO_CHOICE = -1
"""Stands behind the last choice of a row that has fewer than others."""


class ChoicesColumn(Column):
    """Store slugs joined by `|`, best first, none twice, at most 20, perhaps none (spec S1)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._stores = SlugColumn(name)

    def parse(self, fields: Fields) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Parse one block: the names between the bars are a column of their own, with several to a row."""
        bars = _find_bars(fields)
        has_choices = fields.lengths > 0
        # No two fields overlap, so in the order of the file the n-th name ends where the n-th end is.
        starts = np.sort(np.concatenate([fields.starts[has_choices], bars + 1]), kind="stable")
        ends = np.sort(np.concatenate([fields.ends[has_choices], bars]), kind="stable")
        codes, is_name = self._stores.parse(Fields(fields.data, starts, ends))
        rows = np.searchsorted(fields.ends, ends)
        counts = np.bincount(rows, minlength=len(fields.ends))
        positions = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
        is_right: NDArray[np.bool_] = counts <= MAX_CHOICES
        is_right[rows[~is_name]] = False
        is_counted = positions < MAX_CHOICES
        widest = min(int(counts.max(initial=0)), MAX_CHOICES)
        choices = np.full((len(counts), widest), NO_CHOICE, dtype=np.int32)
        choices[rows[is_counted], positions[is_counted]] = codes[is_counted]
        in_order = np.sort(choices, axis=1)
        is_twice = (in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] != NO_CHOICE)
        return choices, is_right & ~is_twice.any(axis=1)

    def explain(self, text: str) -> Explanation | None:
        """Say what is wrong with one field."""
        stores = text.split("|") if text else []
        for store in stores:
            if not is_slug(store):
                return "bad-choices", f"{store!r:.60} is not the short name of a store."
            if stores.count(store) > 1:
                return "bad-choices", f"The store {store} is chosen twice."
        if len(stores) > MAX_CHOICES:
            return "bad-choices", f"There are {len(stores)} choices; at most {MAX_CHOICES} are allowed."
        return None

    @property
    def choices(self) -> NDArray[np.int32]:
        """Indices of `names`, one row a line, best first, then NO_CHOICE."""
        widest = max((part.shape[1] for part in self._parts), default=0)
        self._parts = [
            np.pad(part, ((0, 0), (0, widest - part.shape[1])), constant_values=NO_CHOICE)
            for part in self._parts
        ]
        choices = self._gathered(np.int32)
        return choices.reshape(len(choices), widest)

    @property
    def names(self) -> tuple[str, ...]:
        """The stores chosen by anybody, in order of first appearance."""
        return self._stores.names


def _find_bars(fields: Fields) -> NDArray[np.int64]:
    """Find every `|` that stands in a field of this column."""
    bars = np.flatnonzero(np.frombuffer(fields.data, dtype=np.uint8) == ord("|"))
    rows = np.searchsorted(fields.ends, bars)
    # Behind the last field there is none; one before its field's start stands in another column.
    is_before_end = rows < len(fields.ends)
    bars, rows = bars[is_before_end], rows[is_before_end]
    return bars[bars >= fields.starts[rows]]
