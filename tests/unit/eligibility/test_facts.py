"""The bit layout of facts."""

from __future__ import annotations

import pytest

from maskres.eligibility import facts
from maskres.eligibility.facts import Facts, RegisterFacts, age_bracket, decode, encode, register_bit


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        (0, Facts()),
        (1, Facts(is_withdrawn=True)),
        (2, Facts(is_same_person=True)),
        (4, Facts(has_won_recently=True)),
        (8, Facts(has_won_in_round=True)),
        (16, Facts(is_deceased=True)),
        (32, Facts(bracket=0)),
        (32 | 1 << 8, Facts(bracket=1)),
        (32 | 15 << 8, Facts(bracket=15)),
        (1 << 12, Facts(rounds_waited=1)),
        (15 << 12, Facts(rounds_waited=15)),
        (1 << 16, Facts(bonus_tickets=1)),
        (15 << 16, Facts(bonus_tickets=15)),
        (1 << 24, Facts(registers=(RegisterFacts(is_found=True), RegisterFacts(), RegisterFacts()))),
        (2 << 24, Facts(registers=(RegisterFacts(name_matches=True), RegisterFacts(), RegisterFacts()))),
        (4 << 28, Facts(registers=(RegisterFacts(), RegisterFacts(is_in_force=True), RegisterFacts()))),
        (8 << 32, Facts(registers=(RegisterFacts(), RegisterFacts(), RegisterFacts(is_confirmed=True)))),
    ],
)
def test_layout(mask: int, expected: Facts) -> None:
    assert decode(mask) == expected
    assert encode(expected) == mask


def test_the_layout_fits_a_signed_column_of_64_bits() -> None:
    everything = decode(facts.ALL_BITS)
    assert encode(everything) == facts.ALL_BITS < 1 << 63
    assert facts.ALL_BITS == 0xFFF0FFF3F


@pytest.mark.parametrize("mask", [-1, 1 << 6, 1 << 7, 1 << 20, 1 << 36, 1 << 63, 1 << 8, 15 << 8])
def test_masks_of_another_layout_are_refused(mask: int) -> None:
    with pytest.raises(ValueError, match="no mask of facts"):
        decode(mask)


def test_counts_are_capped_when_written() -> None:
    assert encode(Facts(rounds_waited=16, bonus_tickets=99)) == 15 << 12 | 15 << 16


@pytest.mark.parametrize(
    "wrong", [Facts(bracket=16), Facts(bracket=-1), Facts(rounds_waited=-1), Facts(bonus_tickets=-1)]
)
def test_counts_outside_their_bits_are_refused(wrong: Facts) -> None:
    with pytest.raises(ValueError, match="outside its bits"):
        encode(wrong)


def test_a_register_needs_its_kind() -> None:
    assert register_bit("household", facts.FOUND) == 1 << 24
    assert register_bit("insurance", facts.IN_FORCE) == 4 << 28
    assert register_bit("employment", facts.FOUND | facts.CONFIRMED) == 9 << 32
    with pytest.raises(ValueError, match="not in tuple"):
        register_bit("tax", facts.FOUND)
    with pytest.raises(ValueError, match="zip"):
        encode(Facts(registers=(RegisterFacts(),)))


@pytest.mark.parametrize(
    ("age", "bracket"), [(-1, 0), (0, 0), (17, 0), (18, 1), (59, 1), (60, 2), (64, 2), (65, 3), (200, 3)]
)
def test_brackets(age: int, bracket: int) -> None:
    assert age_bracket(age, (18, 60, 65)) == bracket


def test_no_thresholds_make_one_bracket() -> None:
    assert age_bracket(40, ()) == 0


@pytest.mark.parametrize(
    ("register", "admits"),
    [
        (RegisterFacts(), False),
        (RegisterFacts(is_found=True, name_matches=True), False),
        (RegisterFacts(is_found=True, is_in_force=True), False),
        (RegisterFacts(name_matches=True, is_in_force=True), False),
        (RegisterFacts(is_found=True, name_matches=True, is_in_force=True), True),
        (RegisterFacts(is_confirmed=True), True),
    ],
)
def test_a_register_admits_by_three_facts_or_a_dispute(register: RegisterFacts, admits: bool) -> None:
    assert register.admits is admits
