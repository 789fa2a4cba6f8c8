"""Dates and widths as offices write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import InputError
from maskres.formats.office_values import fold_width, read_office_date, read_office_month


@pytest.mark.parametrize(
    "text",
    [
        "1949-12-01",
        "1949/12/1",
        "1949.12.01",
        "19491201",
        "1949年12月1日",
        " １９４９－１２－０１ ",
        "1949-12-1",
    ],
)
def test_dates_with_the_year_first_have_one_reading(text: str) -> None:
    assert read_office_date(text, field="moved_in") == date(1949, 12, 1)


@pytest.mark.parametrize(
    "text",
    [
        "01/12/1949",
        "1949-13-01",
        "1949-02-29",
        "1949-12/01",
        "49-12-01",
        "194912",
        "",
        "١٩٤٩-12-01",
        "1949-12-01T00",
    ],
)
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_office_date(text, field="moved_in")
    assert (caught.value.code, caught.value.field) == ("bad-date", "moved_in")


@pytest.mark.parametrize("text", ["2020-02", "2020/2", "2020.02", "202002", "2020年2月", " ２０２０－０２"])
def test_months_have_one_reading(text: str) -> None:
    assert read_office_month(text, field="paid_from") == date(2020, 2, 1)


@pytest.mark.parametrize("text", ["2020-13", "2020", "02/2020", "2020-02-01", "", "2020-00"])
def test_other_months_are_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_office_month(text, field="paid_from")
    assert (caught.value.code, caught.value.field) == ("bad-month", "paid_from")


@given(st.dates())
def test_every_date_is_read_back(day: date) -> None:
    assert read_office_date(day.isoformat(), field="f") == day
    assert read_office_date(f"{day.year:04}/{day.month}/{day.day}", field="f") == day
    assert read_office_month(day.isoformat()[:7], field="f") == day.replace(day=1)


def test_width_is_folded_and_ends_are_trimmed() -> None:
    assert fold_width("\u3000ＡＢ－１２｜ \u00a0") == "AB-12|"
    assert fold_width(" 张三 ") == "张三"
