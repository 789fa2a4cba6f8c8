"""Who lives in the synthetic city: age, sex, district and kind of document of every resident.

No two residents may bear one number, yet nobody's number may depend on all the others'. So the residents stand in
COLUMNS columns: all of a column share birthday and sequence number, which no two columns do. Within a column the
residents take points spaced at least 1/BLOCKS apart of the distribution of (age, sex, issue), which has no cell that
wide: they differ in one of them at least, and each by itself is drawn from the whole distribution.

The pyramid of ages is invented in the shape of a young city of migrants: about 17 % under 15, 73 % from 15 to 59,
10 % of 60 and more, with more men than women of working age and more women than men of great age.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from itertools import accumulate, pairwise

import numpy as np

from maskres.errors import InputError
from maskres.rehearsal.city.chance import Chance, Flags, Ints
from maskres.rehearsal.city.places import DISTRICTS, ISSUES, Kind
from maskres.rehearsal.city.timetable import iso_days

SEQUENCES = 499
"""Sequence numbers of one day, place and sex: odd ones 1 … 997 for men, even ones 2 … 998 for women."""

COLUMNS = 365 * SEQUENCES
BLOCKS = 64
MOST_RESIDENTS = 10_000_000
CHUNK = 16_384
"""Residents made at a time: part of the format, for it decides where repeated registrations stand in a file."""

_LAST_BIRTHDAY = 31
_FEBRUARY_28 = 58
_AGE_GROUPS = (65, 60, 45, 62, 110, 118, 122, 106, 80, 70, 62, 44, 35, 28, 18, 12, 8, 4, 2, 1)
_OLDEST = 5 * len(_AGE_GROUPS)
_ISSUE_SHARES = 2_000
_BLOCK_STEP = 27
_POINT_BITS = 30
"""So that a point times the sum of all weights stays below 2**63."""


@dataclass(frozen=True, slots=True)
class People:
    """Some residents, as columns of equal length.

    Args:
        indices: which residents they are, from 0.
        words: sixteen words of chance each, as rows.
        issue: position of their document's kind and place in ISSUES.
        age: whole years on 1 February of the year the city begins in.
        is_male: whether they are male.
        birth: birth date, as position from FIRST_ORDINAL.
        sequence: 0 … SEQUENCES - 1, to tell apart those born in one place on one day.
        district: position in DISTRICTS of where they live.
    """

    indices: Ints
    words: Ints
    issue: Ints
    age: Ints
    is_male: Flags
    birth: Ints
    sequence: Ints
    district: Ints

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, selection: Ints | Flags) -> People:
        """Give some of them, by positions or by a mask."""
        return People(*(getattr(self, field.name)[selection] for field in fields(self)))

    @property
    def kind(self) -> Ints:
        """Give each one's Kind of document."""
        return ISSUE_KINDS[self.issue]

    @property
    def is_citizen(self) -> Flags:
        """Tell who holds a resident identity card."""
        found: Flags = self.kind == Kind.CN_ID
        return found


ISSUE_KINDS: Ints = np.array([issue.kind for issue in ISSUES], dtype=np.int64)
ISSUE_IS_LOCAL: Flags = np.array([issue.is_local for issue in ISSUES])


