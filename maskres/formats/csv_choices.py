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
        bars, bar_counts = _find_bars(fields)
        has_choices = fields.lengths > 0
        # No two names overlap, so in the order of the file the n-th name ends where the n-th end is.
        starts = np.sort(np.concatenate([fields.starts[has_choices], bars + 1]), kind="stable")
        ends = np.sort(np.concatenate([fields.ends[has_choices], bars]), kind="stable")
        codes, is_name = self._stores.parse(Fields(fields.data, starts, ends))
        counts = bar_counts + has_choices
        rows = np.repeat(np.arange(len(counts)), counts)
        positions = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        # One column more than is allowed takes all names that are too many: their row is refused.
        most = MAX_CHOICES + 1
        choices = np.full((len(counts), min(int(counts.max(initial=0)), most)), NO_CHOICE, dtype=np.int32)
        choices[rows, np.minimum(positions, most - 1)] = codes
        is_right: NDArray[np.bool_] = counts <= MAX_CHOICES
        is_right[rows[~is_name]] = False
        is_right[_find_repeating(choices)] = False
        return choices, is_right

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


def _find_bars(fields: Fields) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find every `|` in the fields of this column, and count those of each field."""
    everywhere = np.flatnonzero(np.frombuffer(fields.data, dtype=np.uint8) == ord("|"))
    first, behind = np.searchsorted(everywhere, fields.starts), np.searchsorted(everywhere, fields.ends)
    counts = behind - first
    if counts.sum() == len(everywhere):
        return everywhere, counts
    # Others stand in other columns.
    places = np.arange(counts.sum()) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    return everywhere[places], counts


def _find_repeating(choices: NDArray[np.int32]) -> NDArray[np.intp]:
    """Find the rows that hold a choice twice."""
    in_order = np.sort(choices, axis=1)
    is_twice = (in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] != NO_CHOICE)
    return np.nonzero(is_twice)[0]
