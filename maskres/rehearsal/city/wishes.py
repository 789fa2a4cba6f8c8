"""What residents enter when they register: their own spelling, their phone, the stores they would like.

Phones belong to families: residents stand in tens, of families of 1, 2, 3 and 4. Children, the old and some others
give the phone of the family's first; so at most five registrations share one phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from maskres.rehearsal.city import documents, names
from maskres.rehearsal.city.chance import Flags, Ints
from maskres.rehearsal.city.people import People
from maskres.rehearsal.city.places import DISTRICTS, ID_TYPES, ISSUES, Kind
from maskres.rehearsal.city.stores import Store
from maskres.rehearsal.city.timetable import iso_days

_FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
_FAMILY_HEADS = np.array([0, 1, 1, 3, 3, 3, 6, 6, 6, 6], dtype=np.int64)
_PREFIXES = [
    str(prefix)
    for first, last in (
        (130, 133),
        (135, 139),
        (150, 153),
        (155, 159),
        (166, 166),
        (177, 178),
        (180, 189),
        (198, 199),
    )
    for prefix in range(first, last + 1)
]
_LINES = 10**8
_MOST_CHOICES = 5
_COUNTS = np.array([0] * 5 + [1] * 20 + [2] * 25 + [3] * 30 + [4] * 12 + [5] * 8, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration as it is entered, every field as its holder spelled it.

    Args:
        id_type: cn-id, hmt-permit, pr-card or passport; empty where the number tells it.
        id_number: the document's number; for passports ISSUER:NUMBER.
        name: the holder's name.
        birth_date: YYYY-MM-DD; empty where the number tells it.
        sex: M or F; likewise.
        phone: a mobile number.
        district: slug.
        reach: city, district or choices.
        choices: store slugs, best first, joined by |, perhaps none.
        for_whom: self, child, parent or other.
        keep: yes or no.
    """

    id_type: str
    id_number: str
    name: str
    birth_date: str
    sex: str
    phone: str
    district: str
    reach: str
    choices: str
    for_whom: str
    keep: str


class WishMaker:
    """Makes registrations for the residents of one city.

    Args:
        stores: the city's shops, by district, the best known first.
    """

    __slots__ = ("_counts", "_firsts", "_order", "_slugs")

    def __init__(self, stores: tuple[Store, ...]) -> None:
        counts = [sum(store.district == slug for store in stores) for slug, _, _ in DISTRICTS]
        self._counts = np.array(counts, dtype=np.int64)
        self._firsts = np.array([0, *accumulate(counts)][:-1], dtype=np.int64)
        self._slugs = [store.store for store in stores]
        ranks = [rank for count in counts for rank in range(count)]
        self._order = np.array(
            sorted(range(len(stores)), key=lambda place: (ranks[place], place)), dtype=np.int64
        )

    def registrations(self, people: People, words: Ints, has_second: Flags) -> Iterator[Registration]:
        """Make one registration for each of them; see rows."""
        for row in self.rows(people, words, has_second):
            yield Registration(*row)

    def rows(self, people: People, words: Ints, has_second: Flags) -> Iterator[tuple[str, ...]]:
        """Make the fields of one registration for each of them, in the order of Registration.

        Args:
            people: the residents.
            words: sixteen words of chance each, other ones for every registration.
            has_second: who registers with their second document.
        """
        choices = self._choices(people, words)
        is_shared = shares_phone(people)
        reaches = np.where(words[:, 7] % 10 < 7, 0, np.where(words[:, 7] % 10 < 9, 1, 2))
        has_none = np.array([not text for text in choices], dtype=np.bool_)
        reaches = np.where((reaches == 2) & has_none, 0, reaches)
        relation = np.where(people.age < 18, 1, np.where(people.age >= 60, 2, 3))
        types, numbers, births, sexes = _documents(people, words, has_second)
        return zip(
            types,
            numbers,
            _names(people, words),
            births,
            sexes,
            _phones(people, words, is_shared),
            _pick([slug for slug, _, _ in DISTRICTS], people.district),
            _pick(["city", "district", "choices"], reaches),
            choices,
            _pick(["self", "child", "parent", "other"], np.where(is_shared, relation, 0)),
            _pick(["no", "yes"], agrees_to_keep(people).astype(np.int64)),
            strict=True,
        )

    def _choices(self, people: People, words: Ints) -> list[str]:
        """Choose 0 to 5 stores each: three in four of the own district, the best known ones most often."""
        squares = words[:, 1 : 1 + _MOST_CHOICES] ** 2 >> 16
        own_counts = self._counts[people.district][:, None]
        own = self._firsts[people.district][:, None] + (squares * own_counts >> 16)
        anywhere = self._order[squares * len(self._order) >> 16]
        is_own = (words[:, 6:7] >> 3 * np.arange(_MOST_CHOICES)) & 7 < 6
        chosen = np.where(is_own & (own_counts > 0), own, anywhere).tolist()
        counts = _COUNTS[words[:, 0] % 100].tolist()
        slugs = self._slugs
        return [
            "|".join([slugs[place] for place in dict.fromkeys(places[:count])])
            for places, count in zip(chosen, counts, strict=True)
        ]


