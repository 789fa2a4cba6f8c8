"""The protocol's CSV files, read strictly, in blocks, into columns (spec B1, B2, B6).

UTF-8 without byte order mark, LF after every line including the last, one exact header, commas, no
quoting. Whatever else two readers might take differently is refused, naming file and line; of several
faults the first in the file is named, whatever the block size. Two million lines take well under a second.

How: no field of these files holds a byte below the hyphen, so one comparison finds all commas and line
ends and any stray byte among them; then every column parses its fields as arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.formats.csv_columns import AFTER, BEFORE, Column, Fields

Source = Path | str | bytes | BinaryIO
"""Where a file is read from: a path, its bytes, or an open binary stream."""


class Sink(Protocol):
    """Where a file is written to."""

    def write(self, data: bytes, /) -> object:
        """Write bytes."""


BLOCK_BYTES = 2 << 20
MAX_LINE_BYTES = 65_536
_COMMA, _LF = ord(","), ord("\n")
_BOM = b"\xef\xbb\xbf"


class Table:
    """The rows of a file up to its first fault, and that fault.

    Further rules of the file (sorted, unique, consecutive …) are added as arrays over the rows; the fault
    on the earliest line wins. `finish` raises it.

    Args:
        file: the name to give in errors.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.count = 0
        self._fault: InputError | None = None

    def fail(self, line: int, code: str, message: str, *, field: str | None = None) -> None:
        """Note a fault on a line (counted from 1, header included), unless an earlier one is known."""
        known = None if self._fault is None else self._fault.line
        if known is None or line < known:
            self._fault = InputError(code, message, field=field, file=self.file, line=line)

    def refuse(
        self, is_bad: NDArray[np.bool_], code: str, describe: Callable[[int], str], *, field: str
    ) -> None:
        """Note the first row that a rule refuses.

        Args:
            is_bad: one boolean a row.
            code: stable code of the error.
            describe: writes the sentence for a row, counted from 0.
            field: the column at fault.
        """
        row = int(is_bad.argmax()) if len(is_bad) else 0
        if len(is_bad) and is_bad[row]:
            self.fail(row + 2, code, describe(row), field=field)

    def refuse_unsorted(self, keys: Sequence[NDArray[Any]], *, field: str, first_row: int = 0) -> None:
        """Refuse rows that do not stand strictly after the row before, by the keys in turn.

        Args:
            keys: arrays of one length, over the rows from `first_row` on.
            field: the column at fault.
            first_row: counted from 0.
        """
        if len(keys[0]) < 2:
            return
        is_after = np.zeros(len(keys[0]) - 1, dtype=np.bool_)
        is_equal = np.ones(len(keys[0]) - 1, dtype=np.bool_)
        for key in keys:
            is_after |= is_equal & (key[1:] > key[:-1])
            is_equal &= key[1:] == key[:-1]
        row = int((~is_after).argmax())
        if is_after[row]:
            return
        line = first_row + row + 3
        if is_equal[row]:
            self.fail(line, "repeated-key", "The line before has the same one already.", field=field)
        else:
            self.fail(line, "not-sorted", "The line belongs before the one above it.", field=field)

    def refuse_repeated(self, keys: NDArray[Any], *, field: str) -> None:
        """Refuse rows whose key stood in an earlier row, in a file that is sorted by something else."""
        in_order = np.sort(keys)
        if not (in_order[1:] == in_order[:-1]).any():
            return
        order = np.argsort(keys, kind="stable")
        is_same = keys[order[1:]] == keys[order[:-1]]
        row = int(order[1:][is_same].min())
        first = int(np.flatnonzero(keys == keys[row])[0])
        self.fail(row + 2, "repeated-key", f"Line {first + 2} has the same one already.", field=field)

    def finish(self) -> None:
        """Raise the fault on the earliest line, if there is one.

        Raises:
            InputError: with the code of that fault, file and line.
        """
        if self._fault is not None:
            raise self._fault


