"""Office files: what is tolerated, what is refused, and that one bad line costs one line."""

import csv
import io
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import InputError
from maskres.formats import office_csv
from maskres.formats.office_csv import BadRow, BadRows, Column, PlainLines, Row, read_pieces, read_rows

COLUMNS = (
    Column("id_number", "证件号码"),
    Column("name", "姓名"),
    Column("moved_in", "迁入日期", is_required=False),
)
RARE = "𠮷䶮㼆"


def read(data: bytes, columns: Iterable[Column] = COLUMNS) -> list[Row | BadRow]:
    return list(read_rows(io.BytesIO(data), file="register.csv", columns=tuple(columns)))


def refuse(data: bytes, columns: Iterable[Column] = COLUMNS) -> InputError:
    with pytest.raises(InputError) as caught:
        read(data, columns)
    assert caught.value.file == "register.csv"
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_every_usual_way_of_saving_gives_the_same_rows(encoding: str, line_end: str, quote: str) -> None:
    lines = [["姓名", "证件号码"], [RARE, "1"], ["张三", "2"]]
    text = "".join(",".join(f"{quote}{field}{quote}" for field in line) + line_end for line in lines)
    assert read(text.encode(encoding)) == [(2, ("1", RARE, "")), (3, ("2", "张三", ""))]


def test_gb18030_with_its_own_byte_order_mark() -> None:
    assert read("\ufeff证件号码,姓名\n1,㼆\n".encode("gb18030")) == [(2, ("1", "㼆", ""))]


def test_the_last_line_may_lack_its_end_and_empty_lines_are_passed_over() -> None:
    assert read(b"id_number,name\n\n1,a\n \n,\n2,b\n3,c\n\n\n") == [
        (3, ("1", "a", "")),
        (6, ("2", "b", "")),
        (7, ("3", "c", "")),
    ]
    assert read(b"id_number,name\n1,a") == [(2, ("1", "a", ""))]
    assert read(b"id_number,name\n") == []
    assert read(b"id_number,name") == []


def test_lines_without_quotes_are_left_to_be_split_even_where_the_first_field_is_empty() -> None:
    stream = io.BytesIO(b"id_number,name,moved_in\n,a,\n,,\n , ,\n,,,\n,,x,\n1,b,\n")
    (piece,) = read_pieces(stream, file="register.csv", columns=COLUMNS)
    assert isinstance(piece, PlainLines)
    assert list(piece) == [
        (2, ("", "a", "")),
        (4, (" ", " ", "")),
        BadRow(6, "bad-row", "This line has 4 fields, the header has 3."),
        (7, ("1", "b", "")),
    ]


def test_a_file_of_one_column() -> None:
    one = [Column("store", "门店")]
    assert read('门店\na\n\n"b"\nc,d\n'.encode(), one) == [
        (2, ("a",)),
        (4, ("b",)),
        BadRow(5, "bad-row", "This line has 2 fields, the header has 1."),
    ]


