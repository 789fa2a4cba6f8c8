"""Register files: what each kind's rows say, and which rows are refused."""

from __future__ import annotations

import io
from datetime import date
from itertools import chain

import pytest

from maskres.eligibility.facts import KINDS
from maskres.eligibility.periods import day_number
from maskres.eligibility.registers import COLUMNS, RegisterRow, is_mostly_mangled, read_lines, read_register
from maskres.errors import InputError
from maskres.formats.office_csv import BadRow

AS_OF = date(2020, 2, 29)
LIN = "350203194912010024"
TOM = "GBR:123456789"
HEADERS = {
    "household": "id_number,name,moved_in,moved_out,died_on",
    "insurance": "id_number,name,paid_from,paid_until",
    "employment": "id_number,name,employed_from,employed_until",
}


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def read(
    kind: str, *lines: str, header: str | None = None, encoding: str = "utf-8"
) -> list[RegisterRow | BadRow]:
    text = "\n".join([header or HEADERS[kind], *lines, ""])
    written = read_lines(kind, io.BytesIO(text.encode(encoding)), file="r.csv")
    return list(read_register(kind, chain.from_iterable(written), as_of=AS_OF))


def read_one(kind: str, line: str, header: str | None = None) -> RegisterRow:
    (row,) = read(kind, line, header=header)
    assert isinstance(row, RegisterRow), row
    return row


def refusal(kind: str, line: str, header: str | None = None) -> tuple[int, str, str | None]:
    (row,) = read(kind, line, header=header)
    assert isinstance(row, BadRow), row
    assert row.message.endswith(".")
    return row.line, row.code, row.field


def test_a_household_row() -> None:
    assert read_one("household", f"{LIN},林小明,2001-05-01,2020-01-31,") == RegisterRow(
        line=2,
        canonical_id=f"CN-ID:{LIN}",
        name="林小明",
        valid_from=day("2001-05-01"),
        valid_until=day("2020-01-31"),
        months=0,
        died_on=None,
        other_canonical_id=None,
    )


def test_a_household_row_without_dates_is_always_in_force() -> None:
    row = read_one("household", f"{LIN},林小明,,,")
    assert (row.valid_from, row.valid_until, row.died_on) == (None, None, None)


def test_the_dead() -> None:
    assert read_one("household", f"{LIN},林小明,2001-05-01,,2020-02-29").died_on == day("2020-02-29")


def test_an_insurance_row() -> None:
    assert read_one("insurance", f"{LIN},林小明,2019-12,2020-01") == RegisterRow(
        2, f"CN-ID:{LIN}", "林小明", None, None, 0b110, None, None
    )


def test_an_employment_row() -> None:
    assert read_one("employment", f"{LIN},林小明,2019-07-01,") == RegisterRow(
        2, f"CN-ID:{LIN}", "林小明", day("2019-07-01"), None, 0, None, None
    )


def test_employment_may_end_later() -> None:
    assert read_one("employment", f"{LIN},林小明,2019-07-01,2022-06-30").valid_until == day("2022-06-30")


def test_ids_and_names_are_folded() -> None:
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in LIN)
    row = read_one("household", f"{full_width},迪丽•热巴,,,")
    assert (row.canonical_id, row.name) == (f"CN-ID:{LIN}", "迪丽热巴")


def test_a_second_document() -> None:
    header = "id_type,id_number,name,moved_in,moved_out,died_on,other_id_type,other_id_number"
    row = read_one("household", f"cn-id,{LIN},林小明,,,,passport,{TOM}", header)
    assert row.other_canonical_id == "PASSPORT:GBR:123456789"
    assert read_one("household", f"cn-id,{LIN},林小明,,,,passport,", header).other_canonical_id is None
    assert read_one("household", f"cn-id,{LIN},林小明,,,,, ", header).other_canonical_id is None
    assert read_one("household", f"cn-id,{LIN},林小明,,,,,{LIN}", header).other_canonical_id is None
    assert refusal("household", f"cn-id,{LIN},林小明,,,,passport,12", header) == (
        2,
        "bad-document",
        "other_id_number",
    )
    assert refusal("household", f"licence,{LIN},林小明,,,,,", header) == (2, "bad-document", "id_type")


def test_chinese_headers_in_gb18030() -> None:
    rows = read(
        "insurance",
        f"林小明,{LIN},2020年1月,2020年2月",
        header="姓名,证件号码,缴费起始月,缴费截止月",
        encoding="gb18030",
    )
    assert rows == [RegisterRow(2, f"CN-ID:{LIN}", "林小明", None, None, 0b11, None, None)]


