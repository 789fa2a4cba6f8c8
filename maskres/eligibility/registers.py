"""Rows of the authorities' lists as offices hand them in: household, insurance, employment.

A row says that an identity document, under a name, was on the list from a day until a day (household,
employment) or was paid for in certain months (insurance). Rows are checked one by one; whoever imports counts
the bad ones and takes all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, BinaryIO, Final, NamedTuple, NoReturn

from maskres.eligibility.periods import day_number, mark_months, month_index, read_day, read_month
from maskres.errors import InputError
from maskres.formats.office_csv import BadRow, Column, Piece, Row, read_pieces
from maskres.identity.documents import read_document
from maskres.identity.names import matching_name

MANGLED: Final = "mangled-by-spreadsheet"
MANGLED_MESSAGE: Final = (
    "A spreadsheet has spoilt the document numbers of this file: it keeps 15 digits of 18 and puts zeros for "
    "the rest. Please export the file again from the original system without opening it in a spreadsheet."
)

_DOCUMENT: Final = (
    Column("id_type", "证件类型", is_required=False),
    Column("id_number", "证件号码"),
    Column("name", "姓名"),
    Column("other_id_type", "另一证件类型", is_required=False),
    Column("other_id_number", "另一证件号码", is_required=False),
)
COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "household": (
        *_DOCUMENT,
        Column("moved_in", "迁入日期"),
        Column("moved_out", "迁出日期"),
        Column("died_on", "死亡日期"),
    ),
    "insurance": (*_DOCUMENT, Column("paid_from", "缴费起始月"), Column("paid_until", "缴费截止月")),
    "employment": (*_DOCUMENT, Column("employed_from", "就业日期"), Column("employed_until", "终止日期")),
}


class RegisterRow(NamedTuple):
    """One good row; a tuple, for there are millions.

    Args:
        line: line of the file, counted from 1, header included.
        canonical_id: KIND:VALUE of the document.
        name: in the form in which names are compared.
        valid_from: first day in force in days since 1970-01-01, None where the row names none: always.
        valid_until: first day no longer in force, None for never.
        months: paid months, see periods.py; 0 but for insurance.
        died_on: day in days since 1970-01-01, None but for the dead of a household register.
        other_canonical_id: a second document of the same person, or None.
    """

    line: int
    canonical_id: str
    name: str
    valid_from: int | None
    valid_until: int | None
    months: int
    died_on: int | None
    other_canonical_id: str | None


# As the class does, in half the time.
_make_row: Callable[[tuple[Any, ...]], RegisterRow] = partial(tuple.__new__, RegisterRow)


class _Standing(NamedTuple):
    """When the register stood: as a date, a day and a month."""

    date: date
    day: int
    month: int


_Span = tuple[int | None, int | None, int, int | None]
_ReadSpan = Callable[[Sequence[str], _Standing], _Span]


def read_lines(kind: str, stream: BinaryIO, *, file: str) -> Iterator[Piece]:
    """Read the lines of an office's register piece by piece, their values in the order of COLUMNS.

    Args:
        kind: household, insurance or employment.
        stream: seekable, standing where the file begins; `stream.tell()` says how far it is.
        file: the name to give in errors.

    Returns:
        As `office_csv.read_pieces`. Encoding and header are checked before the first row is asked for.

    Raises:
        InputError: "bad-encoding", "bad-header", "line-too-long".
        KeyError: there is no such kind.
    """
    return read_pieces(stream, file=file, columns=COLUMNS[kind])


def read_register(kind: str, lines: Iterable[Row | BadRow], *, as_of: date) -> Iterator[RegisterRow | BadRow]:
    """Read an office's register row by row.

    Args:
        kind: household, insurance or employment.
        lines: of the pieces that read_lines gives.
        as_of: the day on which the register stood; later deaths, paid months and births are refused.

    Returns:
        Good rows, and for each bad line one BadRow: "bad-document", "mangled-by-spreadsheet", "bad-name",
        "bad-date", "bad-month", "bad-row" (number of fields), "bad-quotes".

    Raises:
        KeyError: there is no such kind.
    """
    standing = _Standing(as_of, day_number(as_of), month_index(as_of))
    return _read_all(lines, standing, _SPANS[kind])


def is_mostly_mangled(count_by_code: Mapping[str, int], row_count: int) -> bool:
    """Tell whether a spreadsheet has spoilt a file as a whole: then MANGLED_MESSAGE says all there is to say.

    One spoilt number in eleven has a check symbol that fits by chance, so never all are noticed.

    Args:
        count_by_code: bad rows by code.
        row_count: rows of the file, good and bad.

    Returns:
        True where more than half of the rows are spoilt.
    """
    return count_by_code.get(MANGLED, 0) * 2 > row_count


def _read_all(
    rows: Iterable[Row | BadRow], standing: _Standing, read_span: _ReadSpan
) -> Iterator[RegisterRow | BadRow]:
    as_of = standing.date
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        line, values = row
        try:
            document = read_document(values[1], values[0], today=as_of).canonical
            name = matching_name(values[2])
            other = None
            if values[4] and not values[4].isspace():
                other = read_document(values[4], values[3], today=as_of, field="other_id_number").canonical
                if other == document:
                    other = None
            valid_from, valid_until, months, died_on = read_span(values, standing)
        except InputError as error:
            yield BadRow(line, error.code, error.message, error.field)
        else:
            yield _make_row((line, document, name, valid_from, valid_until, months, died_on, other))


def _read_household(values: Sequence[str], standing: _Standing) -> _Span:
    moved_in = read_day(values[5], "moved_in")
    # Most people have moved nowhere and live: what is empty is not even asked.
    moved_out = read_day(values[6], "moved_out") if values[6] else None
    died_on = read_day(values[7], "died_on") if values[7] else None
    if moved_out is not None:
        _require_order(moved_in, moved_out, "moved_out")
    if died_on is not None:
        _require_order(moved_in, died_on, "died_on")
        if died_on > standing.day:
            _refuse("bad-date", "The death is dated after the day on which the register stood.", "died_on")
    return moved_in, moved_out, 0, died_on


def _read_insurance(values: Sequence[str], standing: _Standing) -> _Span:
    first = read_month(values[5], "paid_from")
    last = read_month(values[6], "paid_until")
    if first > last:
        _refuse("bad-month", "The last paid month is before the first.", "paid_until")
    if last > standing.month:
        _refuse("bad-month", "This month is after the one in which the register stood.", "paid_until")
    return None, None, mark_months(first, last, standing.month), None


def _read_employment(values: Sequence[str], standing: _Standing) -> _Span:
    employed_from = read_day(values[5], "employed_from")
    employed_until = read_day(values[6], "employed_until")
    _require_order(employed_from, employed_until, "employed_until")
    return employed_from, employed_until, 0, None


def _require_order(first: int | None, last: int | None, field: str) -> None:
    if first is not None and last is not None and last < first:
        _refuse("bad-date", "This date is before the one on which the row begins.", field)


def _refuse(code: str, message: str, field: str) -> NoReturn:
    raise InputError(code, message, field=field)


_SPANS: Final[Mapping[str, _ReadSpan]] = {
    "household": _read_household,
    "insurance": _read_insurance,
    "employment": _read_employment,
}