def test_headers_mixed_in_language_order_width_and_case() -> None:
    data = "  迁入日期 ,ＮＡＭＥ,Id_Number\n2020-01-01,a,1\n".encode()
    assert read(data) == [(2, ("1", "a", "2020-01-01"))]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id_number,name,age", "column 3 is 'age'"),
        ("id_number,name,", "column 3 has no name"),
        ("id_number", "missing: name (姓名)"),
        ("id_number,name,姓名", "name stands twice"),
        ("证件号码;姓名", "plain commas"),
        ("证件号码\t姓名", "plain commas"),
        ("证件号码，姓名", "plain commas"),
        ("", "it is empty"),
        ('"id_number,name', "cannot be read"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_saying_how(header: str, said: str) -> None:
    error = refuse(f"{header}\n1,a\n".encode())
    assert (error.code, error.line) == ("bad-header", 1)
    assert said in error.message


def test_a_first_line_that_is_no_header_is_not_repeated() -> None:
    error = refuse("11010519491231002X,张三,1990-01-01\n".encode())
    assert error.code == "bad-header"
    assert "names no column" in error.message
    for personal in ("11010519491231002", "张三", "1990"):
        assert personal not in str(error)


def test_an_empty_file_has_no_header() -> None:
    assert refuse(b"").code == "bad-header"


def test_header_and_encoding_are_refused_before_a_row_is_asked_for() -> None:
    with pytest.raises(InputError):
        read_rows(io.BytesIO(b"x\n"), file="f", columns=COLUMNS)
    with pytest.raises(InputError):
        read_rows(io.BytesIO(b"id_number,name\n" + b"1,a\n" * 9 + b"\xff\xff,b\n"), file="f", columns=COLUMNS)


def test_bytes_of_neither_encoding_are_named_by_line() -> None:
    utf8 = "id_number,name\n1,张三\n2,李四\n".encode()
    error = refuse(utf8 + b"3,\xff\xff\n4,a\n")
    assert (error.code, error.line) == ("bad-encoding", 4)
    gb18030 = "id_number,name\n1,张三\n2,李四\n3,王五\n".encode("gb18030")
    error = refuse(gb18030 + b"4,\xff\xff\n")
    assert (error.code, error.line) == ("bad-encoding", 5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office_csv, "BLOCK_BYTES", 16)
        assert refuse(utf8 + b"3,a\n" * 20 + b"23,\xd5\xc5\n" + b"24,\xff\n").line == 24, "meant as UTF-8"
    error = refuse(b"\xef\xbb\xbfid_number,name\n1,\xd5\xc5\n")
    assert (error.code, error.line) == ("bad-encoding", 2), "a byte order mark says UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_text_is_refused(encoding: str) -> None:
    error = refuse("\ufeffid_number,name\n1,a\n".encode(encoding))
    assert (error.code, error.line) == ("bad-encoding", 1)
    assert "CSV UTF-8" in error.message or "NUL" in error.message


@pytest.mark.parametrize("beginning", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_workbooks_are_refused_as_such(beginning: bytes) -> None:
    error = refuse(beginning)
    assert error.code == "bad-encoding"
    assert "workbook" in error.message


def test_nul_is_refused_by_line() -> None:
    error = refuse(b"id_number,name\n1,a\n2,\0\n")
    assert (error.code, error.line) == ("bad-encoding", 3)
    assert "NUL" in error.message


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_csv, "BLOCK_BYTES", 16)
    monkeypatch.setattr(office_csv, "LINE_LIMIT_BYTES", 64)
    error = refuse(b"id_number,name\n1,a\n2," + b"b" * 100)
    assert (error.code, error.line) == ("line-too-long", 3)
    assert len(read(b"id_number,name\n1,a\n2," + b"b" * 30)) == 2


def test_a_wrong_number_of_fields_is_told_by_line_and_the_rest_is_read() -> None:
    assert read(b"id_number,name\n1\n2,b\n3,c,d\n") == [
        BadRow(2, "bad-row", "This line has 1 field, the header has 2."),
        (3, ("2", "b", "")),
        BadRow(4, "bad-row", "This line has 3 fields, the header has 2."),
    ]


def test_quotes_per_rfc_4180() -> None:
    data = b'id_number,name\n1,"a ""b"", c"\n"2","line\nbreak"\n3,d\n'
    assert read(data) == [(2, ("1", 'a "b", c', "")), (3, ("2", "linebreak", "")), (5, ("3", "d", ""))]


@pytest.mark.parametrize("block_bytes", [1, 7, 16, 23, 1 << 20])
@pytest.mark.parametrize(
    "bad", ['9,"open', '9,"closed"x', '"9,x\ny', "9,a\rb"], ids=["open", "after", "open-first", "cr"]
)
def test_a_bad_quote_swallows_nothing(bad: str, block_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_csv, "BLOCK_BYTES", block_bytes)
    good = "".join(f"{n},n{n}\n" for n in range(30))
    quoted = '77,"q"\n'
    rows = read(f"id_number,name\n{quoted}{good}{bad}\n{good}{quoted}".encode())
    assert [row[1][0] for row in rows if not isinstance(row, BadRow)] == [
        "77",
        *map(str, range(30)),
        *map(str, range(30)),
        "77",
    ]
    problems = [row for row in rows if isinstance(row, BadRow)]
    assert problems[0].line == 33
    assert problems[0].code == "bad-quotes"
    assert len(problems) == bad.count("\n") + 1


@pytest.mark.parametrize("block_bytes", [1, 16, 1 << 20])
def test_a_quote_open_at_the_end_of_the_file_is_told(
    block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_csv, "BLOCK_BYTES", block_bytes)
    for end in ("", "\n"):
        rows = read(f'id_number,name\n1,a\n2,"open\n3,c{end}'.encode())
        assert rows[0] == (2, ("1", "a", ""))
        assert isinstance(rows[1], BadRow) and (rows[1].line, rows[1].code) == (3, "bad-quotes")
        assert rows[2:] == [(4, ("3", "c", ""))]


def test_a_quote_may_be_open_over_a_few_lines_only() -> None:
    inside = "\n" * (office_csv.JOINED_LINES_LIMIT - 1)
    assert read(f'id_number,name\n1,"a{inside}b"\n'.encode()) == [(2, ("1", "ab", ""))]
    rows = read(f'id_number,name\n1,"a{inside}\nb"\n2,c\n'.encode())
    assert isinstance(rows[0], BadRow)
    assert rows[-1] == (23, ("2", "c", ""))


def test_where_the_reading_is_can_be_told_from_the_stream() -> None:
    line = b"1,%s\n" % (b"a" * 1000)
    stream = io.BytesIO(b"prefix" + b"id_number,name\n" + line * 5000)
    stream.seek(6)
    size = len(stream.getvalue())
    seen = [stream.tell() for _ in read_rows(stream, file="f", columns=COLUMNS)]
    assert len(seen) == 5000
    assert seen == sorted(seen)
    assert 0 < seen[0] <= 3 * office_csv.BLOCK_BYTES < size
    assert seen[-1] == size


def test_a_large_file_is_never_held_wholly() -> None:
    class Watched(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None and size > 0
            self.largest = max(self.largest, size)
            return super().read(size)

    stream = Watched(b"id_number,name\n" + "1,张\n".encode("gb18030") * 400_000)
    assert sum(1 for _ in read_rows(stream, file="f", columns=COLUMNS)) == 400_000
    assert stream.largest <= office_csv.BLOCK_BYTES


def test_bad_rows_are_all_counted_and_some_kept() -> None:
    bad_rows = BadRows(cap=2)
    for bad in (BadRow(2, "a", "x"), BadRow(2, "b", "x"), BadRow(5, "a", "x"), BadRow(9, "a", "x")):
        bad_rows.add(bad)
    assert [bad.line for bad in bad_rows.kept] == [2, 2]
    assert bad_rows.count_by_code == {"a": 3, "b": 1}
    assert bad_rows.line_count == 3


FIELDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r\n"), max_size=8)


@given(
    rows=st.lists(st.tuples(FIELDS, FIELDS, FIELDS), max_size=12),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    block_bytes=st.integers(1, 60),
)
def test_whatever_a_csv_writer_writes_is_read_back(
    rows: list[tuple[str, str, str]], encoding: str, quoting: int, block_bytes: int
) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\r\n").writerows(  # type: ignore[arg-type]
        [("id_number", "name", "迁入日期"), *rows]
    )
    data = text.getvalue().encode(encoding)
    if encoding == "gb18030":
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return  # valid as UTF-8 too, and then it is UTF-8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office_csv, "BLOCK_BYTES", block_bytes)
        found = read(data)
    expected = [(line, row) for line, row in enumerate(rows, 2) if any(row)]
    assert found == expected


@given(data=st.binary(max_size=80), block_bytes=st.integers(1, 30))
def test_no_bytes_whatever_do_more_than_be_refused(data: bytes, block_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office_csv, "BLOCK_BYTES", block_bytes)
        try:
            rows = read(b"id_number,name\n" + data)
        except InputError as error:
            assert error.code == "bad-encoding"
            return
    lines = [row.line if isinstance(row, BadRow) else row[0] for row in rows]
    assert lines == sorted(set(lines))
    assert all(2 <= line <= 2 + data.count(b"\n") for line in lines)
