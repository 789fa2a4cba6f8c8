"""COPY's text format, as PostgreSQL's manual has it."""

from __future__ import annotations

from typing import Any

from maskres.formats.copy_text import spell_rows, spell_tables


def test_values_are_spelled_as_copy_reads_them() -> None:
    rows = [("鼓浪屿", -7, b"\x00\xff", True, None), ("a\tb\\N\r\n", 0, b"", False, "")]
    lines = ["鼓浪屿\t-7\t\\\\x00ff\tt\t\\N", "a\\tb\\\\N\\r\\n\t0\t\\\\x\tf\t"]
    assert spell_rows(rows) == "".join(f"{line}\n" for line in lines).encode()
    assert spell_rows([]) == b""


def test_a_row_of_one_empty_text_is_an_empty_line() -> None:
    assert spell_rows([("",), ("",)]) == b"\n\n"


def test_several_tables_have_columns_of_the_same_rows() -> None:
    columns: list[list[Any]] = [[1, 2], ["a\t", "b"], [True, None]]
    assert spell_tables(columns, [(0,), (2, 1, 0)]) == (b"1\n2\n", b"t\ta\\t\t1\n\\N\tb\t2\n")
    assert spell_tables([[], []], [(0,), (1, 0)]) == (b"", b"")
