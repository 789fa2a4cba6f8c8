"""What importing any office file has in common: progress, bad lines gathered, all or nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from maskres.eligibility.registers import MANGLED_MESSAGE, is_mostly_mangled
from maskres.errors import InputError
from maskres.formats.office_csv import BadRow, BadRows

#: Told how many bytes of how many have been read.
Progress = Callable[[int, int], None]


class ImportRefused(InputError):
    """A file that is not taken because some of its lines cannot be.

    Attributes:
        bad_rows: the first of them, by line and reason.
        count: how many lines are bad.
    """

    def __init__(self, code: str, message: str, *, file: str, bad: BadRows) -> None:
        super().__init__(code, message, file=file, line=bad.kept[0].line)
        self.bad_rows = tuple(bad.kept)
        self.count = bad.line_count


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was made of a piece of a file, ready for the database.

    Attributes:
        count: its good lines.
        rows: what is stored of them, as bulk.load_ready takes it.
        bad: its bad lines, one for each problem.
        links: of a register, digests of a document and of the group that it belongs to.
        tables: in the place of rows, where a file fills several tables: what is remembered of the lines, and of each
            table what goes into it.
    """

    count: int
    rows: bytes | list[tuple[Any, ...]]
    bad: tuple[BadRow, ...]
    links: tuple[tuple[bytes, bytes], ...] = ()
    tables: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Sieve:
    """Lets the pieces of a file through and gathers their bad rows.

    Once a bad row was met the file is refused, so no more good ones pass; reading goes on to list what else is
    wrong.

    Attributes:
        file: the file's name.
        progress: told how far it is.
        bad: the bad rows so far.
        good_count: good lines so far.
    """

    file: str
    progress: Progress | None = None
    bad: BadRows = field(default_factory=BadRows)
    good_count: int = 0

    def sift(self, pieces: Iterable[Prepared], stream: BinaryIO) -> Iterator[Prepared]:
        """Give the pieces before the first with a bad row, and read to the end."""
        total = os.fstat(stream.fileno()).st_size
        for piece in pieces:
            if self.progress is not None:
                self.progress(stream.tell(), total)
            for bad in piece.bad:
                self.bad.add(bad)
            self.good_count += piece.count
            if not self.bad.line_count:
                yield piece
        if self.progress is not None:
            self.progress(total, total)

    def refuse_bad(self) -> None:
        """Refuse the file if any row was bad.

        Raises:
            ImportRefused: "bad-rows", "mangled-by-spreadsheet".
        """
        bad = self.bad
        if not bad.line_count:
            return
        total = self.good_count + bad.line_count
        if is_mostly_mangled(bad.count_by_code, total):
            raise ImportRefused("mangled-by-spreadsheet", MANGLED_MESSAGE, file=self.file, bad=bad)
        raise ImportRefused(
            "bad-rows",
            f"{bad.line_count} of {total} lines cannot be read; nothing was imported.",
            file=self.file,
            bad=bad,
        )


def count_lines(path: Path) -> int:
    """Count the lines of a file without reading what is in them."""
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def digest_of(path: Path) -> str:
    """Compute a file's SHA-256 without holding it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
