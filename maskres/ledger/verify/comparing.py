"""Comparing a published file with the bytes it must have, line by line where they differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from maskres.errors import InputError
from maskres.formats.strict_csv import MAX_LINE_BYTES
from maskres.ledger.verify.findings import Findings

FORM_CODES = frozenset(
    {
        "bad-header", "byte-order-mark", "carriage-return", "quotes", "nul", "not-utf-8", "missing-last-lf",
        "line-too-long", "wrong-column-count", "bad-number", "bad-slug", "bad-integer", "bad-hex", "bad-value",
    }
)  # fmt: skip
"""Codes that say why a line cannot stand in its file whatever the other lines are."""


class Comparison:
    """Takes the bytes a file must have, and gathers the lines of the file that are others.

    Args:
        stream: the published file.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._line = 1
        self._is_by_line = False
        self.differing: dict[int, tuple[bytes | None, bytes | None]] = {}
        """Line → what it must be, what it is; None for no such line."""

    def write(self, data: bytes) -> int:
        """Compare the next bytes: whole lines."""
        if not self._is_by_line:
            start = self._stream.tell()
            if self._stream.read(len(data)) == data:
                self._line += data.count(b"\n")
                return len(data)
            self._stream.seek(start)
            self._is_by_line = True
        for expected in data.split(b"\n")[:-1]:
            self._compare(expected + b"\n")
        return len(data)

    def finish(self) -> None:
        """Gather what the file holds beyond what it must."""
        while line := self._stream.readline(MAX_LINE_BYTES + 1):
            self.differing[self._line] = (None, line)
            self._line += 1

    def _compare(self, expected: bytes) -> None:
        found = self._stream.readline(MAX_LINE_BYTES + 1)
        if found != expected:
            self.differing[self._line] = (expected, found or None)
        self._line += 1


def compare_file(
    path: Path,
    write: Callable[[Comparison], object],
    read: Callable[[Path], Any],
    *,
    code: str,
    findings: Findings,
) -> None:
    """Note every line of a file that is not what was computed.

    Args:
        path: the published file, named as in the bundle.
        write: writes what it must hold.
        read: the file's own reader; what it says about a line's form goes before that the line differs.
        code: of a line that differs.
        findings: takes the lines.
    """
    with path.open("rb") as stream:
        comparison = Comparison(stream)
        write(comparison)
        comparison.finish()
    if not comparison.differing:
        return
    try:
        read(path)
    except InputError as error:
        if error.code in FORM_CODES:
            findings.take(error, path.name)
            comparison.differing.pop(error.line or 0, None)
    for line, (expected, found) in comparison.differing.items():
        findings.add(path.name, line, code, f"The line must be {_show(expected)}, but is {_show(found)}.")


def _show(line: bytes | None) -> str:
    return "nothing" if line is None else ascii(line[:120].decode("latin-1"))
