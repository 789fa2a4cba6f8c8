"""The three registers of the synthetic city as office files, each in the manner of another office.

| register | encoding | header | lines | dot in names | ids |
|---|---|---|---|---|---|
| household | GB18030 | Chinese | CR LF | U+00B7 | capital X, kind always |
| insurance | UTF-8 with byte order mark | English | CR LF | U+2022 | small x, kind where the number does not tell it |
| employment | UTF-8 with byte order mark | English | LF | U+30FB | capital X, kind always |

About 0.5 % of each register's names are wrong. Who stands in which register: see belonging.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np

from maskres.rehearsal.city import documents, names
from maskres.rehearsal.city.belonging import (
    WORKING_AGE,
    fates,
    has_second_document,
    is_employed,
    is_in_household,
    is_insured,
)
from maskres.rehearsal.city.chance import Flags, Ints, in_band, scaled
from maskres.rehearsal.city.people import ISSUE_IS_LOCAL, People, Population
from maskres.rehearsal.city.places import ID_TYPES, Kind
from maskres.rehearsal.city.timetable import Timetable, iso_days, month_names

HOUSEHOLD = "household"
INSURANCE = "insurance"
EMPLOYMENT = "employment"
KINDS_OF_ROUND = {1: (HOUSEHOLD, INSURANCE), 2: (HOUSEHOLD, INSURANCE, EMPLOYMENT)}

_HEADERS = {
    HOUSEHOLD: "证件类型,证件号码,姓名,迁入日期,迁出日期,死亡日期,另一证件类型,另一证件号码\r\n",
    INSURANCE: "id_type,id_number,name,paid_from,paid_until,other_id_type,other_id_number\r\n",
    EMPLOYMENT: "id_type,id_number,name,employed_from,employed_until,other_id_type,other_id_number\n",
}
_ENCODINGS = {HOUSEHOLD: "gb18030", INSURANCE: "utf-8", EMPLOYMENT: "utf-8"}
_SHOWN_TYPES = ("", "", "", "pr-card", "passport")
_SINCE_1958 = 21_192
_YEAR_DAYS = 365


class RegisterWriter:
    """Writes the registers of one city.

    Args:
        population: who lives there.
        timetable: when the registers are exported.
    """

    __slots__ = ("_population", "_timetable")

    def __init__(self, population: Population, timetable: Timetable) -> None:
        self._population = population
        self._timetable = timetable

    def write(self, folder: Path, round_index: int) -> dict[str, Path]:
        """Write the registers a round needs, all in one pass over the residents.

        Args:
            folder: where to write; exists.
            round_index: 1 or 2.

        Returns:
            Kind of register → path.
        """
        paths = {kind: folder / f"{kind}-{round_index}.csv" for kind in KINDS_OF_ROUND[round_index]}
        files: dict[str, BinaryIO] = {}
        try:
            for kind, path in paths.items():
                files[kind] = path.open("wb")
                mark = b"" if kind == HOUSEHOLD else b"\xef\xbb\xbf"
                files[kind].write(mark + _HEADERS[kind].encode(_ENCODINGS[kind]))
            for people in self._population.chunks(has_newcomers=round_index > 1):
                for kind, lines in self._lines(people, round_index):
                    files[kind].write("".join(lines).encode(_ENCODINGS[kind]))
        finally:
            for file in files.values():
                file.close()
        return paths

    def _lines(self, people: People, round_index: int) -> Iterator[tuple[str, list[str]]]:
        day = self._timetable.register_day(round_index)
        final_day = self._timetable.register_day(2)
        is_new = self._population.is_newcomer(people)
        rows = _Rows(people)
        yield HOUSEHOLD, _household(rows, is_in_household(people, is_new), is_new, day, final_day)
        last = self._timetable.last_month(round_index)
        yield INSURANCE, _insurance(rows, is_insured(people, is_new), is_new, last)
        if round_index > 1:
            yield EMPLOYMENT, _employment(rows, is_employed(people, is_new), is_new, day, final_day)


class _Rows:
    """Residents with their numbers and names, ready to be written."""

    __slots__ = ("names", "numbers", "people", "seconds")

    def __init__(self, people: People) -> None:
        self.people = people
        self.numbers = documents.numbers(people)
        self.names = names.names_of(people)
        self.seconds = {
            position: documents.passport(people, position, "E")
            for position in np.flatnonzero(has_second_document(people)).tolist()
        }

    def names_in(self, is_wrong: Flags, dot: str) -> list[str]:
        """Spell the names as one office has them: some wrong, with its own middle dot."""
        found = self.names.copy()
        for position in np.flatnonzero(names.has_dot(self.people)).tolist():
            found[position] = found[position].replace("·", dot)
        for position in np.flatnonzero(is_wrong).tolist():
            found[position] = names.misspell(found[position], int(self.people.indices[position]))
        return found


def _household(rows: _Rows, is_listed: Flags, is_new: Flags, day: int, final_day: int) -> list[str]:
    """Write the household rows: one each, two for some who came back, the same twice for a few."""
    people = rows.people
    event_day, has_moved, has_died = fates(people, final_day)
    has_event = has_moved | has_died
    moved_in = np.where(
        is_new, day - 10 + people.words[:, 6] % 7, _moved_in(people, has_event, event_day, final_day)
    )
    texts = iso_days()
    spelled = rows.names_in(in_band(people.words[:, 13], 0, 50), "\u00b7")
    moved_in_days = moved_in.tolist()
    at = np.flatnonzero(is_listed).tolist()
    lines = [f"居民身份证,{rows.numbers[p]},{spelled[p]},{texts[moved_in_days[p]]},,,,\r\n" for p in at]
    line_of = {position: line for line, position in enumerate(at)}

    word = people.words[:, 5]
    is_twice, has_returned = (
        in_band(word, 600, 610),
        in_band(word, 610, 650) & (moved_in + 400 < final_day) & ~is_new,
    )
    has_left = has_event & (event_day <= day) & ~is_new
    special = is_listed & (is_twice | has_returned | has_left | has_second_document(people))
    for position in np.flatnonzero(special).tolist():
        second = rows.seconds.get(position)
        other = f"护照,{second}" if second else ","
        start = f"居民身份证,{rows.numbers[position]},{spelled[position]},"
        event = texts[int(event_day[position])] if has_left[position] else ""
        moved_out, died_on = ("", event) if has_died[position] else (event, "")
        since = moved_in_days[position]
        line = f"{start}{texts[since]},{moved_out},{died_on},{other}\r\n"
        if has_returned[position]:
            back = since + 200 + (final_day - since - 260) // 2
            first = f"{start}{texts[since]},{texts[since + 100]},,{other}\r\n"
            line = first + f"{start}{texts[back]},{moved_out},{died_on},{other}\r\n"
        lines[line_of[position]] = line * 2 if is_twice[position] else line
    return lines


def _moved_in(people: People, has_event: Flags, event_day: Ints, final_day: int) -> Ints:
    """Give the day each one was entered: for most with a local number that of their birth, none before 1958."""
    word = people.words[:, 6]
    span = np.maximum(final_day - 75 - people.birth, 0)
    is_since_birth = ISSUE_IS_LOCAL[people.issue] & (word % 5 < 3)
    day = np.where(is_since_birth, people.birth, people.birth + scaled(word, span))
    day = np.where(has_event, np.minimum(day, event_day - 30), day)
    return np.maximum(day, np.maximum(people.birth, _SINCE_1958))


def _identify(rows: _Rows, position: int, *, is_lower: bool) -> tuple[str, str, str, str]:
    """Give type, number, other type and other number of one who has a second document; foreigners' passport first."""
    number, second = rows.numbers[position], rows.seconds[position]
    kind = int(rows.people.kind[position])
    if is_lower and kind <= Kind.PR_CARD:
        number = number.replace("X", "x")
    if kind == Kind.CN_ID:
        return ID_TYPES[kind], number, "passport", second
    return "passport", second, ID_TYPES[kind], number


