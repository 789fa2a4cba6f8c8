"""How people behave in a rehearsal after the registrations are in: dice, visits, disputes.

All of it follows from the seed text and the registration number (or a label), so that a rehearsal repeats itself and
needs to remember nothing about anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maskres.rehearsal.city.chance import Chance

_TEN_THOUSAND = 10_000
_STAY_AWAY = 800
_GIVE_BACK = 100
_ANOTHER_DAY = 100
_ANOTHER_STORE = 50
_DISPUTE = 300
_CARD_ONLY = 600

_PROOFS = {
    "name-differs": (("household", "household booklet", 7_000), ("insurance", "insurance card", 9_000)),
    "not-registered-here": (
        ("insurance", "insurance statement", 3_000),
        ("household", "household booklet", 4_500),
    ),
}
"""By coarse reason: which register a proof speaks for, what is shown, and up to which share (of 10,000) it is that."""


class Conduct(StrEnum):
    """What a winner does about their place."""

    COMES = "comes"
    STAYS_AWAY = "stays-away"
    GIVES_BACK = "gives-back"
    COMES_ANOTHER_DAY = "comes-another-day"
    COMES_TO_ANOTHER_STORE = "comes-to-another-store"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a winner does, and when.

    Args:
        conduct: what they do.
        minutes: minutes after the slot begins at which they stand at the till, -15 to 59.
        days: days after the slot's, for those who come another day: -1 or 1; otherwise 0.
        is_card_only: whether they bring their card but not the code.
    """

    conduct: Conduct
    minutes: int
    days: int
    is_card_only: bool


@dataclass(frozen=True, slots=True)
class Dispute:
    """What an excluded resident claims.

    Args:
        register: kind of register they should stand in, or empty where they can prove nothing.
        proof: what they show, or empty.
    """

    register: str
    proof: str

    @property
    def is_upheld(self) -> bool:
        """Tell whether the authority finds them right."""
        return bool(self.register)


class Behaviour:
    """What people do in one draw of a rehearsal.

    About 8 % of the winners stay away, 1 % give their place back, 1 % come another day, 0.5 % to another store; about
    3 % of the excluded dispute.

    Args:
        seed: the rehearsal's seed text.
        label: which draw, e.g. "xiamen-2020-1/1".
    """

    __slots__ = ("_chance", "_label")

    def __init__(self, seed: str, label: str) -> None:
        self._chance = Chance(seed)
        self._label = label

    def visit(self, number: str) -> Visit:
        """Tell what the winner with this registration number does."""
        digest = self._chance.digest(f"visit/{self._label}/{number}")
        share = _share(digest, 0)
        conduct = Conduct.COMES
        for bound, other in (
            (_STAY_AWAY, Conduct.STAYS_AWAY),
            (_GIVE_BACK, Conduct.GIVES_BACK),
            (_ANOTHER_DAY, Conduct.COMES_ANOTHER_DAY),
            (_ANOTHER_STORE, Conduct.COMES_TO_ANOTHER_STORE),
        ):
            if share < bound:
                conduct = other
                break
            share -= bound
        days = (1 if digest[4] % 4 else -1) if conduct is Conduct.COMES_ANOTHER_DAY else 0
        return Visit(conduct, _minutes(digest[5], digest[6]), days, _share(digest, 8) < _CARD_ONLY)

    def shows_up(self, number: str) -> bool:
        """Tell whether the winner comes to their store on their day."""
        return self.visit(number).conduct is Conduct.COMES

    def dispute(self, number: str, reason: str) -> Dispute | None:
        """Tell whether an excluded resident disputes, and what they can prove.

        Args:
            number: the registration number.
            reason: the coarse reason of their exclusion; nobody disputes their own withdrawal.

        Returns:
            The dispute, or None for the many who accept the verdict.
        """
        digest = self._chance.digest(f"dispute/{self._label}/{number}")
        if reason == "withdrawn" or _share(digest, 0) >= _DISPUTE:
            return None
        for register, proof, bound in _PROOFS.get(reason, ()):
            if _share(digest, 4) < bound:
                return Dispute(register, proof)
        return Dispute("", "")


def dice_rolls(seed: str, label: str, sides: int, rolls: int) -> tuple[int, ...]:
    """Roll the notary's dice.

    Args:
        seed: the rehearsal's seed text.
        label: which draw.
        sides: faces of a die, 2 to 256.
        rolls: how many.

    Returns:
        Each roll, 1 … sides, every face as likely as any other.
    """
    chance = Chance(seed)
    whole = 256 - 256 % sides
    found: list[int] = []
    block = 0
    while len(found) < rolls:
        digest = chance.digest(f"dice/{label}/{block}")
        found.extend(value % sides + 1 for value in digest if value < whole)
        block += 1
    return tuple(found[:rolls])


def _share(digest: bytes, place: int) -> int:
    """Map four bytes of a digest to 0 … 9,999."""
    return int.from_bytes(digest[place : place + 4], "big") * _TEN_THOUSAND >> 32


def _minutes(kind: int, value: int) -> int:
    """Say when somebody comes: nearly all in their half hour, some up to 15 minutes early or 30 minutes late."""
    if kind < 13:
        return -1 - value % 15
    if kind < 21:
        return 30 + value % 30
    return value % 30
