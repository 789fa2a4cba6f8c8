"""Writing CSV that a spreadsheet only shows: no cell of it can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

_ARMED = ("=", "+", "-", "@", "\t", "\r", "\n")


def disarm(cell: object) -> str:
    """Give a cell as text that no spreadsheet takes for a formula; NUL is dropped."""
    text = ("" if cell is None else str(cell)).replace("\0", "")
    return f"'{text}" if text.startswith(_ARMED) else text


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Write rows as lines of CSV, each cell disarmed; begins with a mark by which spreadsheets know UTF-8."""
    yield "\ufeff"
    for row in ((str(name) for name in header), *(list(map(disarm, row)) for row in rows)):
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerow(row)
        yield out.getvalue()