def _insurance(rows: _Rows, is_listed: Flags, is_new: Flags, last: int) -> list[str]:
    """Write the insurance rows: 80 % insured without a gap, others lapsed, new, or with gaps in several rows."""
    people = rows.people
    positions, starts, ends = _spells(people, np.flatnonzero(is_listed), is_new, last)
    months = month_names()
    spelled = rows.names_in(in_band(people.words[:, 13], 50, 100), "\u2022")
    kinds, seconds, numbers, lines = people.kind.tolist(), rows.seconds, rows.numbers, []
    for p, start, end in zip(positions.tolist(), starts.tolist(), ends.tolist(), strict=True):
        if p in seconds:
            kind, number, other_kind, other = _identify(rows, p, is_lower=True)
            line = f"{kind},{number},{spelled[p]},{months[start]},{months[end]},{other_kind},{other}\r\n"
        else:
            shown = _SHOWN_TYPES[kinds[p]]
            number = numbers[p] if shown else numbers[p].replace("X", "x")
            line = f"{shown},{number},{spelled[p]},{months[start]},{months[end]},,\r\n"
        lines.append(line)
    return lines


def _spells(people: People, at: Ints, is_new: Flags, last: int) -> tuple[Ints, Ints, Ints]:
    """Give position, first and last month of every spell of insurance, a person's spells together."""
    pattern = np.where(is_new[at], 57_000, people.words[at, 9])
    length = people.words[at, 12]
    whole = in_band(pattern, 0, 8000)
    lapsed = in_band(pattern, 8000, 8600)
    recent = in_band(pattern, 8600, 9000)
    several = ~(whole | lapsed | recent)
    ends = np.where(lapsed, last - 1 - length % 48, last)
    starts = np.where(
        whole, last - 12 - length % 108, np.where(lapsed, ends - length % 61, last - length % 5)
    )
    starts = np.where(several, last - length % 5, starts)
    starts = np.maximum(starts, _birth_months()[people.birth[at]] + 12 * WORKING_AGE)
    ends = np.maximum(ends, starts)
    is_third = pattern[several] % 2 == 0
    earlier = at[several]
    earliest = earlier[is_third]
    end = last - 6 - length[several] % 8
    positions = np.concatenate([earliest, earlier, at])
    all_starts = np.concatenate([end[is_third] - 9, end - 2 - length[several] % 3, starts])
    all_ends = np.concatenate([end[is_third] - 7, end, ends])
    order = np.argsort(positions, kind="stable")
    return positions[order], all_starts[order], all_ends[order]


