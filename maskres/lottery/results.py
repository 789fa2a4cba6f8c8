"""The result of a draw: the whole pool in draw order, and its file (spec T6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskres.formats.csv_columns import HexColumn, IntegerColumn, NumberColumn, SlugColumn, WordColumn
from maskres.formats.csv_lines import encode_names, spell_columns, spell_counts, spell_whole
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.formats.strict_csv import Sink, Source, Table, name_of, read_table
from maskres.lottery.tickets import blocks, prefixes_of

HEADER = b"rank,number,stratum,ticket,outcome\n"
OUTCOMES = ("waiting", "won")
TICKET_DIGITS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A pool in draw order, one row a number; the row's rank is its index + 1.

    Attributes:
        numbers: registration numbers, dtype S12.
        strata: the stratum of each row, an index of `stratum_names`.
        stratum_names: the slugs of the strata.
        tickets: the first 64 bits of each value.
        has_won: whether each row won.
        cutoffs: stratum → the largest value that won, 64 hex digits; strata where nobody won are left out.
            None where the result was read from its file, which holds only a quarter of each value.
    """

    numbers: Numbers
    strata: NDArray[np.int32]
    stratum_names: tuple[str, ...]
    tickets: NDArray[np.uint64]
    has_won: NDArray[np.bool_]
    cutoffs: Mapping[str, str] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def winners(self) -> Numbers:
        """The numbers that won, in draw order."""
        return self.numbers[self.has_won]

    def count_winners(self) -> dict[str, int]:
        """Count the winners of each stratum, in the order of the strata's names."""
        counts = np.bincount(self.strata[self.has_won], minlength=len(self.stratum_names)).tolist()
        return dict(sorted(zip(self.stratum_names, counts, strict=True)))


def read_result(source: Source, file: str | None = None) -> Result:
    """Read result.csv: `rank,number,stratum,ticket,outcome` in draw order.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.

    Returns:
        The result, without cutoffs.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec T6.
    """
    rank = IntegerColumn("rank", 1)
    number = NumberColumn("number")
    stratum = SlugColumn("stratum")
    ticket = HexColumn("ticket", TICKET_DIGITS)
    outcome = WordColumn("outcome", OUTCOMES)
    table = read_table(source, name_of(source, file, "result.csv"), [rank, number, stratum, ticket, outcome])
    tickets = prefixes_of(ticket.values)
    has_won: NDArray[np.bool_] = outcome.codes == OUTCOMES.index("won")
    table.refuse(
        rank.values != np.arange(1, table.count + 1),
        "bad-rank",
        lambda row: f"The rank must be {row + 1}: ranks count from 1 without a gap.",
        field="rank",
    )
    table.refuse_repeated(keys_of(number.values), field="number")
    table.refuse(
        np.concatenate(([False], tickets[1:] < tickets[:-1])),
        "not-sorted",
        lambda row: "The ticket is smaller than the one above it.",
        field="ticket",
    )
    _refuse_late_winners(table, stratum, has_won)
    table.finish()
    return Result(number.values, stratum.codes, stratum.names, tickets, has_won)


def _refuse_late_winners(table: Table, stratum: SlugColumn, has_won: NDArray[np.bool_]) -> None:
    """In each stratum the winners come first: refuse a winner behind one who waits."""
    is_late = np.zeros(table.count, dtype=np.bool_)
    codes = stratum.codes
    for code in range(len(stratum.names)):
        rows = np.flatnonzero(codes == code)
        is_late[rows] = np.logical_or.accumulate(~has_won[rows]) & has_won[rows]
    table.refuse(
        is_late,
        "bad-outcome",
        lambda row: f"This winner stands behind one of stratum {stratum.names[codes[row]]} who did not win.",
        field="outcome",
    )


def write_result(result: Result, stream: Sink) -> None:
    """Write result.csv.

    Args:
        result: the result.
        stream: where to write.

    Source: spec T6.
    """
    _write_lines(result, None, stream)


def write_result_by_number(result: Result, stream: Sink) -> None:
    """Write the lines of result.csv, but in the order of the numbers: so a database takes them fastest."""
    _write_lines(result, np.argsort(keys_of(result.numbers)), stream)


def _write_lines(result: Result, order: NDArray[np.intp] | None, stream: Sink) -> None:
    """Write the header and the lines in an order of rows, or as they stand."""
    stream.write(HEADER)
    names, outcomes = encode_names(result.stratum_names), encode_names(OUTCOMES)
    for block in blocks(len(result)):
        some = block if order is None else order[block]
        columns = [
            spell_counts(block) if order is None else spell_whole(order[block] + 1),
            result.numbers[some],
            names[result.strata[some]],
            _spell(result.tickets[some]),
            outcomes[result.has_won[some].astype(np.int64)],
        ]
        stream.write(spell_columns(columns))


def _spell(tickets: NDArray[np.uint64]) -> NDArray[np.bytes_]:
    """Spell 64 bits as 16 lower-case hex digits."""
    digits = tickets.astype(">u8").tobytes().hex().encode("ascii")
    return np.frombuffer(digits, dtype=f"S{TICKET_DIGITS}")