def test_columns_have_distinct_headers_in_both_languages() -> None:
    assert tuple(COLUMNS) == KINDS
    for columns in COLUMNS.values():
        assert len({column.name for column in columns}) == len({c.chinese for c in columns}) == len(columns)
        required = [column.name for column in columns if column.is_required]
        assert required[:2] == ["id_number", "name"]
        assert "other_id_number" not in required


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("id_and_name", "code", "field"),
    [
        ("350203194912010022,林小明", "bad-document", "id_number"),
        (",林小明", "bad-document", "id_number"),
        ("350203202002300027,林小明", "bad-document", "id_number"),
        ("350203194912010000,林小明", "mangled-by-spreadsheet", "id_number"),
        ("3.50203E+17,林小明", "mangled-by-spreadsheet", "id_number"),
        (f"{LIN},", "bad-name", "name"),
        (f"{LIN},林?明", "bad-name", "name"),
    ],
)
def test_bad_documents_and_names(kind: str, id_and_name: str, code: str, field: str) -> None:
    ends = {"household": ",,,", "insurance": ",2020-01,2020-01", "employment": ",,"}
    assert refusal(kind, id_and_name + ends[kind]) == (2, code, field)


def test_somebody_born_after_the_register_is_refused() -> None:
    born_later = "350203202003010024"
    assert refusal("household", f"{born_later},林小明,,,") == (2, "bad-document", "id_number")


@pytest.mark.parametrize(
    ("kind", "end", "code", "field"),
    [
        ("household", "2020-02-30,,", "bad-date", "moved_in"),
        ("household", ",soon,", "bad-date", "moved_out"),
        ("household", ",,2020-13-01", "bad-date", "died_on"),
        ("household", "2020-01-02,2020-01-01,", "bad-date", "moved_out"),
        ("household", "2020-01-02,,2020-01-01", "bad-date", "died_on"),
        ("household", ",,2020-03-01", "bad-date", "died_on"),
        ("insurance", ",2020-01", "bad-month", "paid_from"),
        ("insurance", "2020-01,", "bad-month", "paid_until"),
        ("insurance", "2020-01,Feb-20", "bad-month", "paid_until"),
        ("insurance", "2020-02,2020-01", "bad-month", "paid_until"),
        ("insurance", "2020-01,2020-03", "bad-month", "paid_until"),
        ("employment", "1/7/2019,", "bad-date", "employed_from"),
        ("employment", ",x", "bad-date", "employed_until"),
        ("employment", "2020-01-02,2020-01-01", "bad-date", "employed_until"),
    ],
)
def test_bad_dates_and_months(kind: str, end: str, code: str, field: str) -> None:
    assert refusal(kind, f"{LIN},林小明,{end}") == (2, code, field)


@pytest.mark.parametrize(
    ("kind", "end"),
    [("household", "2020-01-01,2020-01-01,2020-01-01"), ("employment", "2020-01-01,2020-01-01")],
)
def test_beginning_and_end_may_fall_together(kind: str, end: str) -> None:
    read_one(kind, f"{LIN},林小明,{end}")


def test_bad_lines_do_not_stop_the_good() -> None:
    rows = read("insurance", f"{LIN},林小明,2020-01,2020-01", "x", f"{LIN},林小明,2020-02,2020-02")
    assert [(type(row).__name__, row.line) for row in rows] == [
        ("RegisterRow", 2),
        ("BadRow", 3),
        ("RegisterRow", 4),
    ]
    assert isinstance(rows[1], BadRow)
    assert rows[1].code == "bad-row"


def test_no_message_repeats_a_number_or_name() -> None:
    for line in ("350203194912010022,林小明,,,", f"{LIN},林?明,,,", f"{LIN},林小明,199999,,"):
        (row,) = read("household", line)
        assert isinstance(row, BadRow)
        assert not any(part in row.message for part in ("350203", "林", "199999"))


def test_the_header_is_checked_before_the_first_row() -> None:
    stream = io.BytesIO(b"id_number,name,paid_from\n")
    with pytest.raises(InputError) as caught:
        read_lines("insurance", stream, file="r.csv")
    assert (caught.value.code, caught.value.file) == ("bad-header", "r.csv")


def test_an_unknown_kind() -> None:
    with pytest.raises(KeyError):
        read_lines("tax", io.BytesIO(), file="r.csv")
    with pytest.raises(KeyError):
        read_register("tax", [], as_of=AS_OF)


@pytest.mark.parametrize(
    ("mangled", "rows", "is_mangled"),
    [(0, 0, False), (0, 9, False), (5, 10, False), (6, 10, True), (1, 1, True)],
)
def test_a_file_spoilt_as_a_whole(mangled: int, rows: int, is_mangled: bool) -> None:
    counts = {"bad-name": 4, "mangled-by-spreadsheet": mangled}
    assert is_mostly_mangled(counts, rows) is is_mangled
    assert not is_mostly_mangled({}, 1)


def test_a_spreadsheet_spoils_a_whole_file() -> None:
    ids = [f"3502031949{month:02}{day:02}0000" for month in range(1, 13) for day in range(1, 29)]
    rows = read("employment", *(f"{number},林小明,," for number in ids))
    mangled = sum(isinstance(row, BadRow) and row.code == "mangled-by-spreadsheet" for row in rows)
    assert 0 < len(rows) - mangled < len(rows) / 8  # some pass by chance
    assert is_mostly_mangled({"mangled-by-spreadsheet": mangled}, len(rows))
