"""What importing any office file has in common: progress, bad lines gathered, all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from maskres.eligibility.registers import MANGLED_MESSAGE, is_mostly_mangled
from maskres.errors import InputError
from maskres.formats.office_csv import BadRow, BadRows

T = TypeVar("T")

#: Told how many bytes of how many have been read.
Progress = Callable[[int, int], None]
ROWS_BETWEEN_REPORTS = 10_000


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


@dataclass(slots=True)
class Sieve(Generic[T]):
    """Lets the good rows of a file through and gathers the bad ones.

    Once a bad row was met the file is refused, so no more good ones pass; reading goes on to list what else is
    wrong.

    Attributes:
        path: the file.
        progress: told how far it is.
        bad: the bad rows so far.
        good_count: good rows so far.
    """

    path: Path
    progress: Progress | None
    bad: BadRows = field(default_factory=BadRows)
    good_count: int = 0

    def sift(self, rows: Iterator[T | BadRow], stream: BinaryIO) -> Iterator[T]:
        """Give the good rows up to the first bad one, and read to the end."""
        total = self.path.stat().st_size
        for count, row in enumerate(rows):
            if self.progress is not None and count % ROWS_BETWEEN_REPORTS == 0:
                self.progress(stream.tell(), total)
            if isinstance(row, BadRow):
                self.bad.add(row)
                continue
            self.good_count += 1
            if not self.bad.line_count:
                yield row
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
            raise ImportRefused("mangled-by-spreadsheet", MANGLED_MESSAGE, file=self.path.name, bad=bad)
        raise ImportRefused(
            "bad-rows",
            f"{bad.line_count} of {total} lines cannot be read; nothing was imported.",
            file=self.path.name,
            bad=bad,
        )


def digest_of(path: Path) -> str:
    """Compute a file's SHA-256 without holding it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
