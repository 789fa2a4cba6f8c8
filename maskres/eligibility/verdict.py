"""The verdict: facts and rules in, one answer with every reason out. Depends on nothing else.

A basis admits where its register knows the person, under this name, and its condition holds, or where a
dispute about it was upheld. Of the bases that admit, the first in the rules' order is the verdict's basis; it
alone counts where a stratum asks for bases.

Reasons, in this order, all that apply; none means eligible:

1. `withdrawn`, `same-person`, `won-in-round`, `won-recently`, `deceased`;
2. `too-young` where the age is known and below the round's min_age; `age-unknown` where it is not known and
   any rule of the round asks about age: otherwise withholding an age would be a way to choose a stratum;
3. where no basis admits, one for each basis in the rules' order: `KIND:not-found`, `KIND:name-differs` or
   `KIND:not-in-force`.

Everybody has a stratum and tickets, the ineligible too: a disputed entry stays in the pool.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from maskres.eligibility.facts import Facts, decode
from maskres.rounds.rules import Rules, StratumRule, age_thresholds

MOST_TICKETS: Final = 10

# The first that applies is published. What concerns the entry itself comes first, then the person, then the
# registers; among those a differing name first, since that is what a resident can mend.
_COARSE: Final = {
    "withdrawn": "withdrawn",
    "same-person": "same-person",
    "won-in-round": "already-won",
    "won-recently": "won-recently",
    "deceased": "deceased",
    "too-young": "too-young",
    "age-unknown": "age-unknown",
    "name-differs": "name-differs",
    "not-found": "not-registered-here",
    "not-in-force": "not-registered-here",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from the facts of one registration.

    Args:
        is_eligible: whether there is no reason against it.
        stratum: slug of the stratum it belongs to, eligible or not.
        tickets: 1 to 10, eligible or not.
        basis: register kind that admitted, or None.
        reasons: fine codes in the order of this module's docstring; not public: they may tell of insurance or
            employment.
        coarse_reason: the code for excluded.csv, or None where eligible.
    """

    is_eligible: bool
    stratum: str
    tickets: int
    basis: str | None
    reasons: tuple[str, ...]
    coarse_reason: str | None


def decide(mask: int, rules: Rules) -> Verdict:
    """Judge the facts of a registration by the rules of its round.

    Tickets are 1, and the rules' tickets for each round waited, and those granted by staff, together at most
    the rules' max_tickets: a grant makes good a missed round and does not reach past what waiting could give.

    Args:
        mask: facts, see facts.py; the bracket counted with age_thresholds of the same rules.
        rules: checked rules.

    Raises:
        ValueError: the mask is none, or its bracket was counted with other rules.

    Source: spec R2 to R4, F3; product.md, eligibility.
    """
    facts = decode(mask)
    thresholds = age_thresholds(rules)
    if facts.bracket is not None and facts.bracket > len(thresholds):
        raise ValueError(f"{mask:#x} has an age bracket that these rules do not have")
    basis = next((basis.register for basis in rules.bases if facts.register(basis.register).admits), None)
    reasons = tuple(_find_reasons(facts, rules, thresholds, basis))
    bonus = rules.bonus.tickets_per_round_waited * facts.rounds_waited + facts.bonus_tickets
    return Verdict(
        is_eligible=not reasons,
        stratum=next(
            rule.stratum for rule in rules.strata if _belongs(facts.bracket, thresholds, basis, rule)
        ),
        tickets=min(rules.bonus.max_tickets, MOST_TICKETS, 1 + bonus),
        basis=basis,
        reasons=reasons,
        coarse_reason=coarsen(reasons),
    )


def coarsen(reasons: tuple[str, ...]) -> str | None:
    """Choose the one code that is published for a set of fine reasons.

    Returns:
        The first that applies of: withdrawn, same-person, already-won, won-recently, deceased, too-young,
        age-unknown, name-differs, not-registered-here; None where there is no reason.

    Raises:
        ValueError: only unknown reasons.
    """
    if not reasons:
        return None
    ends = {reason.rpartition(":")[2] for reason in reasons}
    for end, coarse in _COARSE.items():
        if end in ends:
            return coarse
    raise ValueError(f"unknown reasons: {reasons}")


def _find_reasons(
    facts: Facts, rules: Rules, thresholds: tuple[int, ...], basis: str | None
) -> Iterator[str]:
    if facts.is_withdrawn:
        yield "withdrawn"
    if facts.is_same_person:
        yield "same-person"
    if facts.has_won_in_round:
        yield "won-in-round"
    if facts.has_won_recently:
        yield "won-recently"
    if facts.is_deceased:
        yield "deceased"
    if facts.bracket is None:
        if thresholds:
            yield "age-unknown"
    elif facts.bracket < bisect_right(thresholds, rules.min_age):
        yield "too-young"
    if basis is None:
        for candidate in rules.bases:
            register = facts.register(candidate.register)
            if not register.is_found:
                yield f"{candidate.register}:not-found"
            elif not register.name_matches:
                yield f"{candidate.register}:name-differs"
            else:
                yield f"{candidate.register}:not-in-force"


def _belongs(bracket: int | None, thresholds: tuple[int, ...], basis: str | None, rule: StratumRule) -> bool:
    """Tell whether a stratum takes somebody; what is not known fulfils no condition."""
    if rule.bases is not None and basis not in rule.bases:
        return False
    if bracket is None:
        return not rule.min_age and rule.max_age is None
    if rule.min_age is not None and bracket < bisect_right(thresholds, rule.min_age):
        return False
    return rule.max_age is None or bracket < bisect_right(thresholds, rule.max_age + 1)
