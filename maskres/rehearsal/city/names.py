"""What residents are called, how their names are spelled at home and at the office, and what clerks get wrong."""

from __future__ import annotations

from functools import cache

import numpy as np

from maskres.rehearsal.city.chance import Flags, Ints, in_band, scaled
from maskres.rehearsal.city.name_tables import (
    GIVEN,
    HOMOPHONES,
    LATIN,
    MIDDLE_DOTS,
    MINORITY_FIRST,
    MINORITY_LAST,
    RARE,
    SURNAMES,
)
from maskres.rehearsal.city.people import People
from maskres.rehearsal.city.places import ISSUES, Kind
from maskres.rehearsal.city.timetable import iso_days

_BYTE = 256
_SEX_STEP = _BYTE
_GENERATION_STEP = 2 * _BYTE
_NO_CHARACTER = 6 * _BYTE
_FIRST_RARE = _NO_CHARACTER + 1
_MINORITY_REGION = "65"


def names_of(people: People) -> list[str]:
    """Give each one's name as it should stand in every register: in capitals if Latin, with U+00B7 as middle dot."""
    words = people.words
    pools = _generations()[people.birth] * _GENERATION_STEP + np.where(people.is_male, 0, _SEX_STEP)
    first = pools + (words[:, 1] >> 8)
    second = pools + (words[:, 1] & 0xFF)
    flavour = words[:, 2]
    first = np.where(in_band(flavour, 0, 1400), _NO_CHARACTER, first)
    rare = _FIRST_RARE + flavour % len(RARE)
    second = np.where(in_band(flavour, 1400, 1450) | in_band(flavour, 0, 20), rare, second)
    surnames, given = _surnames(), _given()
    found = [
        surnames[surname] + given[one] + given[other]
        for surname, one, other in zip(
            scaled(words[:, 0], len(surnames)).tolist(), first.tolist(), second.tolist(), strict=True
        )
    ]
    for position in np.flatnonzero(has_dot(people)).tolist():
        found[position] = _dotted(words[position])
    for position in np.flatnonzero(is_foreign(people)).tolist():
        found[position] = _latin(ISSUES[int(people.issue[position])].issuer, words[position])
    return found


def is_foreign(people: People) -> Flags:
    """Tell whose name is written in Latin letters."""
    found: Flags = people.kind >= Kind.PR_CARD
    return found


def has_dot(people: People) -> Flags:
    """Tell in whose name a middle dot stands."""
    return people.is_citizen & (_minority_issues()[people.issue] | in_band(people.words[:, 2], 1450, 1480))


def misspell(name: str, index: int) -> str:
    """Write a name as an office got it wrong: a homophone, a name given up long ago, a character left out.

    Args:
        name: the right name, at least two characters.
        index: the resident's, so that one resident's name is wrong in one way.
    """
    last = name[-1]
    if last < "\u2e80" or any(dot in name for dot in MIDDLE_DOTS):
        return name[:-1]
    if index % 3 == 0 and last in _homophones():
        return name[:-1] + _homophones()[last]
    if index % 3 == 1:
        return name[:-1] + ("英" if last == "妹" else "妹")
    return name[:-1] + ("阿" if last != "阿" else "亚") + last


def respell(name: str, word: int) -> str:
    """Write a name as its holder typed it: other dots, other capitals, spaces to spare.

    Args:
        name: the right name.
        word: 16 bits of chance.
    """
    if "·" in name:
        return name.replace("·", MIDDLE_DOTS[word % len(MIDDLE_DOTS)])
    if name[0] < "\u2e80":
        return name.title() if word % 5 < 2 else name.replace(" ", "  ") if word % 5 == 2 else name
    style = word % 400
    if style == 0:
        return name + " "
    if style == 1:
        return "\u3000" + name
    return name


def is_respelled(people: People, words: Ints) -> Flags:
    """Tell for whom respell may change anything (to spare the others).

    Args:
        people: the residents.
        words: the 16 bits of chance that respell would be given.
    """
    return has_dot(people) | is_foreign(people) | (words % 400 < 2)


def _dotted(words: Ints) -> str:
    first, last = MINORITY_FIRST.split(), MINORITY_LAST.split()
    return f"{first[int(words[0]) % len(first)]}·{last[int(words[1]) % len(last)]}"


def _latin(issuer: str, words: Ints) -> str:
    given, family = (table.split() for table in LATIN[issuer])
    second = f" {given[int(words[2]) % len(given)]}" if words[2] % 3 == 0 else ""
    return f"{family[int(words[0]) % len(family)]} {given[int(words[1]) % len(given)]}{second}"


@cache
def _surnames() -> list[str]:
    found = []
    for item in SURNAMES.split():
        name, share = item.split(":")
        found.extend([name] * int(share))
    return found


@cache
def _given() -> list[str]:
    """List the characters of given names: 256 places for each generation and sex, then none, then the rare ones."""
    found = [pool[place * len(pool) // _BYTE] for pair in GIVEN for pool in pair for place in range(_BYTE)]
    return [*found, "", *RARE]


@cache
def _generations() -> Ints:
    """Give the generation, 0 to 2, of every birth date."""
    years = [int(day[:4]) for day in iso_days()]
    return np.array([0 if year < 1960 else 1 if year < 1985 else 2 for year in years], dtype=np.int64)


@cache
def _homophones() -> dict[str, str]:
    pairs = [(pair[0], pair[1]) for pair in HOMOPHONES.split()]
    return {**{other: one for one, other in pairs}, **dict(pairs)}


@cache
def _minority_issues() -> Flags:
    return np.array([issue.prefix.startswith(_MINORITY_REGION) for issue in ISSUES])
