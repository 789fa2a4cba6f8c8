"""The plain lists beside the pool: registered, disputed and excluded numbers (spec F1, F3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskres.formats.csv_columns import NumberColumn, SlugColumn
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.formats.strict_csv import Source, name_of, read_table


@dataclass(frozen=True, slots=True, eq=False)
class Excluded:
    """Who registered and is not in the pool, with the coarse reason.

    Attributes:
        numbers: registration numbers, dtype S12, sorted.
        reasons: the reason of each row, an index of `reason_names`.
        reason_names: the slugs of the reasons.
    """

    numbers: Numbers
    reasons: NDArray[np.int32]
    reason_names: tuple[str, ...]


def read_numbers(source: Source, file: str | None = None) -> Numbers:
    """Read registered.csv or disputed.csv: `number`, sorted.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.

    Returns:
        The numbers, sorted, dtype S12.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec C1, C4, F1.
    """
    number = NumberColumn("number")
    table = read_table(source, name_of(source, file, "registered.csv"), [number])
    table.refuse_unsorted([keys_of(number.values)], field="number")
    table.finish()
    return number.values


def read_excluded(source: Source, file: str | None = None) -> Excluded:
    """Read excluded.csv: `number,reason`, sorted by number.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.

    Returns:
        The excluded numbers and their reasons.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec F3.
    """
    number = NumberColumn("number")
    reason = SlugColumn("reason")
    table = read_table(source, name_of(source, file, "excluded.csv"), [number, reason])
    table.refuse_unsorted([keys_of(number.values)], field="number")
    table.finish()
    return Excluded(number.values, reason.codes, reason.names)
