"""Values as offices write them: full-width forms, blanks, and dates the way their spreadsheet put them."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from maskres.errors import InputError

# 1949-12-01 comes back from a Chinese spreadsheet as 1949/12/1. The year stands first in all these spellings,
# so there is one reading; 01/12/1949 has two and is refused. A time of midnight is what databases add to a date.
_MIDNIGHT = re.compile(r"[ T]0?0:00(?::00(?:\.0+)?)?$")
_DATE = re.compile(r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})|年([0-9]{1,2})月|([0-9]{2}))")

_FULL_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}


def fold_width(text: str) -> str:
    """Turn full-width letters, digits and signs into plain ones, and take blanks off both ends."""
    if not text.isascii():
        text = text.translate(_FULL_WIDTH)
    return text.strip()


def read_office_date(text: str, *, field: str) -> date:
    """Read a date an office wrote: 2020-02-10, also 2020/2/10, 2020.2.10, 20200210 or 2020年2月10日.

    A time of midnight after it is passed over.

    Args:
        text: what was written, not empty.
        field: the field to name in the error.

    Returns:
        The date.

    Raises:
        InputError: "bad-date".
    """
    found = _find_date(text)
    if found is None:
        raise InputError("bad-date", "This is not a date like 2020-02-10 (year-month-day).", field=field)
    return found


def read_office_month(text: str, *, field: str) -> date:
    """Read a month an office wrote: 2020-02, also 2020/2, 2020.2, 202002 or 2020年2月.

    Args:
        text: what was written, not empty.
        field: the field to name in the error.

    Returns:
        The first day of the month.

    Raises:
        InputError: "bad-month".
    """
    found = _find_month(text)
    if found is None:
        raise InputError("bad-month", "This is not a month like 2020-02 (year-month).", field=field)
    return found


# A register has five million dates but few different ones.
@lru_cache(maxsize=1 << 16)
def _find_date(text: str) -> date | None:
    folded = _MIDNIGHT.sub("", fold_width(text))
    if match := _DATE.fullmatch(folded):
        return _make_date(match[1], match[3] or match[5], match[4] or match[6])
    if match := _COMPACT_DATE.fullmatch(folded):
        return _make_date(match[1], match[2], match[3])
    return None


@lru_cache(maxsize=1 << 12)
def _find_month(text: str) -> date | None:
    match = _MONTH.fullmatch(fold_width(text))
    return None if match is None else _make_date(match[1], match[2] or match[3] or match[4], "1")


def _make_date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
