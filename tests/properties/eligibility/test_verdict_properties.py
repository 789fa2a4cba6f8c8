"""The verdict against a second one, written plainly from a person's facts, and what must always hold."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from maskres.eligibility.facts import Facts, RegisterFacts, age_bracket, decode, encode
from maskres.eligibility.verdict import coarsen, decide
from maskres.rounds.plain_words import LANGUAGES, describe
from maskres.rounds.rules import Basis, Bonus, Rules, StratumRule, age_thresholds
from maskres.rounds.rules_file import list_problems, read_rules

KINDS = ["household", "insurance", "employment"]
REGISTER_FACTS = ["found", "name-matches", "in-force", "confirmed"]
FLAGS = ["withdrawn", "same-person", "won-recently", "won-in-round", "deceased"]
AGES = st.integers(17, 21) | st.integers(0, 150)  # often neighbours


@st.composite
def bases_of_a_round(draw: st.DrawFn) -> tuple[Basis, ...]:
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3, unique=True))
    of_last = draw(st.integers(1, 60))
    months = draw(st.integers(1, of_last))
    return tuple(Basis(kind, months, of_last) if kind == "insurance" else Basis(kind) for kind in kinds)


@st.composite
def conditional_strata(draw: st.DrawFn, kinds: list[str], name: str) -> StratumRule:
    low, high = sorted((draw(AGES), draw(AGES)))
    min_age, max_age = draw(st.sampled_from([(low, None), (None, high), (low, high), (None, None)]))
    bases = draw(st.none() | st.lists(st.sampled_from(kinds), min_size=1, unique=True).map(tuple))
    assume((min_age, max_age, bases) != (None, None, None))
    return StratumRule(name, min_age, max_age, bases)


@st.composite
def rules_of_a_round(draw: st.DrawFn) -> Rules:
    bases = draw(bases_of_a_round())
    kinds = [basis.register for basis in bases]
    count = draw(st.integers(0, 5))
    until = draw(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
    return Rules(
        round=draw(st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)),
        zone=draw(st.sampled_from(["Asia/Shanghai", "UTC", "America/Argentina/Ushuaia"])),
        goods=draw(st.sampled_from(["masks", "test kits", "消毒液", "𠮷 rice"])),
        quantity=draw(st.integers(1, 1000)),
        reference_date=until - timedelta(days=draw(st.integers(0, 400))),
        bases=bases,
        min_age=draw(st.just(0) | AGES),
        wait_days=draw(st.integers(0, 3650)),
        bonus=Bonus(draw(st.integers(0, 9)), draw(st.integers(1, 10))),
        strata=(
            *(draw(conditional_strata(kinds, f"s{place}")) for place in range(count)),
            StratumRule("general"),
        ),
        draws=draw(st.integers(1, 99)),
        challenge_hours=draw(st.integers(0, 720)),
        lead_hours=draw(st.integers(0, 168)),
        audit_size=draw(st.integers(0, 100_000)),
        entries_per_phone=draw(st.integers(1, 100)),
        districts=tuple(draw(st.sampled_from([["a"], ["a", "b"], ["gulangyu", "huli", "siming"]]))),
        personal_data_until=until,
        person_data_until=until + timedelta(days=draw(st.integers(0, 4000))),
    )


PEOPLE = st.fixed_dictionaries(
    {
        "flags": st.sets(st.sampled_from(FLAGS), max_size=2),
        "age": st.none() | st.integers(17, 22) | st.integers(-1, 152),
        "waited": st.integers(0, 40),
        "granted": st.integers(0, 40),
        "registers": st.fixed_dictionaries(
            {kind: st.sets(st.sampled_from(REGISTER_FACTS)) for kind in KINDS}
        ),
    }
)


def mask_of(person: dict[str, Any], rules: Rules) -> int:
    """Set each bit as the layout has it, by its number."""
    bit_of_flag = {"withdrawn": 0, "same-person": 1, "won-recently": 2, "won-in-round": 3, "deceased": 4}
    mask = sum(1 << bit_of_flag[flag] for flag in person["flags"])
    if person["age"] is not None:
        mask += (1 << 5) + (sum(age <= person["age"] for age in age_thresholds(rules)) << 8)
    mask += (min(person["waited"], 15) << 12) + (min(person["granted"], 15) << 16)
    for kind, facts in person["registers"].items():
        for fact in facts:
            mask += 1 << 24 + 4 * KINDS.index(kind) + REGISTER_FACTS.index(fact)
    return mask


def judge_plainly(
    person: dict[str, Any], rules: Rules
) -> tuple[bool, str, int, str | None, list[str], str | None]:
    """Judge a person as somebody would with the rules on paper, knowing neither masks nor brackets."""
    age, registers = person["age"], person["registers"]
    reasons = [
        flag
        for flag in ["withdrawn", "same-person", "won-in-round", "won-recently", "deceased"]
        if flag in person["flags"]
    ]
    asks_age = rules.min_age > 0 or any(s.min_age or s.max_age is not None for s in rules.strata)
    if age is None and asks_age:
        reasons.append("age-unknown")
    if age is not None and rules.min_age > 0 and age < rules.min_age:
        reasons.append("too-young")
    admitted_by = None
    complaints = []
    for basis in rules.bases:
        held = registers[basis.register]
        if "confirmed" in held or held >= {"found", "name-matches", "in-force"}:
            admitted_by = basis.register
            break
        missing = next(fact for fact in REGISTER_FACTS if fact not in held)
        words = {"found": "not-found", "name-matches": "name-differs", "in-force": "not-in-force"}
        complaints.append(f"{basis.register}:{words[missing]}")
    if admitted_by is None:
        reasons += complaints
    stratum = "general"
    for rule in reversed(rules.strata):
        fits_age = (
            not rule.min_age and rule.max_age is None
            if age is None
            else max(age, 0) >= (rule.min_age or 0) and (rule.max_age is None or age <= rule.max_age)
        )
        if fits_age and (rule.bases is None or admitted_by in rule.bases):
            stratum = rule.stratum
    tickets = 1
    for _ in range(person["waited"]):
        tickets += rules.bonus.tickets_per_round_waited
    tickets = min(tickets + person["granted"], rules.bonus.max_tickets)
    coarse = None
    for words_of, public in [
        ("withdrawn", "withdrawn"),
        ("same-person", "same-person"),
        ("won-in-round", "already-won"),
        ("won-recently", "won-recently"),
        ("deceased", "deceased"),
        ("too-young", "too-young"),
        ("age-unknown", "age-unknown"),
        ("name-differs", "name-differs"),
        ("not-", "not-registered-here"),
    ]:
        if coarse is None and any(words_of in reason for reason in reasons):
            coarse = public
    return not reasons, stratum, tickets, admitted_by, reasons, coarse


@given(rules_of_a_round(), PEOPLE)
def test_both_verdicts_agree(rules: Rules, person: dict[str, Any]) -> None:
    verdict = decide(mask_of(person, rules), rules)
    assert (
        verdict.is_eligible,
        verdict.stratum,
        verdict.tickets,
        verdict.basis,
        list(verdict.reasons),
        verdict.coarse_reason,
    ) == judge_plainly(person, rules)


@given(rules_of_a_round(), PEOPLE)
def test_what_always_holds(rules: Rules, person: dict[str, Any]) -> None:
    mask = mask_of(person, rules)
    verdict = decide(mask, rules)
    assert verdict == decide(mask, rules) == decide(mask, read_rules(rules.to_json()))
    assert verdict.is_eligible is (verdict.reasons == ()) is (verdict.coarse_reason is None)
    assert verdict.coarse_reason == coarsen(verdict.reasons)
    assert verdict.stratum in {rule.stratum for rule in rules.strata}
    assert 1 <= verdict.tickets <= min(10, rules.bonus.max_tickets)
    assert not (verdict.is_eligible and verdict.basis is None)


def improvements(person: dict[str, Any]) -> list[dict[str, Any]]:
    """List the person with one favourable fact more, in every way there is."""
    better = [{**person, "flags": person["flags"] - {flag}} for flag in person["flags"]]
    for kind, fact in itertools.product(KINDS, REGISTER_FACTS):
        registers = {**person["registers"], kind: person["registers"][kind] | {fact}}
        better.append({**person, "registers": registers})
    ages = [0, 18, 150] if person["age"] is None else [person["age"] + 1, person["age"] + 40]
    better += [{**person, "age": age} for age in ages]
    return [*better, {**person, "waited": person["waited"] + 1}, {**person, "granted": person["granted"] + 1}]


@given(rules_of_a_round(), PEOPLE, st.sampled_from(KINDS), st.booleans())
def test_a_favourable_fact_never_shuts_out(
    rules: Rules, person: dict[str, Any], kind: str, is_likely: bool
) -> None:
    if is_likely:  # most people drawn at random are shut out anyhow; this one is probably in
        held = person["registers"] | {kind: {"found", "name-matches", "in-force"}}
        person = {**person, "flags": set(), "age": 151, "registers": held}
    before = decide(mask_of(person, rules), rules)
    for better in improvements(person):
        after = decide(mask_of(better, rules), rules)
        assert after.is_eligible or not before.is_eligible
        assert after.tickets >= before.tickets


REGISTERS = st.builds(RegisterFacts, st.booleans(), st.booleans(), st.booleans(), st.booleans())


@given(
    st.builds(
        Facts,
        is_withdrawn=st.booleans(),
        is_same_person=st.booleans(),
        has_won_recently=st.booleans(),
        has_won_in_round=st.booleans(),
        is_deceased=st.booleans(),
        bracket=st.none() | st.integers(0, 15),
        rounds_waited=st.integers(0, 15),
        bonus_tickets=st.integers(0, 15),
        registers=st.tuples(REGISTERS, REGISTERS, REGISTERS),
    )
)
def test_facts_survive_the_mask(facts: Facts) -> None:
    assert decode(encode(facts)) == facts


@given(st.integers(0, (1 << 36) - 1))
@example(0)
def test_masks_survive_their_facts(bits: int) -> None:
    mask = bits & 0xFFF0FFF3F
    if not mask & 1 << 5:
        mask &= ~(15 << 8)
    assert encode(decode(mask)) == mask


@given(st.lists(AGES.filter(bool), unique=True, max_size=15).map(sorted), st.integers(-1, 152))
def test_a_bracket_tells_every_threshold(thresholds: list[int], age: int) -> None:
    bracket = age_bracket(age, thresholds)
    assert 0 <= bracket <= 15
    for place, threshold in enumerate(thresholds, start=1):
        assert (bracket >= place) == (age >= threshold)


@given(rules_of_a_round())
def test_rules_are_read_as_they_were_written(rules: Rules) -> None:
    written = rules.to_json()
    assert list_problems(written) == []
    assert read_rules(written) == rules
    assert read_rules(written).to_json() == written


@given(rules_of_a_round())
def test_all_rules_can_be_said(rules: Rules) -> None:
    for language in LANGUAGES:
        sentences = describe(rules, language)
        assert len(sentences) == len(describe(rules, "en"))
        assert all(sentence[-1] in ".:。：" for sentence in sentences)
