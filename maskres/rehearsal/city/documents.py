"""The numbers on residents' documents, as the authorities write them.

Made without maskres.identity on purpose: the rehearsal is a second opinion on what a number looks like.
Sources: GB 11643-1999 (place, birth date, sequence, check symbol) with ISO 7064 MOD 11-2; passports as ISSUER:NUMBER.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from maskres.rehearsal.city.chance import Ints
from maskres.rehearsal.city.people import People
from maskres.rehearsal.city.places import ISSUES, Kind
from maskres.rehearsal.city.timetable import compact_days

_WEIGHTS: Ints = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), dtype=np.int64)
_CHECKS = "10X98765432"
_PASSPORTS = 10**8


def check_symbol(body: str) -> str:
    """Compute the check symbol of the first seventeen digits of a number (ISO 7064 MOD 11-2, as GB 11643 uses it)."""
    return _CHECKS[int(_weigh([body], 0)[0]) % 11]


def numbers(people: People) -> list[str]:
    """Write the number of each one's document, in capitals and without spaces.

    Returns:
        18 characters for resident ids, residence permits and new cards of permanent residence, 15 for old cards,
        ISSUER:NUMBER for passports. No two residents of a city have the same.
    """
    sequence = 2 * people.sequence + np.where(people.is_male, 1, 2)
    prefix_sums, day_sums, sequence_sums = _sums()
    remainders = (prefix_sums[people.issue] + day_sums[people.birth] + sequence_sums[sequence]) % 11
    prefixes, days, tails = _prefixes(), compact_days(), _tails()
    found = [
        prefixes[issue] + days[birth] + tails[tail]
        for issue, birth, tail in zip(
            people.issue.tolist(), people.birth.tolist(), (sequence * 11 + remainders).tolist(), strict=True
        )
    ]
    for position in np.flatnonzero(people.kind == Kind.OLD_PR_CARD).tolist():
        found[position] = _old_card(people, position)
    for position in np.flatnonzero(people.kind == Kind.PASSPORT).tolist():
        found[position] = passport(people, position, "P")
    return found


def passport(people: People, position: int, letter: str) -> str:
    """Write a passport's number for one of them.

    Args:
        people: the residents.
        position: which of them.
        letter: first letter of the number; "P" for those whose first document it is, "E" for a second document.

    Returns:
        ISSUER:NUMBER.
    """
    issuer = ISSUES[int(people.issue[position])].issuer
    return f"{issuer}:{letter}{(int(people.indices[position]) * 61_803_399 + 20_200_131) % _PASSPORTS:08d}"


def _old_card(people: People, position: int) -> str:
    """Write a card of the old kind: country, office, birth date, serial digit, check digit by weights 7, 3, 1."""
    issuer = ISSUES[int(people.issue[position])].issuer
    office, serial = divmod(int(people.sequence[position]), 5)
    day = compact_days()[int(people.birth[position])][2:]
    body = f"{issuer}{3500 + office}{day}{2 * serial + int(people.is_male[position])}"
    total = sum((int(symbol, 36)) * (7, 3, 1)[place % 3] for place, symbol in enumerate(body))
    return f"{body}{total % 10}"


def _weigh(parts: Sequence[str], place: int) -> Ints:
    """Give the share of the check sum of parts of numbers, all as long, whose first digit stands at a place from 0."""
    symbols = np.frombuffer("".join(parts).encode(), dtype=np.uint8).reshape(len(parts), -1)
    shares: Ints = (symbols.astype(np.int64) - ord("0")) @ _WEIGHTS[place : place + symbols.shape[1]]
    return shares


@cache
def _prefixes() -> list[str]:
    return [issue.prefix or "000000" for issue in ISSUES]


@cache
def _sums() -> tuple[Ints, Ints, Ints]:
    """Give the share of the check sum of every prefix, birth date and sequence number."""
    sequences = [f"{sequence:03d}" for sequence in range(1000)]
    return _weigh(_prefixes(), 0), _weigh(compact_days(), 6), _weigh(sequences, 14)


@cache
def _tails() -> list[str]:
    """List sequence number and check symbol by sequence × 11 + remainder."""
    return [f"{sequence:03d}{check}" for sequence in range(1000) for check in _CHECKS]