def agrees_to_keep(people: People) -> Flags:
    """Tell who agrees that the city keeps their registration for the next round: 60 %, the same in every round."""
    return (people.words[:, 15] & 0xFF) < 154


def is_head(people: People) -> Flags:
    """Tell who is the first of their family."""
    place = people.indices % 10
    found: Flags = _FAMILY_HEADS[place] == place
    return found


def shares_phone(people: People) -> Flags:
    """Tell who gives the phone of their family's first."""
    word = people.words[:, 14] & 0xFF
    return ~is_head(people) & ((people.age < 14) | (people.age >= 70) | (word >= 217))


def _pick(values: list[str], places: Ints) -> list[str]:
    return [values[place] for place in places.tolist()]


def _documents(
    people: People, words: Ints, has_second: Flags
) -> tuple[list[str], list[str], list[str], list[str]]:
    """Give type, number, birth date and sex as entered: the last two where the number does not show them."""
    numbers = documents.numbers(people)
    style = words[:, 8]
    is_long = people.kind <= Kind.PR_CARD
    for position in np.flatnonzero(is_long & (style % 100 < 4)).tolist():
        numbers[position] = _spaced(numbers[position], int(style[position]) % 100)
    for position in np.flatnonzero(is_long & (style >= 0x8000)).tolist():
        numbers[position] = numbers[position].replace("X", "x")
    for position in np.flatnonzero(is_long & (style % 101 == 0)).tolist():
        numbers[position] = numbers[position].translate(_FULL_WIDTH)
    types = _pick(["", "", "", "pr-card", "passport"], people.kind)
    for position in np.flatnonzero((people.kind > 0) & is_long & (style % 2 == 0)).tolist():
        types[position] = ID_TYPES[int(people.kind[position])]
    births, sexes = [""] * len(people), [""] * len(people)
    days = iso_days()
    for position in np.flatnonzero(~is_long | has_second | (style % 50 == 7)).tolist():
        births[position] = days[int(people.birth[position])]
        sexes[position] = "M" if people.is_male[position] else "F"
    for position in np.flatnonzero(has_second).tolist():
        types[position], numbers[position] = "passport", documents.passport(people, position, "E")
    return types, numbers, births, sexes


def _spaced(number: str, style: int) -> str:
    return f" {number} " if style == 0 else f"{number[:6]} {number[6:14]} {number[14:]}"


def _names(people: People, words: Ints) -> list[str]:
    found = names.names_of(people)
    style = words[:, 9]
    for position in np.flatnonzero(names.is_respelled(people, style)).tolist():
        found[position] = names.respell(found[position], int(style[position]))
    return found


def _phones(people: People, words: Ints, is_shared: Flags) -> list[str]:
    """Give each one's phone: a mobile of the mainland, or for some from elsewhere one of where they come from."""
    place = people.indices % 10
    owners = people.indices - np.where(is_shared, place - _FAMILY_HEADS[place], 0)
    lines = (owners * 61_803_399 + 13_800_138) % _LINES
    found = [
        f"{_PREFIXES[prefix]}{line:08d}"
        for prefix, line in zip((owners % len(_PREFIXES)).tolist(), lines.tolist(), strict=True)
    ]
    style = words[:, 10] % 200
    for position in np.flatnonzero(style < 13).tolist():
        found[position] = _spelled_phone(found[position], int(style[position]))
    for position in np.flatnonzero(~is_shared & ~people.is_citizen & (people.indices % 3 == 0)).tolist():
        found[position] = _foreign_phone(ISSUES[int(people.issue[position])].issuer, int(lines[position]))
    return found


def _spelled_phone(phone: str, style: int) -> str:
    if style < 6:
        return f"+86{phone}"
    if style < 10:
        return f"{phone[:3]} {phone[3:7]} {phone[7:]}"
    return f"{phone[:3]}-{phone[3:7]}-{phone[7:]}"


def _foreign_phone(issuer: str, line: int) -> str:
    """Write a mobile number of Taiwan, Japan, Germany or the United Kingdom (whose numbers are long enough)."""
    if issuer == "JPN":
        return f"+81901{line % 10**7:07d}"
    if issuer == "DEU":
        return f"+49151{line:08d}"
    if issuer in ("GBR", "USA", "HKG"):
        return f"+4478{line:08d}"
    return f"+8869{line:08d}"
