"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, String, TypeDecorator

from maskres.formats.values import format_time, parse_time


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC to the second, stored as the protocol writes it: YYYY-MM-DDTHH:MM:SSZ.

    Sorts as it reads, is the same text in both databases and in the published files; a naive time is refused.
    """

    impl = String(20)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What it is in Python."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write the time; ValueError for one without a zone."""
        return None if value is None else format_time(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Read the time."""
        return None if value is None else parse_time(value, field="time")


def bytewise(length: int) -> String:
    """Text of at most so many characters, compared byte by byte on every database."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


#: A row's own number, counted by the database.
RowId = BigInteger().with_variant(Integer, "sqlite")
Number = bytewise(12)
Slug = bytewise(40)
Sha256 = bytewise(64)
Digest16 = LargeBinary(16)
Digest8 = LargeBinary(8)
