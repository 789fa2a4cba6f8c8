"""The verdict: each rule once, and the order of reasons."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from maskres.eligibility.facts import (
    CONFIRMED,
    FOUND,
    IN_FORCE,
    NAME_MATCHES,
    Facts,
    age_bracket,
    encode,
    register_bit,
)
from maskres.eligibility.verdict import Verdict, coarsen, decide
from maskres.rounds.rules import Basis, Bonus, Rules, StratumRule, age_thresholds

GENERAL = StratumRule("general")
RULES = Rules(
    round="r",
    zone="Asia/Shanghai",
    goods="masks",
    quantity=5,
    reference_date=date(2020, 2, 10),
    bases=(Basis("insurance", 6, 12), Basis("household")),
    min_age=18,
    wait_days=30,
    bonus=Bonus(1, 5),
    strata=(
        StratumRule("elderly", min_age=60),
        StratumRule("young-insured", max_age=30, bases=("insurance",)),
        StratumRule("middle", min_age=40, max_age=49),
        GENERAL,
    ),
    draws=1,
    challenge_hours=48,
    lead_hours=24,
    audit_size=300,
    entries_per_phone=5,
    districts=("huli",),
    personal_data_until=date(2020, 6, 30),
    person_data_until=date(2021, 6, 30),
)
NO_AGES = dataclasses.replace(RULES, min_age=0, strata=(GENERAL,))
HELD = FOUND | NAME_MATCHES | IN_FORCE
HOUSEHOLD = register_bit("household", HELD)
INSURANCE = register_bit("insurance", HELD)


def mask(registers: int = HOUSEHOLD, *, age: int | None = 35, rules: Rules = RULES, **named: Any) -> int:
    bracket = None if age is None else age_bracket(age, age_thresholds(rules))
    return registers | encode(Facts(bracket=bracket, **named))


def test_an_eligible_person() -> None:
    assert decide(mask(), RULES) == Verdict(True, "general", 1, "household", (), None)


@pytest.mark.parametrize(
    ("named", "reason", "coarse"),
    [
        ({"is_withdrawn": True}, "withdrawn", "withdrawn"),
        ({"is_same_person": True}, "same-person", "same-person"),
        ({"has_won_in_round": True}, "won-in-round", "already-won"),
        ({"has_won_recently": True}, "won-recently", "won-recently"),
        ({"is_deceased": True}, "deceased", "deceased"),
    ],
)
def test_reasons_about_the_entry_and_the_person(named: dict[str, Any], reason: str, coarse: str) -> None:
    verdict = decide(mask(**named), RULES)
    assert verdict == Verdict(False, "general", 1, "household", (reason,), coarse)


@pytest.mark.parametrize(("age", "reasons"), [(17, ("too-young",)), (18, ()), (-1, ("too-young",))])
def test_too_young(age: int, reasons: tuple[str, ...]) -> None:
    verdict = decide(mask(age=age), RULES)
    assert (verdict.reasons, verdict.coarse_reason) == (reasons, "too-young" if reasons else None)


def test_an_unknown_age_matters_where_a_rule_asks() -> None:
    verdict = decide(mask(age=None), RULES)
    assert verdict == Verdict(False, "general", 1, "household", ("age-unknown",), "age-unknown")
    only_strata = dataclasses.replace(RULES, min_age=0)
    assert decide(mask(age=None), only_strata).reasons == ("age-unknown",)


def test_an_unknown_age_does_not_matter_where_none_asks() -> None:
    assert decide(mask(age=None), NO_AGES).is_eligible
    from_birth = dataclasses.replace(NO_AGES, strata=(StratumRule("everyone", min_age=0), GENERAL))
    assert decide(mask(age=None), from_birth).stratum == "everyone"


@pytest.mark.parametrize(
    ("facts", "end"),
    [
        (0, "not-found"),
        (NAME_MATCHES | IN_FORCE, "not-found"),
        (FOUND, "name-differs"),
        (FOUND | IN_FORCE, "name-differs"),
        (FOUND | NAME_MATCHES, "not-in-force"),
    ],
)
def test_reasons_of_a_register(facts: int, end: str) -> None:
    only_household = dataclasses.replace(RULES, bases=(Basis("household"),), strata=(GENERAL,))
    verdict = decide(mask(register_bit("household", facts), rules=only_household), only_household)
    assert verdict.reasons == (f"household:{end}",)
    assert verdict.basis is None
    assert verdict.coarse_reason == ("name-differs" if end == "name-differs" else "not-registered-here")


def test_each_basis_gives_its_reason_in_the_rules_order() -> None:
    registers = register_bit("insurance", FOUND) | register_bit("household", FOUND | NAME_MATCHES)
    verdict = decide(mask(registers), RULES)
    assert verdict.reasons == ("insurance:name-differs", "household:not-in-force")
    turned = dataclasses.replace(RULES, bases=RULES.bases[::-1])
    assert decide(mask(registers), turned).reasons == ("household:not-in-force", "insurance:name-differs")


def test_one_admitting_basis_silences_the_others() -> None:
    verdict = decide(mask(HOUSEHOLD | register_bit("insurance", FOUND)), RULES)
    assert (verdict.reasons, verdict.basis) == ((), "household")


def test_the_first_basis_in_the_rules_order_counts() -> None:
    both = mask(HOUSEHOLD | INSURANCE)
    assert decide(both, RULES).basis == "insurance"
    assert decide(both, dataclasses.replace(RULES, bases=RULES.bases[::-1])).basis == "household"


def test_a_register_that_is_no_basis_does_not_admit() -> None:
    verdict = decide(mask(register_bit("employment", HELD | CONFIRMED)), RULES)
    assert verdict.reasons == ("insurance:not-found", "household:not-found")


def test_an_upheld_dispute_counts_as_all_three() -> None:
    assert decide(mask(register_bit("household", CONFIRMED)), RULES).basis == "household"


def test_all_reasons_stand_in_order() -> None:
    verdict = decide(
        mask(
            0,
            age=10,
            is_withdrawn=True,
            is_same_person=True,
            has_won_recently=True,
            has_won_in_round=True,
            is_deceased=True,
        ),
        RULES,
    )
    assert verdict.reasons == (
        "withdrawn",
        "same-person",
        "won-in-round",
        "won-recently",
        "deceased",
        "too-young",
        "insurance:not-found",
        "household:not-found",
    )
    assert verdict.coarse_reason == "withdrawn"


def test_coarse_codes_stand_in_their_priority() -> None:
    fine = [
        "withdrawn",
        "same-person",
        "won-in-round",
        "won-recently",
        "deceased",
        "too-young",
        "age-unknown",
        "insurance:name-differs",
        "household:not-in-force",
        "employment:not-found",
    ]
    coarse = [coarsen(tuple(fine[position:])) for position in range(len(fine))]
    assert coarse == [
        "withdrawn",
        "same-person",
        "already-won",
        "won-recently",
        "deceased",
        "too-young",
        "age-unknown",
        "name-differs",
        "not-registered-here",
        "not-registered-here",
    ]
    assert coarsen(()) is None
    with pytest.raises(ValueError, match="unknown reasons"):
        coarsen(("bad-hair",))


@pytest.mark.parametrize(
    ("registers", "age", "stratum"),
    [
        (HOUSEHOLD, 60, "elderly"),
        (HOUSEHOLD, 59, "general"),
        (INSURANCE, 30, "young-insured"),
        (INSURANCE, 31, "general"),
        (HOUSEHOLD, 30, "general"),
        (HOUSEHOLD | INSURANCE, 30, "young-insured"),
        (0, 30, "general"),  # no basis: a stratum that asks for one is passed over
        (0, 60, "elderly"),
        (HOUSEHOLD, 39, "general"),
        (HOUSEHOLD, 40, "middle"),
        (HOUSEHOLD, 49, "middle"),
        (HOUSEHOLD, 50, "general"),
        (INSURANCE, None, "general"),
    ],
)
def test_strata(registers: int, age: int | None, stratum: str) -> None:
    assert decide(mask(registers, age=age), RULES).stratum == stratum


def test_only_the_admitting_basis_counts_for_strata() -> None:
    household_first = dataclasses.replace(RULES, bases=RULES.bases[::-1])
    assert decide(mask(HOUSEHOLD | INSURANCE, age=30), household_first).stratum == "general"


def test_the_first_stratum_that_matches_counts() -> None:
    rules = dataclasses.replace(
        RULES, strata=(StratumRule("a", min_age=50), StratumRule("b", min_age=60), GENERAL)
    )
    assert decide(mask(age=70, rules=rules), rules).stratum == "a"


@pytest.mark.parametrize(
    ("bonus", "waited", "granted", "tickets"),
    [
        (Bonus(0, 1), 0, 0, 1),
        (Bonus(0, 1), 15, 15, 1),
        (Bonus(0, 10), 15, 0, 1),
        (Bonus(1, 5), 3, 0, 4),
        (Bonus(1, 5), 0, 2, 3),
        (Bonus(1, 5), 3, 1, 5),
        (Bonus(1, 5), 3, 2, 5),
        (Bonus(2, 10), 4, 0, 9),
        (Bonus(2, 10), 5, 0, 10),
        (Bonus(9, 10), 15, 15, 10),
    ],
)
def test_tickets(bonus: Bonus, waited: int, granted: int, tickets: int) -> None:
    rules = dataclasses.replace(RULES, bonus=bonus)
    assert decide(mask(rounds_waited=waited, bonus_tickets=granted), rules).tickets == tickets
    ineligible = mask(rounds_waited=waited, bonus_tickets=granted, is_withdrawn=True)
    assert decide(ineligible, rules).tickets == tickets


def test_neighbouring_ages_are_told_apart() -> None:
    rules = dataclasses.replace(
        RULES, strata=(StratumRule("a", max_age=30), StratumRule("b", max_age=31), GENERAL)
    )
    strata = [decide(mask(age=age, rules=rules), rules).stratum for age in (30, 31, 32)]
    assert strata == ["a", "b", "general"]


def test_rules_made_without_their_reader_give_no_more_than_ten_tickets() -> None:
    rules = dataclasses.replace(RULES, bonus=Bonus(9, 99))
    assert decide(mask(rounds_waited=15), rules).tickets == 10


def test_a_bracket_of_other_rules_is_refused() -> None:
    with pytest.raises(ValueError, match="age bracket"):
        decide(mask(age=60), NO_AGES)
