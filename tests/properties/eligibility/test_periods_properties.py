"""Months as bits against months as sets."""

from __future__ import annotations

from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st

from maskres.eligibility.periods import (
    day_number,
    insurance_window,
    is_paid_enough,
    mark_months,
    month_index,
    read_day,
    read_month,
)

MONTHS = st.integers(2010 * 12, 2022 * 12)


def first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


@given(
    st.lists(st.tuples(MONTHS, MONTHS).map(sorted), max_size=4),
    MONTHS,
    MONTHS,
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_the_window_counts_the_paid_months(
    spans: list[list[int]], as_of: int, reference: int, of_last: int, least: int
) -> None:
    assume(as_of - reference + of_last <= 60)
    paid = {month for first, last in spans for month in range(first, last + 1) if month <= as_of}
    bitmap = 0
    for first, last in spans:
        if first <= as_of:
            bitmap |= mark_months(first, min(last, as_of), as_of)
    window = insurance_window(first_day(as_of), first_day(reference), of_last)
    looked_at = set(range(reference - of_last + 1, reference + 1))
    assert 0 <= bitmap < 1 << 60
    assert 0 <= window < 1 << 60
    assert (bitmap & window).bit_count() == len(paid & looked_at)
    assert is_paid_enough(bitmap, window, least) is (len(paid & looked_at) >= least)


@given(st.dates())
def test_days_and_months_are_read_as_written(day: date) -> None:
    assert read_day(day.isoformat(), "x") == day_number(day)
    assert read_month(day.isoformat()[:7], "x") == month_index(day)
    assert first_day(month_index(day)) == day.replace(day=1)
