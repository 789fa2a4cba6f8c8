"""A file read range by range is the file read whole."""

from __future__ import annotations

import io
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maskres.errors import InputError
from maskres.formats import office_csv
from maskres.formats.office_csv import BadRow, BadRows, Column, read_rows
from maskres.formats.office_ranges import cut_file, read_range

COLUMNS = (
    Column("id_number", "证件号码"),
    Column("name", "姓名"),
    Column("moved_in", "迁入日期", is_required=False),
)
HEADER = "id_number,name\r\n"


def cut(data: bytes, range_bytes: int):
    return cut_file(io.BytesIO(data), file="f.csv", columns=COLUMNS, range_bytes=range_bytes)


def read_by_ranges(data: bytes, range_bytes: int):
    layout, ranges = cut(data, range_bytes)
    pieces = [read_range(data[r.begins : r.ends], layout, r.line, file="f.csv") for r in ranges]
    return list(chain.from_iterable(chain.from_iterable(pieces)))


@given(
    lines=st.lists(st.text('ab,"张\r ', max_size=12), max_size=60),
    ends=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    block_bytes=st.integers(1, 60),
    range_bytes=st.integers(1, 120),
)
@example(lines=['1,"a', 'b"', "2,c"], ends="\n", encoding="utf-8", block_bytes=1, range_bytes=1)
@example(lines=['1,"a', *["2,b"] * 40], ends="\n", encoding="utf-8", block_bytes=1, range_bytes=1)
def test_ranges_read_one_after_another_are_the_file(
    lines: list[str], ends: str, encoding: str, block_bytes: int, range_bytes: int
) -> None:
    data = (HEADER + ends.join(lines)).encode(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office_csv, "BLOCK_BYTES", block_bytes)
        try:
            whole = list(read_rows(io.BytesIO(data), file="f.csv", columns=COLUMNS))
        except InputError as error:
            with pytest.raises(InputError) as caught:
                cut(data, range_bytes)
            assert (caught.value.code, caught.value.line) == (error.code, error.line)
            return
        assert read_by_ranges(data, range_bytes) == whole


def test_ranges_are_as_large_as_asked_for_and_leave_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_csv, "BLOCK_BYTES", 64)
    body = "".join(f"{n:05},name\n" for n in range(1000))
    data = (HEADER + body).encode()
    _, ranges = cut(data, 1000)
    assert [r.begins for r in ranges] == [len(HEADER), *(r.ends for r in ranges[:-1])]
    assert ranges[-1].ends == len(data)
    assert all(1000 <= r.ends - r.begins < 1100 for r in ranges[:-1])
    for r in ranges:
        assert data[r.begins : r.begins + 5] == f"{r.line - 2:05}".encode()
    assert cut(HEADER.encode(), 1000)[1] == []


def test_bad_rows_of_ranges_are_those_of_the_file() -> None:
    rows = [BadRow(line, "ab"[line % 2], "x") for line in (2, 3, 3, 7, 8)]
    whole, first, second = BadRows(cap=4), BadRows(cap=4), BadRows(cap=4)
    for nth, row in enumerate(rows):
        whole.add(row)
        (first if nth < 3 else second).add(row)
    first.add_all(second)
    assert (first.kept, first.count_by_code, first.line_count) == (
        whole.kept,
        whole.count_by_code,
        whole.line_count,
    )
