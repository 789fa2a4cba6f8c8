"""One tree of errors with stable codes; knows no HTTP and no exit status."""

from __future__ import annotations

from typing import Any


class MaskresError(Exception):
    """Something that should not happen, said so that a person can act on it.

    Args:
        code: stable kebab-case name of the error, the same in every door.
        message: one English sentence.
        field: name of the input field at fault, if one is.
        file: name of the input file at fault, if one is.
        line: line of that file, counted from 1, header included.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.file = file
        self.line = line

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error raised in another process say here what it said there."""
        return _raised_elsewhere, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (place, self.field, self.message) if part)


def _raised_elsewhere(kind: type[MaskresError], args: tuple[Any, ...], said: dict[str, Any]) -> MaskresError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(said)
    return error


class InputError(MaskresError):
    """Input that cannot be taken as it is: a malformed file, field, number, rule."""


class ConfigurationError(MaskresError):
    """Something the deployment lacks: a key, a setting, a database."""


class CheckFailed(MaskresError):
    """Well-formed data that does not hold: a digest, a signature, a sum."""


class StepRefused(MaskresError):
    """A step out of order, or by someone who may not take it."""


class ConflictError(MaskresError):
    """Somebody else did it at the same time, or it stands already with other content."""
