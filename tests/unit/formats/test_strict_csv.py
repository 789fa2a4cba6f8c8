"""The strict reader: every violation is refused on its line, whatever the size of the blocks."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import InputError
from maskres.formats.csv_choices import NO_CHOICE, ChoicesColumn
from maskres.formats.csv_columns import (
    HexColumn,
    IntegerColumn,
    NumberColumn,
    SlugColumn,
    TimeColumn,
    WordColumn,
)
from maskres.formats.number_arrays import are_numbers, keys_of
from maskres.formats.strict_csv import MAX_LINE_BYTES, Source, name_of, read_table, write_table
from maskres.formats.symbols import is_number
from tests.reference.lottery_files import ALPHABET, number

NUMBERS = sorted(number(index) for index in range(50))


def all_kinds() -> list[Any]:
    return [
        NumberColumn("number"),
        SlugColumn("slug"),
        IntegerColumn("count", 1, 10),
        HexColumn("digest", 8),
        TimeColumn("at"),
        WordColumn("word", ("yes", "no")),
        ChoicesColumn("choices"),
    ]


HEADER = b"number,slug,count,digest,at,word,choices\n"
GOOD = [NUMBERS[0], "a-slug", "10", "00ff12ab", "2020-02-29T23:59:59Z", "yes", "one|two"]


def line(**changed: str) -> bytes:
    names = HEADER.decode().strip().split(",")
    return (",".join(changed.get(name, good) for name, good in zip(names, GOOD, strict=True)) + "\n").encode()


def read(data: Source, block_bytes: int = 1 << 20) -> list[Any]:
    columns = all_kinds()
    read_table(data, "things.csv", columns, block_bytes=block_bytes).finish()
    return columns


def refusal(data: Source, block_bytes: int = 1 << 20) -> InputError:
    with pytest.raises(InputError) as caught:
        read(data, block_bytes)
    return caught.value


def test_values_of_every_kind() -> None:
    data = HEADER + line() + line(slug="b", count="1", choices="", word="no", digest="ffffffff")
    number_, slug, count, digest, at, word, choices = read(data)
    assert number_.values.tolist() == [NUMBERS[0].encode()] * 2
    assert (slug.codes.tolist(), slug.names) == ([0, 1], ("a-slug", "b"))
    assert count.values.tolist() == [10, 1]
    assert digest.values.tolist() == [[0, 255, 0x12, 0xAB], [255] * 4]
    assert at.names == ("2020-02-29T23:59:59Z",)
    assert word.codes.tolist() == [0, 1]
    assert (choices.choices.tolist(), choices.names) == ([[0, 1], [-1, -1]], ("one", "two"))


def test_header_without_lines_is_valid() -> None:
    assert read(HEADER)[0].values.tolist() == []


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("number", NUMBERS[0].lower(), "bad-number"),
        ("number", NUMBERS[0][:-1] + ("0" if NUMBERS[0][-1] != "0" else "1"), "bad-number"),
        ("number", NUMBERS[0][:-1], "bad-number"),
        ("number", NUMBERS[0] + "0", "bad-number"),
        ("number", "", "bad-number"),
        ("number", f"{NUMBERS[0][:4]}-{NUMBERS[0][4:8]}-{NUMBERS[0][8:]}", "bad-number"),
        ("number", "I" + NUMBERS[0][1:], "bad-number"),
        ("number", "０" * 4, "bad-number"),
        ("slug", "", "bad-slug"),
        ("slug", "-a", "bad-slug"),
        ("slug", "A", "bad-slug"),
        ("slug", "a_b", "bad-slug"),
        ("slug", " a", "bad-slug"),
        ("slug", "a ", "bad-slug"),
        ("slug", "a" * 41, "bad-slug"),
        ("slug", "ä", "bad-slug"),
        ("count", "", "bad-integer"),
        ("count", "0", "bad-integer"),
        ("count", "11", "bad-integer"),
        ("count", "01", "bad-integer"),
        ("count", "00", "bad-integer"),
        ("count", "+1", "bad-integer"),
        ("count", "-1", "bad-integer"),
        ("count", "1.0", "bad-integer"),
        ("count", "1e0", "bad-integer"),
        ("count", "1_0", "bad-integer"),
        ("count", "１２", "bad-integer"),
        ("count", "٣", "bad-integer"),
        ("count", "1" * 13, "bad-integer"),
        ("count", "1000000000005", "bad-integer"),
        ("count", "0000000000005", "bad-integer"),
        ("count", "18446744073709551621", "bad-integer"),
        ("digest", "00ff12a", "bad-hex"),
        ("digest", "00ff12abc", "bad-hex"),
        ("digest", "00FF12AB", "bad-hex"),
        ("digest", "00ff12ag", "bad-hex"),
        ("digest", "", "bad-hex"),
        ("at", "2020-02-30T00:00:00Z", "bad-time"),
        ("at", "2020-02-10T24:00:00Z", "bad-time"),
        ("at", "2020-02-10T23:59:60Z", "bad-time"),
        ("at", "2020-02-10 00:00:00Z", "bad-time"),
        ("at", "2020-02-10T00:00:00", "bad-time"),
        ("at", "2020-02-10T00:00:00+00:00", "bad-time"),
        ("at", "2020-02-10T00:00:00.0Z", "bad-time"),
        ("at", "２020-02-10T00:00:00Z", "bad-time"),
        ("word", "Yes", "bad-value"),
        ("word", "", "bad-value"),
        ("word", "yesno", "bad-value"),
        ("choices", "one|one", "bad-choices"),
        ("choices", "|", "bad-choices"),
        ("choices", "one|", "bad-choices"),
        ("choices", "one||two", "bad-choices"),
        ("choices", "One", "bad-choices"),
        ("choices", "a" * 41, "bad-choices"),
        ("choices", "|".join(f"s{index}" for index in range(21)), "bad-choices"),
    ],
)
def test_bad_field_is_named(field: str, text: str, code: str) -> None:
    error = refusal(HEADER + line() + line() + line(**{field: text}) + line(slug=""))
    assert (error.code, error.field, error.file, error.line) == (code, field, "things.csv", 4)
    assert str(error).startswith(f"things.csv:4: {field}: ")


@pytest.mark.parametrize(
    ("text", "good"),
    [("slug", "a" * 40), ("slug", "0-"), ("count", "1"), ("choices", "|".join(f"s{i}" for i in range(20)))],
)
def test_the_largest_allowed_is_allowed(text: str, good: str) -> None:
    read(HEADER + line(**{text: good}))


@pytest.mark.parametrize(
    ("data", "code", "line_number"),
    [
        (b"", "bad-header", 1),
        (b"\n", "bad-header", 1),
        (b"\xef\xbb\xbf" + HEADER, "byte-order-mark", 1),
        (HEADER[:-1], "missing-last-lf", 1),
        (HEADER[:-1] + b"\r\n" + line(), "carriage-return", 1),
        (HEADER.replace(b"slug", b"slag") + line(), "bad-header", 1),
        (HEADER.replace(b",", b", ") + line(), "bad-header", 1),
        (b'"number"' + HEADER[6:] + line(), "quotes", 1),
        (line(), "bad-header", 1),
        (HEADER + line()[:-1] + b"\r\n", "carriage-return", 2),
        (HEADER + line() + line()[:-1], "missing-last-lf", 3),
        (HEADER + line() + b"\n", "wrong-column-count", 3),
        (HEADER + line() + b"\n" + line(), "wrong-column-count", 3),
        (HEADER + line() + line(slug="a,b"), "wrong-column-count", 3),
        (HEADER + line() + b"a,b\n" + line(), "wrong-column-count", 3),
        (HEADER + line() + line(slug='"a"'), "quotes", 3),
        (HEADER + line() + line(slug="a\x00"), "nul", 3),
        (HEADER + line() + line().replace(b"a-slug", b"a\xff"), "not-utf-8", 3),
        (HEADER + line() + line(slug="a\u2028b"), "bad-slug", 3),
        (HEADER + line() + line(slug="a" * (MAX_LINE_BYTES + 1)), "line-too-long", 3),
        (HEADER + line() + b"a" * (MAX_LINE_BYTES + 1), "line-too-long", 3),
    ],
)
@pytest.mark.parametrize("block_bytes", [1, 50, 1 << 20])
def test_bad_file_is_refused_on_its_line(data: bytes, code: str, line_number: int, block_bytes: int) -> None:
    error = refusal(data, block_bytes)
    assert (error.code, error.line) == (code, line_number)


@given(st.data())
def test_texts_and_choices_are_the_same_whatever_the_blocks(data: st.DataObject) -> None:
    """Texts that share their first letters, that are a beginning of others, and rows of none to twenty choices."""
    names = [f"store-{length * 'a'}{end}" for length in (1, 2, 9, 33) for end in ("", "1", "2")]
    stores = st.sampled_from([*names, "s", "0", *(f"n{index}" for index in range(20))])
    rows = data.draw(
        st.lists(st.tuples(stores, st.lists(stores, unique=True, max_size=20)), min_size=1, max_size=30)
    )
    content = HEADER + b"".join(line(slug=slug, choices="|".join(chosen)) for slug, chosen in rows)
    _, slug, *_, choices = read(content, data.draw(st.integers(1, 5000)))
    assert [slug.names[code] for code in slug.codes] == [text for text, _ in rows]
    # Behind the last choice stands none, and nobody's row is wider than the widest.
    widest = max(len(chosen) for _, chosen in rows)
    assert choices.choices.shape == (len(rows), widest)
    names_of = dict(enumerate(choices.names)) | {NO_CHOICE: None}
    assert [[names_of[code] for code in row] for row in choices.choices.tolist()] == [
        [*chosen, *[None] * (widest - len(chosen))] for _, chosen in rows
    ]


def test_bars_in_another_column_are_no_choices() -> None:
    """The line with the bar is refused for itself; the lines above it keep their choices."""
    columns = all_kinds()
    data = HEADER + line(choices="a|b") + line(slug="x|y|z", choices="c|d") + line()
    table = read_table(data, "things.csv", columns)
    with pytest.raises(InputError) as caught:
        table.finish()
    assert (caught.value.code, caught.value.field, caught.value.line) == ("bad-slug", "slug", 3)
    choices = columns[-1]
    assert [choices.names[code] for code in choices.choices[0]] == ["a", "b"]


def test_more_texts_than_are_guessed_are_told_apart() -> None:
    names = [f"s{index}" for index in range(5000)]
    column = SlugColumn("slug")
    data = ("slug\n" + "".join(f"{name}\n" for name in names * 2)).encode()
    read_table(data, "s.csv", [column], block_bytes=9000).finish()
    assert [column.names[code] for code in column.codes] == names * 2


@given(st.data())
def test_the_first_fault_is_named_whatever_the_blocks(data: st.DataObject) -> None:
    faults = {
        "bad-number": line(number="0" * 11 + "1"),
        "bad-slug": line(slug="A"),
        "bad-hex": line(digest="x" * 8),
        "carriage-return": line()[:-1] + b"\r\n",
        "wrong-column-count": b"a\n",
        "bad-choices": line(choices="a|a"),
    }
    lines = data.draw(st.lists(st.sampled_from([*faults, "good", "good", "good"]), min_size=1, max_size=30))
    content = HEADER + b"".join(faults.get(kind, line()) for kind in lines)
    block_bytes = data.draw(st.integers(1, 500))
    first = next(((row + 2, kind) for row, kind in enumerate(lines) if kind != "good"), None)
    if first is None:
        assert len(read(content, block_bytes)[0].values) == len(lines)
    else:
        error = refusal(content, block_bytes)
        assert (error.line, error.code) == first


SCRIBBLE = st.text(st.sampled_from([*'019aZf-|:T.,\r"\x00 ', "ä", "１"]), max_size=14)


@given(st.sampled_from(range(7)), SCRIBBLE | st.sampled_from(GOOD))
def test_arrays_and_words_agree(index: int, text: str) -> None:
    """A column accepts a field on arrays exactly where it finds nothing to explain."""
    column = all_kinds()[index]
    is_plain = not set(text) & set(',\r"\x00 ')
    data = f"{column.name}\n{text}\n".encode()
    table = read_table(data, "x.csv", [column])
    try:
        table.finish()
        is_accepted = True
    except InputError:
        is_accepted = False
    assert is_accepted == (is_plain and column.explain(text) is None)


@given(st.lists(st.text(st.sampled_from(ALPHABET + "IOa"), min_size=12, max_size=12), min_size=1))
def test_check_symbols_on_arrays(texts: list[str]) -> None:
    array = np.array([*texts, NUMBERS[0]], dtype="S12")
    assert are_numbers(array).tolist() == [is_number(text) for text in [*texts, NUMBERS[0]]]


def test_one_wrong_symbol_is_always_found() -> None:
    changed = [
        NUMBERS[0][:position] + symbol + NUMBERS[0][position + 1 :]
        for position in range(12)
        for symbol in ALPHABET
        if symbol != NUMBERS[0][position]
    ]
    assert not are_numbers(np.array(changed, dtype="S12")).any()


def test_keys_stand_in_the_order_of_bytes() -> None:
    numbers = sorted(number(index) for index in range(500))
    keys = keys_of(np.array(numbers, dtype="S12")).tolist()
    assert keys == sorted(keys)
    assert len(set(keys)) == 500


class Dribble(io.RawIOBase):
    """A stream that gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        given_, self._rest = self._rest[:1], self._rest[1:]
        return given_


