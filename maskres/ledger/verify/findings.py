"""What a verification finds: mismatches by file, line and code, and notes that are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from maskres.errors import MaskresError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """One mismatch.

    Attributes:
        file: name in the bundle.
        line: counted from 1, or None where it is the file's as a whole.
        code: stable kebab-case name of what is wrong.
        message: one English sentence.
    """

    file: str
    line: int | None
    code: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.code}: {self.message}"


@dataclass(slots=True)
class Findings:
    """What was found so far.

    Attributes:
        found: the mismatches in the order they were found.
        notes: what is worth saying and no mismatch.
        unchecked: what could not be checked because of what was found before.
    """

    found: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def add(self, file: str, line: int | None, code: str, message: str) -> None:
        """Note a mismatch."""
        self.found.append(Finding(file, line, code, message))

    def take(self, error: MaskresError, file: str) -> None:
        """Note an error as a mismatch; `file` is the one at hand, where the error names none."""
        message = error.message if error.field is None else f"{error.field}: {error.message}"
        self.add(error.file or file, error.line, error.code, message)

    def attempt(self, file: str, check: Callable[[], T]) -> T | None:
        """Run one check; give its answer, or None where it ended in a mismatch."""
        try:
            return check()
        except MaskresError as error:
            self.take(error, file)
            self.unchecked.append(f"{file} (any further)")
            return None
