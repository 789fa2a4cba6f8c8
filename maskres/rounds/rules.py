"""The rules of a round as values: what rules.json says, once it has been checked.

Reading and checking stand in rules_file.py, the same rules as sentences in plain_words.py. A round's rules
are published when it opens and never changed after (spec R1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from maskres.formats import strict_json

PROTOCOL: Final = "maskres-rules-1"
REGISTER_KINDS: Final = ("household", "insurance", "employment")
MAX_AGE_THRESHOLDS: Final = 15


@dataclass(frozen=True, slots=True)
class Basis:
    """A register that admits people, and on which condition.

    Args:
        register: one of REGISTER_KINDS.
        months: paid months that are enough, 1 to of_last; None unless the register is insurance.
        of_last: months looked back on, the reference date's month included, 1 to 60; None likewise.
    """

    register: str
    months: int | None = None
    of_last: int | None = None


@dataclass(frozen=True, slots=True)
class Bonus:
    """Extra tickets.

    Args:
        tickets_per_round_waited: added for each round waited without a win, 0 to 9.
        max_tickets: nobody holds more, 1 to 10; bounds tickets granted by staff too.
    """

    tickets_per_round_waited: int
    max_tickets: int


@dataclass(frozen=True, slots=True)
class StratumRule:
    """Who belongs to a stratum; a condition that is None asks nothing.

    Args:
        stratum: slug.
        min_age: whole years on the reference date, 0 to 150, inclusive.
        max_age: likewise, inclusive.
        bases: register kinds, one of which must be the basis that admitted the person.
    """

    stratum: str
    min_age: int | None = None
    max_age: int | None = None
    bases: tuple[str, ...] | None = None

    @property
    def is_unconditional(self) -> bool:
        """Tell whether everybody belongs to it whom no earlier stratum took."""
        return self.min_age is None and self.max_age is None and self.bases is None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a round, checked.

    Args:
        round: slug of the round.
        zone: IANA name of the zone in which times are shown to people.
        goods: what is handed out, 1 to 60 characters.
        quantity: items a winner collects, 1 to 1000.
        reference_date: the day on which ages and registers are looked at.
        bases: 1 to 3, in order of preference, no register twice.
        min_age: whole years on the reference date, 0 to 150; 0 asks nothing.
        wait_days: days after a win in an earlier round, 0 to 3650.
        bonus: extra tickets.
        strata: 1 to 16, the first that matches counts; the last and only the last is unconditional.
        draws: draws of the round, 1 to 99.
        challenge_hours: hours between decision and commitment at least, 0 to 720.
        lead_hours: hours between a later batch and its first slot at least, 0 to 168.
        audit_size: winners opened to the notary, 0 to 100000.
        entries_per_phone: people one phone may register, 1 to 100.
        districts: 1 to 200 slugs, sorted.
        personal_data_until: last day the round's personal data is kept.
        person_data_until: last day of what outlives the round (last win, rounds waited, kept choices).

    Source: spec R1 to R3, R7.
    """

    round: str
    zone: str
    goods: str
    quantity: int
    reference_date: date
    bases: tuple[Basis, ...]
    min_age: int
    wait_days: int
    bonus: Bonus
    strata: tuple[StratumRule, ...]
    draws: int
    challenge_hours: int
    lead_hours: int
    audit_size: int
    entries_per_phone: int
    districts: tuple[str, ...]
    personal_data_until: date
    person_data_until: date

    def to_json(self) -> bytes:
        """Write rules.json in its one canonical spelling: what read_rules reads back as equal rules."""
        return strict_json.dumps(
            {
                "protocol": PROTOCOL,
                "round": self.round,
                "zone": self.zone,
                "goods": self.goods,
                "quantity": self.quantity,
                "reference_date": self.reference_date.isoformat(),
                "bases": [_basis_members(basis) for basis in self.bases],
                "min_age": self.min_age,
                "wait_days": self.wait_days,
                "bonus": {
                    "tickets_per_round_waited": self.bonus.tickets_per_round_waited,
                    "max_tickets": self.bonus.max_tickets,
                },
                "strata": [_stratum_members(rule) for rule in self.strata],
                "draws": self.draws,
                "challenge_hours": self.challenge_hours,
                "lead_hours": self.lead_hours,
                "audit_size": self.audit_size,
                "entries_per_phone": self.entries_per_phone,
                "districts": list(self.districts),
                "personal_data_until": self.personal_data_until.isoformat(),
                "person_data_until": self.person_data_until.isoformat(),
            }
        )


def age_thresholds(rules: Rules) -> tuple[int, ...]:
    """Give the ages at which some rule begins or ends to hold, sorted and distinct.

    They are the round's min_age, each stratum's min_age and each stratum's max_age + 1. Zero is left
    out: it asks nothing. An age's bracket (how many of these are at most the age) is all that matters of it.

    Returns:
        At most 15 ages in whole years, each from 1 to 151; empty where no rule asks about age.
    """
    ages = {rules.min_age}
    for rule in rules.strata:
        if rule.min_age is not None:
            ages.add(rule.min_age)
        if rule.max_age is not None:
            ages.add(rule.max_age + 1)
    return tuple(sorted(ages - {0}))


def _basis_members(basis: Basis) -> dict[str, Any]:
    members = {"register": basis.register, "months": basis.months, "of_last": basis.of_last}
    return {name: value for name, value in members.items() if value is not None}


def _stratum_members(rule: StratumRule) -> dict[str, Any]:
    bases = None if rule.bases is None else list(rule.bases)
    members = {
        "stratum": rule.stratum,
        "min_age": rule.min_age,
        "max_age": rule.max_age,
        "bases": bases,
    }
    return {name: value for name, value in members.items() if value is not None}