def test_paths_and_streams(tmp_path: Path) -> None:
    data = HEADER + line() * 3
    path = tmp_path / "things.csv"
    path.write_bytes(data)
    sources: list[Any] = [data, path, str(path), io.BytesIO(data), Dribble(data)]
    for source in sources:
        assert len(read(source)[0].values) == 3


def test_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pool.csv"
    path.write_bytes(b"x\n")
    assert name_of(path, None, "usual.csv") == name_of(str(path), None, "usual.csv") == "pool.csv"
    assert name_of(b"", None, "usual.csv") == name_of(io.BytesIO(), None, "usual.csv") == "usual.csv"
    assert name_of(path, "given.csv", "usual.csv") == "given.csv"
    with pytest.raises(InputError, match=r"^pool\.csv:1: "):
        read_table(path, "pool.csv", all_kinds())
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "none.csv", "none.csv", all_kinds())
    assert (caught.value.code, caught.value.file) == ("no-such-file", "none.csv")


def sorted_refusal(rows: list[str]) -> InputError | None:
    column = SlugColumn("slug")
    table = read_table(b"slug\n" + b"".join(f"{row}\n".encode() for row in rows), "s.csv", [column])
    table.refuse_unsorted([column.ranks], field="slug")
    try:
        table.finish()
    except InputError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        (["b"], None),
        (["a", "a-", "a0", "aa"], None),
        (["a", "a"], ("repeated-key", 3)),
        (["a", "c", "b"], ("not-sorted", 4)),
        (["a", "b", "b", "a"], ("repeated-key", 4)),
        (["a0", "a-"], ("not-sorted", 3)),
        (["b", "a", "X"], ("not-sorted", 3)),
        (["a", "X", "a"], ("bad-slug", 3)),
    ],
)
def test_sorted_bytewise(rows: list[str], expected: tuple[str, int] | None) -> None:
    error = sorted_refusal(rows)
    assert expected == (None if error is None else (error.code, error.line))


