"""Days and months of register rows as integers, and what it means to be in force.

Days count from 1970-01-01. Paid months are a bitmap that looks back from the month in which the register stood
(`as_of`): bit i is the month i months before it, bit 0 that month itself. Bitmaps of several rows are united by
OR, and the last months before any date are one AND away.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Final

from maskres.errors import InputError
from maskres.formats.office_values import fold_width, read_office_date, read_office_month

MONTHS_KEPT: Final = 60

_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Count the days from 1970-01-01 to a day; negative before it."""
    return day.toordinal() - _EPOCH


@lru_cache(maxsize=1 << 16)
def read_day(text: str, field: str) -> int | None:
    """Read a date of an office file as days since 1970-01-01; None where the text is empty.

    Raises:
        InputError: "bad-date".
    """
    return day_number(read_office_date(text, field=field)) if fold_width(text) else None


@lru_cache(maxsize=1 << 12)
def read_month(text: str, field: str) -> int:
    """Read a month of an office file as months since the year 0.

    Raises:
        InputError: "bad-month".
    """
    return month_index(read_office_month(text, field=field))


def month_index(day: date) -> int:
    """Count the months from the year 0 to the month of a day."""
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=1 << 16)
def mark_months(first: int, last: int, as_of: int) -> int:
    """Mark the months from first to last, both included.

    Args:
        first: months since the year 0, at most last.
        last: likewise, at most as_of.
        as_of: likewise: the month in which the register stood.

    Returns:
        The bitmap; months more than 59 before as_of are left out.
    """
    youngest, oldest = as_of - last, min(as_of - first, MONTHS_KEPT - 1)
    return (1 << oldest + 1) - (1 << youngest) if youngest <= oldest else 0


def insurance_window(as_of: date, reference_date: date, of_last: int) -> int:
    """Give the bits of the months that a basis on insurance looks at.

    They are the of_last months that end with the month of the reference date, that month included. Where the
    register stood in an earlier month than the reference date, the months it could not know count as not paid.

    Args:
        as_of: the day on which the register stood.
        reference_date: of the rules.
        of_last: months, 1 to 60.

    Returns:
        A mask: somebody is in force where at least the rules' number of months is set in (months AND mask).

    Raises:
        InputError: "register-too-new" where the window reaches past the 60 months that rows keep.
    """
    shift = month_index(as_of) - month_index(reference_date)
    if shift + of_last > MONTHS_KEPT:
        raise InputError(
            "register-too-new",
            f"The register stood {shift} months after the reference date and no longer tells all of the "
            f"{of_last} months before it. Please import one that stood nearer to the reference date.",
        )
    window = (1 << of_last) - 1
    return window << shift if shift >= 0 else window >> -shift


def is_paid_enough(months: int, window: int, least: int) -> bool:
    """Tell whether at least so many months of a window are paid."""
    return (months & window).bit_count() >= least


def is_valid_on(day: int, valid_from: int | None, valid_until: int | None) -> bool:
    """Tell whether a household or employment row is in force on a day.

    Args:
        day: days since 1970-01-01.
        valid_from: first day in force, None for always.
        valid_until: first day no longer in force, None for never.
    """
    return (valid_from is None or valid_from <= day) and (valid_until is None or valid_until > day)
