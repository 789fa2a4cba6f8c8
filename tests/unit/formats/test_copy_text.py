"""COPY's text format, as PostgreSQL's manual has it."""

from __future__ import annotations

from maskres.formats.copy_text import spell_rows


def test_values_are_spelled_as_copy_reads_them() -> None:
    rows = [("鼓浪屿", -7, b"\x00\xff", True, None), ("a\tb\\N\r\n", 0, b"", False, "")]
    lines = ["鼓浪屿\t-7\t\\\\x00ff\tt\t\\N", "a\\tb\\\\N\\r\\n\t0\t\\\\x\tf\t"]
    assert spell_rows(rows) == "".join(f"{line}\n" for line in lines).encode()
    assert spell_rows([]) == b""