def test_sorted_on_fields_in_turn_not_on_the_line() -> None:
    """`a,b` sorts before `a-,b` by fields, though the line `a-,b` is less: the hyphen follows the comma."""
    first, second = SlugColumn("first"), SlugColumn("second")
    table = read_table(b"first,second\na,z\na-,b\na-,c\nb,a\n", "s.csv", [first, second])
    table.refuse_unsorted([first.ranks, second.ranks], field="first")
    table.finish()


def test_repeated_in_a_file_sorted_otherwise() -> None:
    column = IntegerColumn("n")
    table = read_table(b"n\n3\n1\n2\n1\n3\n", "n.csv", [column])
    table.refuse_repeated(column.values, field="n")
    with pytest.raises(InputError) as caught:
        table.finish()
    assert (caught.value.code, caught.value.line) == ("repeated-key", 5)
    assert "Line 3" in str(caught.value)


def test_written_files_are_read_back() -> None:
    stream = io.BytesIO()
    rows = [(NUMBERS[index], f"s{index}", index) for index in range(50)]
    assert write_table(stream, ("number", "slug", "count"), rows) == 50
    columns: list[Any] = [NumberColumn("number"), SlugColumn("slug"), IntegerColumn("count")]
    read_table(stream.getvalue(), "w.csv", columns).finish()
    assert columns[0].values.tolist() == [text.encode() for text in NUMBERS]
    assert [columns[1].names[code] for code in columns[1].codes] == [f"s{index}" for index in range(50)]
    assert columns[2].values.tolist() == list(range(50))


@pytest.mark.parametrize("field", ["a,b", "a\nb", "a\r", '"a"', "a b", "\x00"])
def test_a_field_that_no_reader_takes_is_not_written(field: str) -> None:
    with pytest.raises(ValueError, match="no field may hold"):
        write_table(io.BytesIO(), ("a", "b"), [("x", "y"), (field, "y")])
    with pytest.raises(ValueError, match="no field may hold"):
        write_table(io.BytesIO(), ("a",), [("x", "y")])