def name_of(source: Source, file: str | None, usual: str) -> str:
    """Choose the name of a file for errors: as given, else the path's last part, else the protocol's name."""
    return file or (Path(source).name if isinstance(source, (str, Path)) else usual)


def read_table(
    source: Source,
    file: str,
    columns: Sequence[Column],
    *,
    block_bytes: int = BLOCK_BYTES,
    each_block: Callable[[Table], None] = lambda table: None,
) -> Table:
    """Read a file into columns, up to its first fault.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors (see `name_of`).
        columns: the columns in the order of the header; each gathers its values.
        block_bytes: how much to read at once, at least 1.
        each_block: called after each block with its rows in the columns, from which it may take them; so a
            file larger than memory can be read.

    Returns:
        The table; the caller adds the file's own rules and calls `finish`.

    Raises:
        InputError: "bad-header", "byte-order-mark", "carriage-return", "quotes" or "missing-last-lf" for a
            wrong first line (later faults wait in the table); "no-such-file" where it cannot be opened.

    Source: spec B1, B2, B11.
    """
    table = Table(file)
    with _open(source, file) as stream:
        header = (",".join(column.name for column in columns) + "\n").encode("ascii")
        rest = _read(stream, max(block_bytes, len(header)))
        _check_header(rest, header, file)
        rest = rest[len(header) :]
        while True:
            end = rest.rfind(b"\n") + 1
            if end:
                is_right = _take_block(table, rest[:end], columns)
                each_block(table)
                if not is_right:
                    return table
            rest = rest[end:]
            if len(rest) > MAX_LINE_BYTES:
                _fail_line(table, table.count + 2, rest, columns)
                return table
            more = _read(stream, block_bytes)
            if not more:
                break
            rest += more
    if rest:
        table.fail(
            table.count + 2,
            "missing-last-lf",
            "The last line does not end with a line feed; the file may be cut off.",
        )
    return table