def _employment(rows: _Rows, is_listed: Flags, is_new: Flags, day: int, final_day: int) -> list[str]:
    """Write the employment rows: 12 % of the jobs have ended, some people have another row for an earlier job."""
    people = rows.people
    word = people.words[:, 12]
    of_age = people.birth + (WORKING_AGE + 1) * _YEAR_DAYS
    since = final_day - np.where(is_new, 5 + word % 9, 30 + scaled(word, 3000))
    since = np.minimum(np.maximum(since, of_age), day)
    until = since + scaled(people.words[:, 10] * 8 & 0xFFFF, np.maximum(day - since, 1))
    has_ended = in_band(people.words[:, 10], 0, 1200) & ~is_new
    had_another = in_band(people.words[:, 10], 2000, 2500) & (since - 500 > of_age)
    texts = iso_days()
    spelled = rows.names_in(in_band(people.words[:, 13], 100, 150), "\u30fb")
    sinces, kinds, lines = since.tolist(), people.kind.tolist(), []
    ended = {
        p: texts[d]
        for p, d in zip(np.flatnonzero(has_ended).tolist(), until[has_ended].tolist(), strict=True)
    }
    another = set(np.flatnonzero(had_another).tolist())
    for p in np.flatnonzero(is_listed).tolist():
        head, tail = f"{ID_TYPES[kinds[p]]},{rows.numbers[p]},{spelled[p]},", ",,\n"
        if p in rows.seconds:
            kind, number, other_kind, other = _identify(rows, p, is_lower=False)
            head, tail = f"{kind},{number},{spelled[p]},", f",{other_kind},{other}\n"
        if p in another:
            lines.append(f"{head}{texts[sinces[p] - 450]},{texts[sinces[p] - 30]}{tail}")
        lines.append(f"{head}{texts[sinces[p]]},{ended.get(p, '')}{tail}")
    return lines


@cache
def _birth_months() -> Ints:
    """Give the month, as year × 12 + month - 1, of every day by position from FIRST_ORDINAL."""
    return np.array([int(day[:4]) * 12 + int(day[5:7]) - 1 for day in iso_days()], dtype=np.int64)