class Population:
    """All residents of one city.

    Args:
        chance: the city's chance.
        residents: how many lived there from the start, 1 to MOST_RESIDENTS.
        year: in which the city begins.

    Raises:
        InputError: "bad-city" for a number of residents out of bounds.
    """

    __slots__ = ("_chance", "_points", "_shift", "_stride", "_year", "newcomers", "residents", "total")

    def __init__(self, chance: Chance, residents: int, year: int = 2020) -> None:
        if not 1 <= residents <= MOST_RESIDENTS:
            raise InputError(
                "bad-city",
                f"A city has 1 to {MOST_RESIDENTS:,} residents, not {residents:,}.",
                field="residents",
            )
        self.residents = residents
        self.newcomers = residents // 20
        self.total = residents + self.newcomers
        self._chance = chance
        self._year = year
        self._stride = next(
            stride
            for stride in range(chance.number("column-stride", COLUMNS), 2 * COLUMNS)
            if math.gcd(stride, COLUMNS) == 1
        )
        self._shift = chance.number("column-shift", COLUMNS)
        first = (digest[:4] for digest in chance.digests("column", range(min(self.total, COLUMNS))))
        self._points = np.frombuffer(b"".join(first), dtype=">u4").astype(np.int64) >> 32 - _POINT_BITS

    def look(self, indices: Ints) -> People:
        """Make the residents of these indices."""
        words = self._chance.words("resident", indices)
        columns, blocks = indices % COLUMNS, indices // COLUMNS
        shifts = (blocks * _BLOCK_STEP % BLOCKS << _POINT_BITS) // BLOCKS
        points = (self._points[columns] + shifts) & (1 << _POINT_BITS) - 1
        sums, issues, ages, is_male = _cells(self._year)
        cells = np.searchsorted(sums, points * int(sums[-1]) >> _POINT_BITS, side="right")
        day_of_year, sequence = np.divmod((columns * self._stride + self._shift) % COLUMNS, SEQUENCES)
        return People(
            indices=indices,
            words=words,
            issue=issues[cells],
            age=ages[cells],
            is_male=is_male[cells],
            birth=_births(self._year - ages[cells], day_of_year, sequence),
            sequence=sequence,
            district=np.searchsorted(_district_edges(), words[:, 3], side="right"),
        )

    def chunks(self, *, has_newcomers: bool) -> Iterator[People]:
        """Make all residents in order, CHUNK at a time."""
        total = self.total if has_newcomers else self.residents
        for first in range(0, total, CHUNK):
            yield self.look(np.arange(first, min(first + CHUNK, total), dtype=np.int64))

    def is_newcomer(self, people: People) -> Flags:
        """Tell who came to the city between the first round and the second."""
        return people.indices >= self.residents


@cache
def _cells(city_year: int) -> tuple[Ints, Ints, Ints, Flags]:
    """List every (issue, age, sex): running sums of the weights, and what each cell stands for."""
    weights, issues, ages, males = [], [], [], []
    for age in range(_OLDEST):
        for is_male, share in ((True, _male_share(age)), (False, 100 - _male_share(age))):
            people = _weight_of_age(age) * share
            for issue, parts in enumerate(_parts_of_issues(city_year - age, age)):
                if parts:
                    weights.append(people * parts)
                    issues.append(issue)
                    ages.append(age)
                    males.append(is_male)
    sums = np.array(list(accumulate(weights)), dtype=np.int64)
    return sums, np.array(issues), np.array(ages), np.array(males)


def _weight_of_age(age: int) -> int:
    """Slope each five-year group towards the next one, so that the pyramid has no steps."""
    group, year = divmod(age, 5)
    here = _AGE_GROUPS[group]
    after = _AGE_GROUPS[group + 1] if group + 1 < len(_AGE_GROUPS) else 0
    return here * (5 - year) + after * year


def _male_share(age: int) -> int:
    return 53 if age < 15 else 52 if age < 60 else 48 if age < 80 else 42


@cache
def _parts_of_issues(birth_year: int, age: int) -> tuple[int, ...]:
    """Share _ISSUE_SHARES parts out over the issues that may have holders of this age, born that year at the latest."""
    weights = []
    for issue in ISSUES:
        is_fit = issue.has_holders_born_in(birth_year)
        if issue.kind in (Kind.PR_CARD, Kind.OLD_PR_CARD):
            is_fit = 18 <= age <= 90
        weights.append(issue.weight if is_fit else 0)
    sums = [0, *accumulate(weights)]
    edges = [part * _ISSUE_SHARES // sums[-1] for part in sums]
    return tuple(after - before for before, after in pairwise(edges))


@cache
def _district_edges() -> Ints:
    sums = list(accumulate(residents for _, _, residents in DISTRICTS))
    return np.array([(part << 16) // sums[-1] for part in sums[:-1]], dtype=np.int64)


@cache
def _years() -> tuple[Ints, Flags]:
    """Give the position of 1 January of each year from 1900, and whether the year has a 29 February."""
    starts = [day for day, text in enumerate(iso_days()) if text.endswith("-01-01")]
    years = np.arange(1900, 1900 + len(starts))
    return np.array(starts, dtype=np.int64), (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))


def _births(birthday_years: Ints, day_of_year: Ints, sequence: Ints) -> Ints:
    """Find the birth date: one to one with (age, day of year, sequence), so that it keeps numbers apart.

    Whoever was born in January has had their birthday by 1 February, the others were born the year before.
    """
    starts, is_leap = _years()
    years = birthday_years - np.where(day_of_year <= _LAST_BIRTHDAY, 0, 1) - 1900
    is_after = is_leap[years] & (
        (day_of_year > _FEBRUARY_28) | ((day_of_year == _FEBRUARY_28) & (sequence * 2 >= SEQUENCES))
    )
    births: Ints = starts[years] + day_of_year + is_after
    return births