def write_table(stream: Sink, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a file of the protocol.

    Args:
        stream: where to write.
        header: the columns' names.
        rows: one sequence of fields a line (text or integers), in the order of the file.

    Returns:
        The number of lines written, header not counted.

    Raises:
        ValueError: a field holds a byte that no field may hold, or a row has another number of fields.
    """
    stream.write((",".join(header) + "\n").encode("ascii"))
    count = 0
    remaining = iter(rows)
    while some := list(islice(remaining, 65_536)):
        stream.write(spell_lines(some, len(header)))
        count += len(some)
    return count


def spell_lines(rows: Sequence[Sequence[object]], width: int) -> bytes:
    """Spell lines of a file of the protocol.

    Args:
        rows: as for write_table.
        width: fields of a row.

    Raises:
        ValueError: as write_table.
    """
    if not rows:
        return b""
    data = ("\n".join([",".join(map(str, row)) for row in rows]) + "\n").encode("ascii")
    found = np.frombuffer(data, dtype=np.uint8)
    found = found[found <= _COMMA]
    if len(found) != len(rows) * width or _first_wrong(found, width) is not None:
        raise ValueError("a field holds a comma, a line end or another byte that no field may hold")
    return data


def _open(source: Source, file: str) -> AbstractContextManager[BinaryIO]:
    if isinstance(source, bytes):
        return BytesIO(source)
    if isinstance(source, (str, Path)):
        try:
            return Path(source).open("rb")
        except OSError as error:
            raise InputError(
                "no-such-file", f"The file cannot be read: {error.strerror}.", file=file
            ) from None
    return nullcontext(source)


def _read(stream: BinaryIO, size: int) -> bytes:
    """Read `size` bytes, or less only at the end: a stream may give less than asked."""
    data = stream.read(size)
    while data and len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            break
        data += more
    return data


def _check_header(data: bytes, header: bytes, file: str) -> None:
    if data.startswith(header):
        return
    line = data[:MAX_LINE_BYTES].partition(b"\n")[0]
    code, message = "bad-header", f"The first line must be exactly: {header.decode('ascii').rstrip()}"
    if data.startswith(_BOM):
        code, message = "byte-order-mark", "The file begins with a byte order mark; it must not."
    elif b"\r" in line:
        code, message = _stray_byte(line) or (code, message)
    elif b'"' in line:
        code, message = "quotes", "Fields are not quoted in this file."
    elif data == header[:-1]:
        code, message = (
            "missing-last-lf",
            "The last line does not end with a line feed; the file may be cut off.",
        )
    raise InputError(code, message, file=file, line=1)


def _take_block(table: Table, block: bytes, columns: Sequence[Column]) -> bool:
    """Parse whole lines into the columns; False once a fault is noted."""
    width = len(columns)
    data = bytes(BEFORE) + block + bytes(AFTER)
    every = np.frombuffer(data, dtype=np.uint8)
    marks = np.flatnonzero(every[BEFORE : BEFORE + len(block)] <= _COMMA) + BEFORE
    wrong = _first_wrong(every[marks], width)
    count = len(marks) // width if wrong is None else wrong // width
    ends = marks[: count * width].reshape(count, width)
    line_starts = np.concatenate(([BEFORE], ends[:, -1] + 1))
    values, first_bad = _parse(data, line_starts[:count], ends, columns)
    kept = count if first_bad is None else first_bad
    for column, parsed in zip(columns, values, strict=True):
        column.keep(parsed[:kept])
    table.count += kept
    if kept == count and wrong is None:
        return True
    start = int(line_starts[kept])
    _fail_line(table, table.count + 2, data[start : data.index(b"\n", start)], columns)
    return False


def _first_wrong(found: NDArray[np.uint8], width: int) -> int | None:
    """Find the first mark that is not what a line of `width` fields has there.

    The last mark is a line end, so marks too few or too many for whole lines are found as well.
    """
    wrong: NDArray[np.bool_] = found != _COMMA
    wrong[width - 1 :: width] = found[width - 1 :: width] != _LF
    first = int(wrong.argmax()) if len(wrong) else 0
    return first if len(wrong) and wrong[first] else None


def _parse(
    data: bytes, line_starts: NDArray[np.int64], ends: NDArray[np.int64], columns: Sequence[Column]
) -> tuple[list[NDArray[Any]], int | None]:
    """Parse every column of a block; give the values and the first row that any column refuses."""
    values: list[NDArray[Any]] = []
    first_bad: int | None = None
    starts = line_starts
    for index, column in enumerate(columns):
        column_ends = np.ascontiguousarray(ends[:, index])
        parsed, is_right = column.parse(Fields(data, starts, column_ends))
        values.append(parsed)
        if len(is_right) and not is_right.all():
            row = int((~is_right).argmax())
            first_bad = row if first_bad is None else min(first_bad, row)
        starts = column_ends + 1
    return values, first_bad


def _fail_line(table: Table, number: int, line: bytes, columns: Sequence[Column]) -> None:
    """Note why a line is refused: first what no file may hold, then its fields from left to right."""
    if len(line) > MAX_LINE_BYTES:
        table.fail(number, "line-too-long", f"The line is longer than {MAX_LINE_BYTES} bytes.")
        return
    stray = _stray_byte(line)
    if stray is not None:
        table.fail(number, *stray)
        return
    fields = line.decode("utf-8").split(",")
    if len(fields) != len(columns):
        table.fail(
            number,
            "wrong-column-count",
            f"Fields in this line: {len(fields)}; in the header: {len(columns)}.",
        )
        return
    for column, field in zip(columns, fields, strict=True):
        explanation = column.explain(field)
        if explanation is not None:
            table.fail(number, *explanation, field=column.name)
            return
    raise AssertionError(f"line {number} of {table.file} was refused, yet nothing is wrong with it")


def _stray_byte(line: bytes) -> tuple[str, str] | None:
    """Name a byte that may stand in no line of any file of the protocol."""
    if b"\r" in line:
        return "carriage-return", "The line holds a carriage return; lines end with a line feed alone."
    if b'"' in line:
        return "quotes", "Fields are not quoted in this file."
    if b"\x00" in line:
        return "nul", "The line holds a NUL byte."
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "not-utf-8", "The line is not UTF-8."
    return None
