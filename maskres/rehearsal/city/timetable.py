"""When things happen in the synthetic city, in Xiamen time (UTC+8, no summer time).

In a rehearsal these are days of February and March 2020; a demo begins on a day that is given.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

from maskres.errors import InputError
from maskres.rehearsal.city.chance import Chance

XIAMEN = timezone(timedelta(hours=8))
ZONE = "Asia/Shanghai"
FIRST_ORDINAL = date(1900, 1, 1).toordinal()
"""The day at position 0 of the tables of days."""

_LAST_YEAR = 2099
_DAYS = date(_LAST_YEAR, 12, 31).toordinal() - FIRST_ORDINAL + 1
_FIRST_YEAR, _LAST_FIRST_YEAR = 2000, 2090
_ROUND_DAYS = 14
_SLOTS_AFTER_DAYS = 4
_DRAW_DAYS = 5
_KEPT_DAYS = 90


class Timetable:
    """The days of one city's rounds.

    Args:
        chance: the city's chance: without another word the first round opens between 3 and 8 February 2020.
        first_day: local day on which the first round opens instead, from 2000 to 2090.
        round_days: days after which the second round opens.

    Raises:
        InputError: "bad-city" for a day out of bounds.
    """

    __slots__ = ("_round_days", "base_time")

    def __init__(self, chance: Chance, first_day: date | None = None, round_days: int = _ROUND_DAYS) -> None:
        day = first_day or date(2020, 2, 3 + chance.number("base-day", 6))
        if not _FIRST_YEAR <= day.year <= _LAST_FIRST_YEAR:
            raise InputError(
                "bad-city", f"A city begins in {_FIRST_YEAR} to {_LAST_FIRST_YEAR}.", field="first_day"
            )
        self.base_time = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        self._round_days = round_days

    @property
    def year(self) -> int:
        """Give the year in which the first round opens: ages are those on its 1 February."""
        return self.base_time.year

    def opens_at(self, round_index: int) -> datetime:
        """Give the aware UTC time at which a round opens: 09:00 in Xiamen."""
        return self.base_time + timedelta(days=self._round_days * (round_index - 1))

    def reference_date(self, round_index: int) -> date:
        """Give the day on which ages and registers count: the local day the round opens."""
        return self.opens_at(round_index).astimezone(XIAMEN).date()

    def data_until(self) -> date:
        """Give the day until which personal data is kept: the first 30 June 90 days after the second round opens."""
        earliest = self.reference_date(2) + timedelta(days=_KEPT_DAYS)
        found = date(earliest.year, 6, 30)
        return found if found >= earliest else date(earliest.year + 1, 6, 30)

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
    """Give every day from 1900 to 2099 as YYYY-MM-DD, by position from FIRST_ORDINAL."""
    return [date.fromordinal(FIRST_ORDINAL + day).isoformat() for day in range(_DAYS)]


@cache
def compact_days() -> list[str]:
    """Give every day from 1900 to 2099 as YYYYMMDD, by position from FIRST_ORDINAL."""
    return [text.replace("-", "") for text in iso_days()]


@cache
def month_names() -> list[str]:
    """Give every month from year 1 to 2099 as YYYY-MM, by year × 12 + month - 1."""
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range((_LAST_YEAR + 1) * 12)]
