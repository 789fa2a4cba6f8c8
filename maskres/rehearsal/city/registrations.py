"""Who registers in which round, and the file of registrations that the city's counters and web site hand in.

Round 1: half of all residents. Round 2, about 34 per 100 residents: two in five of those who stayed away from the
first, half of those who did not agree to be kept, a few of those who did, three in five of the newcomers.

About 2 % of the registrants come a second time in the file, with another spelling and other wishes (the later one
counts), and some who have two documents register with the second, or with both. A few register for the dead. The
reserved residents (see singles.py) stand in no file. Every row is well-formed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from maskres.rehearsal.city.belonging import fates, has_second_document
from maskres.rehearsal.city.chance import Chance, Flags, Ints
from maskres.rehearsal.city.people import People, Population
from maskres.rehearsal.city.timetable import Timetable
from maskres.rehearsal.city.wishes import WishMaker, agrees_to_keep, shares_phone

_HEADER = "id_type,id_number,name,birth_date,sex,phone,district,reach,choices,for_whom,keep\r\n"
_MOST_SINGLES = 60


class RegistrationWriter:
    """Writes the registrations of one city.

    Args:
        chance: the city's chance.
        population: who lives there.
        timetable: when the rounds are.
        wish_maker: what they enter.
    """

    __slots__ = ("_chance", "_population", "_timetable", "_wish_maker")

    def __init__(
        self, chance: Chance, population: Population, timetable: Timetable, wish_maker: WishMaker
    ) -> None:
        self._chance = chance
        self._population = population
        self._timetable = timetable
        self._wish_maker = wish_maker

    def write(self, folder: Path, round_index: int) -> Path:
        """Write a round's registrations: UTF-8 with byte order mark, English header, CR LF.

        Args:
            folder: where to write; exists.
            round_index: 1 or 2.
        """
        path = folder / f"registrations-{round_index}.csv"
        with path.open("wb") as file:
            file.write(b"\xef\xbb\xbf" + _HEADER.encode())
            for people in self._population.chunks(has_newcomers=round_index > 1):
                rows = self._rows(people.take(self.registers(people, round_index)), round_index)
                file.write("".join(rows).encode("utf-8"))
        return path

    def registers(self, people: People, round_index: int) -> Flags:
        """Tell who registers by the file in a round.

        Args:
            people: residents.
            round_index: 1 or 2.
        """
        word = people.words[:, 15] >> 8
        came_first = (word < 128) & ~self._population.is_newcomer(people)
        comes = came_first
        if round_index > 1:
            bound = np.where(agrees_to_keep(people), 6, 64)
            comes = np.where(came_first, word < bound, (word >= 128) & (word < 179))
            comes = np.where(self._population.is_newcomer(people), word < 154, comes)
        _, _, has_died = fates(people, self._timetable.register_day(2))
        is_reserved = people.indices < 2 * single_count(self._population)
        found: Flags = comes & ~is_reserved & ~(has_died & (people.indices % 8 != 0))
        return found

    def _rows(self, people: People, round_index: int) -> list[str]:
        """Write the rows of some residents: each one's first, then those who come a second time."""
        words = self._chance.words(f"round/{round_index}", people.indices)
        has_second = has_second_document(people)
        only_second = has_second & (words[:, 13] % 10 < 3)
        has_both = has_second & (words[:, 13] % 10 >= 8) & ~shares_phone(people)
        found = self._lines(people, words, only_second)
        comes_again = has_both | (words[:, 12] % 50 == 0)
        again = people.take(comes_again)
        words = self._chance.words(f"again/{round_index}", again.indices)
        return found + self._lines(again, words, (has_both | only_second)[comes_again])

    def _lines(self, people: People, words: Ints, with_second: Flags) -> list[str]:
        return [",".join(row) + "\r\n" for row in self._wish_maker.rows(people, words, with_second)]


def single_count(population: Population) -> int:
    """Count the residents of each round who register one by one: 60, in a small city a twentieth of all."""
    return min(_MOST_SINGLES, population.residents // 20)
