"""Lines of the protocol's CSV files spelled from arrays, a block at a time (spec B1, B2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskres.formats.strict_csv import spell_lines

_COMMA, _LINE_END = np.array([b","]), np.array([b"\n"])


def spell_columns(columns: Sequence[NDArray[np.bytes_]]) -> bytes:
    """Spell the lines of a block: fields padded with NUL into a table, then all NULs taken out.

    Args:
        columns: the fields of each column, of one length; none holds a byte that no field may hold (see
            `encode_names`).
    """
    parts: list[NDArray[np.bytes_]] = []
    for column in columns:
        parts += [column, _COMMA]
    parts[-1] = _LINE_END
    width = sum(part.dtype.itemsize for part in parts)
    table = np.empty((len(columns[0]), width), dtype=np.uint8)
    start = 0
    for part in parts:
        size = part.dtype.itemsize
        table[:, start : start + size] = np.ascontiguousarray(part).view(np.uint8).reshape(-1, size)
        start += size
    data: bytes = table[table != 0].tobytes()
    return data


def spell_counts(block: slice) -> NDArray[np.bytes_]:
    """Spell the count of each row of a block from 1 (see spell_whole)."""
    return spell_whole(np.arange(block.start + 1, block.stop + 1))


def spell_whole(values: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """Spell whole numbers from 1 in decimal, NUL in place of leading zeros."""
    digits = len(str(values.max(initial=1)))
    table = np.empty((len(values), digits), dtype=np.uint8)
    for place in range(digits):
        power = 10 ** (digits - 1 - place)
        table[:, place] = np.where(values >= power, values // power % 10 + ord("0"), 0)
    return table.view(f"S{digits}").ravel()


def encode_names(names: Sequence[str]) -> NDArray[np.bytes_]:
    """Encode texts to be taken as fields by their index.

    Raises:
        ValueError: one holds a byte that no field may hold.
    """
    spell_lines([(name,) for name in names], 1)
    return np.array([name.encode("ascii") for name in names], dtype=np.bytes_)
