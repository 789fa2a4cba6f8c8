"""Dates, paid months, windows, and being in force."""

from __future__ import annotations

from datetime import date

import pytest

from maskres.eligibility.periods import (
    day_number,
    insurance_window,
    is_paid_enough,
    is_valid_on,
    mark_months,
    month_index,
    read_day,
    read_month,
)
from maskres.errors import InputError

DAY = day_number(date(2020, 2, 3))
FEBRUARY = month_index(date(2020, 2, 29))


@pytest.mark.parametrize(
    ("day", "number"), [(date(1970, 1, 1), 0), (date(1969, 12, 31), -1), (date(2020, 2, 3), 18295)]
)
def test_days_count_from_1970(day: date, number: int) -> None:
    assert day_number(day) == number


@pytest.mark.parametrize(
    "text",
    [
        "2020-02-03",
        "2020-2-3",
        "2020/2/3",
        "2020/02/03",
        "2020.2.3",
        "2020年2月3日",
        "20200203",
        " 2020-02-03 ",
        "２０２０－０２－０３",
        "2020-02-03 00:00:00",
        "2020-02-03T00:00:00.000",
        "2020/2/3 0:00",
    ],
)
def test_days_are_read_in_any_spelling_that_can_be_read_in_one_way(text: str) -> None:
    assert read_day(text, "moved_in") == DAY


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_no_day_is_none(text: str) -> None:
    assert read_day(text, "moved_in") is None


@pytest.mark.parametrize(
    "text",
    [
        "2020-02-30",
        "2019-02-29",
        "2020-13-01",
        "0000-01-01",
        "2020-02",
        "02/03/2020",
        "3.2.2020",
        "20-02-03",
        "2020-02/03",
        "2020-02-03 10:30:00",
        "202023",
        "43864",
        "yes",
        "٢٠٢٠-٠٢-٠٣",
    ],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_day(text, "moved_in")
    assert (caught.value.code, caught.value.field) == ("bad-date", "moved_in")


@pytest.mark.parametrize(
    "text", ["2020-02", "2020-2", "2020/2", "2020.02", "2020年2月", "202002", " ２０２０年２月"]
)
def test_months_are_read(text: str) -> None:
    assert read_month(text, "paid_from") == FEBRUARY


@pytest.mark.parametrize(
    "text", ["", "2020", "2020-0", "2020-13", "0000-01", "2020-02-03", "Feb-20", "20-02", "20202"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_month(text, "paid_from")
    assert (caught.value.code, caught.value.field) == ("bad-month", "paid_from")


@pytest.mark.parametrize(
    ("first", "last", "bitmap"),
    [
        (FEBRUARY, FEBRUARY, 0b1),
        (FEBRUARY - 1, FEBRUARY - 1, 0b10),
        (FEBRUARY - 3, FEBRUARY - 1, 0b1110),
        (FEBRUARY - 59, FEBRUARY - 59, 1 << 59),
        (FEBRUARY - 60, FEBRUARY - 60, 0),
        (FEBRUARY - 400, FEBRUARY - 58, 0b11 << 58),
        (FEBRUARY - 400, FEBRUARY, (1 << 60) - 1),
    ],
)
def test_paid_months_become_bits(first: int, last: int, bitmap: int) -> None:
    assert mark_months(first, last, FEBRUARY) == bitmap


@pytest.mark.parametrize(
    ("as_of", "reference", "of_last", "window"),
    [
        (date(2020, 2, 1), date(2020, 2, 29), 1, 0b1),
        (date(2020, 2, 29), date(2020, 2, 1), 3, 0b111),
        (date(2020, 3, 1), date(2020, 2, 29), 3, 0b1110),
        (date(2021, 2, 1), date(2020, 2, 1), 12, 0xFFF << 12),
        (date(2020, 1, 31), date(2020, 2, 1), 3, 0b11),
        (date(2019, 2, 1), date(2020, 2, 1), 12, 0),
        (date(2020, 2, 1), date(2020, 2, 1), 60, (1 << 60) - 1),
        (date(2020, 3, 1), date(2020, 2, 1), 59, (1 << 60) - 2),
    ],
)
def test_insurance_windows(as_of: date, reference: date, of_last: int, window: int) -> None:
    assert insurance_window(as_of, reference, of_last) == window


def test_a_window_past_the_months_kept_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        insurance_window(date(2020, 3, 1), date(2020, 2, 1), 60)
    assert caught.value.code == "register-too-new"


def test_enough_months() -> None:
    assert is_paid_enough(0b101011, 0b1111, 3)
    assert not is_paid_enough(0b101011, 0b1111, 4)
    assert not is_paid_enough(0b110000, 0b1111, 1)


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "is_valid"),
    [
        (None, None, True),
        (DAY, None, True),
        (DAY + 1, None, False),
        (None, DAY + 1, True),
        (None, DAY, False),
        (DAY, DAY, False),
        (DAY - 1, DAY + 1, True),
    ],
)
def test_in_force_on_a_day(valid_from: int | None, valid_until: int | None, is_valid: bool) -> None:
    assert is_valid_on(DAY, valid_from, valid_until) is is_valid
