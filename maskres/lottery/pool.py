"""The pool: who takes part in a draw, with stratum, tickets and seal (spec F1, F2)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskres.formats.csv_columns import HexColumn, IntegerColumn, NumberColumn, SlugColumn
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.formats.strict_csv import BLOCK_BYTES, Source, Table, name_of, read_table

MAX_TICKETS = 10
SEAL_DIGITS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A pool as columns, one row a number; the order of the rows means nothing.

    Attributes:
        numbers: registration numbers, dtype S12, distinct.
        strata: the stratum of each row, an index of `stratum_names`.
        stratum_names: the slugs of the strata.
        tickets: how many tickets each has, 1 to 10.
        seals: the 20 bytes of each seal, or None where they were not wanted.
    """

    numbers: Numbers
    strata: NDArray[np.int32]
    stratum_names: tuple[str, ...]
    tickets: NDArray[np.uint8]
    seals: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def count_by_stratum(self) -> dict[str, int]:
        """Count the numbers of each stratum, in the order of the strata's names."""
        counts = np.bincount(self.strata, minlength=len(self.stratum_names)).tolist()
        return dict(sorted(zip(self.stratum_names, counts, strict=True)))


def read_pool(source: Source, file: str | None = None, *, keep_seals: bool = False) -> Pool:
    """Read pool.csv: `number,stratum,tickets,seal`, sorted by number.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.
        keep_seals: whether the seals are wanted afterwards; they are checked in any case.

    Returns:
        The pool, in the order of the file.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec B2, F1, F2.
    """
    number, stratum, tickets, seal = _columns(keep_seals=keep_seals)
    table = read_table(source, name_of(source, file, "pool.csv"), [number, stratum, tickets, seal])
    table.refuse_unsorted([keys_of(number.values)], field="number")
    table.finish()
    return Pool(
        numbers=number.values,
        strata=stratum.codes,
        stratum_names=stratum.names,
        tickets=tickets.values,
        seals=seal.values if keep_seals else None,
    )


def count_pool(source: Source, file: str | None = None, *, block_bytes: int = BLOCK_BYTES) -> dict[str, int]:
    """Check pool.csv as `read_pool` does and count it, in memory that does not grow with the file.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.
        block_bytes: how much to read at once, at least 1.

    Returns:
        Stratum → how many numbers, in the order of the strata's names.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec B2, F1, F2.
    """
    columns = number, stratum, _, _ = _columns(keep_seals=False)
    counts: Counter[str] = Counter()
    last_key = np.empty(0, dtype=np.uint64)

    def count_block(table: Table) -> None:
        nonlocal last_key
        keys = np.concatenate([last_key, keys_of(number.values)])
        table.refuse_unsorted([keys], field="number", first_row=table.count - len(keys))
        last_key = keys[-1:]
        in_block = np.bincount(stratum.codes, minlength=len(stratum.names)).tolist()
        counts.update(dict(zip(stratum.names, in_block, strict=True)))
        for column in columns:
            column.forget()

    name = name_of(source, file, "pool.csv")
    read_table(source, name, columns, block_bytes=block_bytes, each_block=count_block).finish()
    return dict(sorted(counts.items()))


def _columns(*, keep_seals: bool) -> tuple[NumberColumn, SlugColumn, IntegerColumn, HexColumn]:
    return (
        NumberColumn("number"),
        SlugColumn("stratum"),
        IntegerColumn("tickets", 1, MAX_TICKETS, np.uint8),
        HexColumn("seal", SEAL_DIGITS, keep=keep_seals),
    )
