"""When things happen in the synthetic city: days of February and March 2020, in Xiamen time (UTC+8, no summer time)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

from maskres.rehearsal.city.chance import Chance

XIAMEN = timezone(timedelta(hours=8))
ZONE = "Asia/Shanghai"
FIRST_ORDINAL = date(1900, 1, 1).toordinal()
"""The day at position 0 of the tables of days."""

_DAYS = date(2021, 12, 31).toordinal() - FIRST_ORDINAL + 1
_ROUND_DAYS = 14
_SLOTS_AFTER_DAYS = 4
_DRAW_DAYS = 5


class Timetable:
    """The days of one city's rounds.

    Args:
        chance: the city's chance: the first round opens between 3 and 8 February 2020.
    """

    __slots__ = ("base_time",)

    def __init__(self, chance: Chance) -> None:
        self.base_time = datetime(2020, 2, 3 + chance.number("base-day", 6), 1, tzinfo=UTC)

    def opens_at(self, round_index: int) -> datetime:
        """Give the aware UTC time at which a round opens: 09:00 in Xiamen."""
        return self.base_time + timedelta(days=_ROUND_DAYS * (round_index - 1))

    def reference_date(self, round_index: int) -> date:
        """Give the day on which ages and registers count: the local day the round opens."""
        return self.opens_at(round_index).astimezone(XIAMEN).date()

    def register_date(self, round_index: int) -> date:
        """Give the day on which the registers stood as they were handed in: two days before the round opens."""
        return self.reference_date(round_index) - timedelta(days=2)

    def register_day(self, round_index: int) -> int:
        """Give the register date as position from FIRST_ORDINAL."""
        return self.register_date(round_index).toordinal() - FIRST_ORDINAL

    def last_month(self, round_index: int) -> int:
        """Give the last month for which insurance was paid, as year × 12 + month - 1: the one before the export."""
        day = self.register_date(round_index)
        return day.year * 12 + day.month - 2

    def slots_from(self, round_index: int, draw: int) -> date:
        """Give the local day on which a draw's goods are first handed out."""
        return self.reference_date(round_index) + timedelta(days=_SLOTS_AFTER_DAYS + _DRAW_DAYS * (draw - 1))


@cache
def iso_days() -> list[str]:
    """Give every day from 1900 to 2021 as YYYY-MM-DD, by position from FIRST_ORDINAL."""
    return [date.fromordinal(FIRST_ORDINAL + day).isoformat() for day in range(_DAYS)]


@cache
def compact_days() -> list[str]:
    """Give every day from 1900 to 2021 as YYYYMMDD, by position from FIRST_ORDINAL."""
    return [text.replace("-", "") for text in iso_days()]


@cache
def month_names() -> list[str]:
    """Give every month from year 1 to 2021 as YYYY-MM, by year × 12 + month - 1."""
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(2022 * 12)]
