"""What is remembered of each line that filled the tables: enough to tell which of them do not stand alone.

Told from the rows, that would be two passes over all of them while everybody waits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskres.formats.number_arrays import keys_of
from maskres.formats.symbols import LENGTH

_LINE = np.dtype([("number", "<u8"), ("person", "<i8"), ("line", "<i4")])


def pack_lines(numbers: Sequence[str], persons: Sequence[int], lines: Sequence[int]) -> bytes:
    """Pack what is remembered of lines: number, person, line."""
    packed = np.empty(len(numbers), dtype=_LINE)
    packed["number"] = _keys(numbers)
    packed["person"] = persons
    packed["line"] = lines
    return packed.tobytes()


class FilledLines:
    """The lines that filled the tables."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        """Remember what pack_lines gave of some lines."""
        self._pieces.append(piece)

    @property
    def count(self) -> int:
        """Count the lines."""
        return sum(map(len, self._pieces)) // _LINE.itemsize

    def find_apart(self, numbers: Collection[str], persons: Collection[int]) -> list[tuple[int, int]]:
        """Find the lines that do not stand alone: whose number stands twice, or is another's.

        What a document's number is follows from the document, so who stands in the file twice has a number that does.

        Args:
            numbers: that stood before.
            persons: who do not stand alone for another reason.

        Returns:
            Line and person of each.
        """
        lines = np.frombuffer(b"".join(self._pieces), dtype=_LINE)
        keys = np.sort(np.concatenate([lines["number"], _keys(list(numbers))]))
        is_apart = _are_among(lines["number"], keys[1:][keys[1:] == keys[:-1]])
        is_apart |= _are_among(lines["person"], np.sort(np.array(list(persons), dtype=np.int64)))
        apart = lines[is_apart]
        return list(zip(apart["line"].tolist(), apart["person"].tolist(), strict=True))


def _keys(numbers: Sequence[str]) -> NDArray[np.uint64]:
    return keys_of(np.array(numbers, dtype=f"S{LENGTH}"))


def _are_among(values: NDArray[Any], some: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which values are among some, which stand in order."""
    if not len(some):
        return np.zeros(len(values), dtype=np.bool_)
    places = np.searchsorted(some, values)
    is_among: NDArray[np.bool_] = some[np.minimum(places, len(some) - 1)] == values
    return is_among
