"""The facts of one registration as a bit mask: gathered in SQL, judged once for each distinct mask.

| bits | meaning |
|---|---|
| 0 to 5 | WITHDRAWN, SAME_PERSON, WON_RECENTLY, WON_IN_ROUND, DECEASED, AGE_KNOWN |
| 8 to 11 | age bracket: how many of the rules' age thresholds are at most the age; 0 unless AGE_KNOWN |
| 12 to 15 | rounds waited, at most 15 |
| 16 to 19 | bonus tickets granted, at most 15 |
| 24 to 27 | FOUND, NAME_MATCHES, IN_FORCE, CONFIRMED for household |
| 28 to 31 | likewise for insurance |
| 32 to 35 | likewise for employment |

The other bits are 0. A mask fits a signed 64-bit column. Caps lose nothing: nobody has more than 10 tickets.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from maskres.rounds.rules import REGISTER_KINDS

KINDS: Final = REGISTER_KINDS

WITHDRAWN: Final = 1 << 0
SAME_PERSON: Final = 1 << 1  # an earlier standing entry of this draw is the same person by another document
WON_RECENTLY: Final = 1 << 2  # in an earlier round, not longer ago than the rules' wait_days
WON_IN_ROUND: Final = 1 << 3  # in an earlier draw of this round
DECEASED: Final = 1 << 4
AGE_KNOWN: Final = 1 << 5

AGE_SHIFT: Final = 8
WAITED_SHIFT: Final = 12
BONUS_SHIFT: Final = 16
COUNT_CAP: Final = 15  # what four bits hold

KIND_SHIFT: Final = 24
KIND_WIDTH: Final = 4
FOUND: Final = 1 << 0
NAME_MATCHES: Final = 1 << 1  # a found row bears this name
IN_FORCE: Final = 1 << 2  # a row bearing this name fulfils the condition of the basis
CONFIRMED: Final = 1 << 3  # an upheld dispute: counts as all three

_FLAGS: Final = WITHDRAWN | SAME_PERSON | WON_RECENTLY | WON_IN_ROUND | DECEASED | AGE_KNOWN
_COUNTS: Final = COUNT_CAP << AGE_SHIFT | COUNT_CAP << WAITED_SHIFT | COUNT_CAP << BONUS_SHIFT
_KIND_BITS: Final = ((1 << KIND_WIDTH * len(KINDS)) - 1) << KIND_SHIFT
ALL_BITS: Final = _FLAGS | _COUNTS | _KIND_BITS


#: What the registers and the entries themselves say: the same as long as the same versions are pinned.
OF_VERSIONS: Final = (
    WITHDRAWN
    | SAME_PERSON
    | DECEASED
    | AGE_KNOWN
    | COUNT_CAP << AGE_SHIFT
    | sum((FOUND | NAME_MATCHES | IN_FORCE) << KIND_SHIFT + KIND_WIDTH * k for k in range(len(KINDS)))
)


def register_bit(kind: str, fact: int) -> int:
    """Place a register's fact where its kind has it in the mask.

    Args:
        kind: one of KINDS.
        fact: FOUND, NAME_MATCHES, IN_FORCE or CONFIRMED, or several of them.

    Raises:
        ValueError: there is no such kind.
    """
    return fact << KIND_SHIFT + KIND_WIDTH * KINDS.index(kind)


def age_bracket(age: int, thresholds: Sequence[int]) -> int:
    """Count the thresholds that are at most an age.

    Args:
        age: whole years; negative for somebody born after the reference date.
        thresholds: as age_thresholds gives them: sorted, distinct, at most 15.

    Returns:
        0 to 15.
    """
    return bisect_right(thresholds, age)


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """What one register says of a registration."""

    is_found: bool = False
    name_matches: bool = False
    is_in_force: bool = False
    is_confirmed: bool = False

    @property
    def admits(self) -> bool:
        """Tell whether a basis on this register admits: all three hold, or a dispute was upheld."""
        return self.is_confirmed or (self.is_found and self.name_matches and self.is_in_force)


@dataclass(frozen=True, slots=True)
class Facts:
    """A mask with its parts named.

    Args:
        is_withdrawn: the registration was withdrawn before closing.
        is_same_person: an earlier standing entry of this draw is the same person by a register.
        has_won_recently: in an earlier round, less than the rules' wait_days ago.
        has_won_in_round: in an earlier draw of this round.
        is_deceased: a register says so.
        bracket: 0 to 15, or None where the age is not known.
        rounds_waited: 0 to 15.
        bonus_tickets: granted by staff, 0 to 15.
        registers: one for each of KINDS, in that order.
    """

    is_withdrawn: bool = False
    is_same_person: bool = False
    has_won_recently: bool = False
    has_won_in_round: bool = False
    is_deceased: bool = False
    bracket: int | None = None
    rounds_waited: int = 0
    bonus_tickets: int = 0
    registers: tuple[RegisterFacts, ...] = (RegisterFacts(),) * len(KINDS)

    def register(self, kind: str) -> RegisterFacts:
        """Give what the register of a kind says; ValueError where there is no such kind."""
        return self.registers[KINDS.index(kind)]


def decode(mask: int) -> Facts:
    """Name the parts of a mask.

    Raises:
        ValueError: the mask has a bit that means nothing, or an age bracket without AGE_KNOWN: whoever
            gathered it and this module do not speak of the same layout.
    """
    bracket = mask >> AGE_SHIFT & COUNT_CAP
    if mask < 0 or mask & ~ALL_BITS or (bracket and not mask & AGE_KNOWN):
        raise ValueError(f"{mask:#x} is no mask of facts")
    return Facts(
        is_withdrawn=bool(mask & WITHDRAWN),
        is_same_person=bool(mask & SAME_PERSON),
        has_won_recently=bool(mask & WON_RECENTLY),
        has_won_in_round=bool(mask & WON_IN_ROUND),
        is_deceased=bool(mask & DECEASED),
        bracket=bracket if mask & AGE_KNOWN else None,
        rounds_waited=mask >> WAITED_SHIFT & COUNT_CAP,
        bonus_tickets=mask >> BONUS_SHIFT & COUNT_CAP,
        registers=tuple(_decode_register(mask >> KIND_SHIFT + KIND_WIDTH * k) for k in range(len(KINDS))),
    )


def encode(facts: Facts) -> int:
    """Write facts as a mask; the inverse of decode.

    Args:
        facts: counts from 0 to 15; rounds waited and bonus tickets above are cut to 15.

    Raises:
        ValueError: a count is negative, or the bracket above 15.
    """
    bracket = facts.bracket or 0
    if min(bracket, facts.rounds_waited, facts.bonus_tickets) < 0 or bracket > COUNT_CAP:
        raise ValueError("a count of the facts is outside its bits")
    mask = (
        WITHDRAWN * facts.is_withdrawn
        | SAME_PERSON * facts.is_same_person
        | WON_RECENTLY * facts.has_won_recently
        | WON_IN_ROUND * facts.has_won_in_round
        | DECEASED * facts.is_deceased
        | AGE_KNOWN * (facts.bracket is not None)
        | bracket << AGE_SHIFT
        | min(facts.rounds_waited, COUNT_CAP) << WAITED_SHIFT
        | min(facts.bonus_tickets, COUNT_CAP) << BONUS_SHIFT
    )
    for kind, register in zip(KINDS, facts.registers, strict=True):
        mask |= register_bit(kind, _encode_register(register))
    return mask


def _decode_register(bits: int) -> RegisterFacts:
    return RegisterFacts(
        is_found=bool(bits & FOUND),
        name_matches=bool(bits & NAME_MATCHES),
        is_in_force=bool(bits & IN_FORCE),
        is_confirmed=bool(bits & CONFIRMED),
    )


def _encode_register(register: RegisterFacts) -> int:
    return (
        FOUND * register.is_found
        | NAME_MATCHES * register.name_matches
        | IN_FORCE * register.is_in_force
        | CONFIRMED * register.is_confirmed
    )
