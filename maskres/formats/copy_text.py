"""Rows spelled as PostgreSQL's COPY reads them, by whatever process has them in hand.

The driver's own spelling, row by row, takes four times as long; and where a file is worked on in several processes
(usecases/processes.py) each spells what it made, so that the one that feeds the database only passes it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPES = str.maketrans(_ESCAPED)
_SPELL: dict[type, Callable[[Any], str]] = {
    str: lambda value: value.translate(_ESCAPES) if not value.isalnum() else value,
    int: str,
    bytes: lambda value: "\\\\x" + value.hex(),
    bool: lambda value: "t" if value else "f",
    type(None): lambda value: "\\N",
}


def spell_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """Spell rows in COPY's text format.

    Args:
        rows: str, int, bytes, bool or None; no NUL in a str, which no text of PostgreSQL can hold.

    Returns:
        One line a row, in UTF-8.
    """
    return spell_columns(list(zip(*rows, strict=True)))


def spell_columns(columns: Sequence[Sequence[Any]]) -> bytes:
    """Spell rows that are given column by column; no columns are no rows."""
    return _join_lines([_spell_column(values) for values in columns])


def spell_tables(columns: Sequence[Sequence[Any]], tables: Iterable[Sequence[int]]) -> tuple[bytes, ...]:
    """Spell rows out of which several tables are filled.

    Args:
        columns: as for spell_columns.
        tables: of each table, which of the columns it has, by their places.

    Returns:
        For each table what spell_columns would give of its columns.
    """
    spelled = [list(_spell_column(values)) for values in columns]
    return tuple(_join_lines([spelled[place] for place in places]) for places in tables)


def _join_lines(columns: Sequence[Iterable[str]]) -> bytes:
    return "\n".join([*map("\t".join, zip(*columns, strict=True)), ""]).encode()


def _spell_column(values: Sequence[Any]) -> Iterable[str]:
    """Spell a column at once where it holds but one kind of values, as most do."""
    kinds = set(map(type, values))
    if kinds == {str}:
        text = "".join(values)
        if not any(symbol in text for symbol in _ESCAPED):
            return values
    if kinds == {int}:
        return map(str, values)
    if kinds == {bytes}:
        return ["\\\\x" + value.hex() for value in values]
    return [_SPELL[type(value)](value) for value in values]
