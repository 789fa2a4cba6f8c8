"""How people behave in a rehearsal: repeatable, and in the shares that are promised."""

from collections import Counter

import pytest

from maskres.rehearsal.behaviour import (
    Behaviour,
    Conduct,
    Dispute,
    Visit,
    dice_rolls,
)

NUMBERS = [f"{number:012d}" for number in range(20_000)]


@pytest.fixture(scope="module")
def behaviour():
    return Behaviour("seed", "xiamen-2020-1/1")


@pytest.mark.parametrize("sides", [6, 8, 10])
def test_every_face_is_as_likely_as_any_other(sides):
    counts = Counter(dice_rolls("seed", "draw", sides, 6_000))
    assert set(counts) == set(range(1, sides + 1))
    for count in counts.values():
        assert count == pytest.approx(6_000 / sides, rel=0.15)


def test_dice_are_repeatable_and_differ_by_seed_and_label():
    rolls = dice_rolls("seed", "draw", 10, 39)
    assert len(rolls) == 39
    assert rolls == dice_rolls("seed", "draw", 10, 60)[:39]
    assert rolls != dice_rolls("seed ", "draw", 10, 39)
    assert rolls != dice_rolls("seed", "draw ", 10, 39)


def test_dice_are_those_fixed_here():
    assert "".join(map(str, dice_rolls("golden", "xiamen-2020-1/1", 6, 20))) == "45233463546221523362"


def test_shares_of_visits(behaviour):
    visits = [behaviour.visit(number) for number in NUMBERS]
    shares = {conduct: count / len(NUMBERS) for conduct, count in Counter(v.conduct for v in visits).items()}
    assert shares[Conduct.STAYS_AWAY] == pytest.approx(0.08, rel=0.1)
    assert shares[Conduct.GIVES_BACK] == pytest.approx(0.01, rel=0.25)
    assert shares[Conduct.COMES_ANOTHER_DAY] == pytest.approx(0.01, rel=0.25)
    assert shares[Conduct.COMES_TO_ANOTHER_STORE] == pytest.approx(0.005, rel=0.3)
    assert {visit.days for visit in visits} == {-1, 0, 1}
    assert all((visit.days != 0) == (visit.conduct is Conduct.COMES_ANOTHER_DAY) for visit in visits)
    assert 0.05 < sum(visit.is_card_only for visit in visits) / len(visits) < 0.07
    minutes = [visit.minutes for visit in visits]
    assert min(minutes) == -15
    assert max(minutes) == 59
    assert 0.9 < sum(0 <= minute < 30 for minute in minutes) / len(minutes) < 0.94


def test_shows_up_says_what_visit_says(behaviour):
    for number in NUMBERS[:500]:
        assert behaviour.shows_up(number) == (behaviour.visit(number).conduct is Conduct.COMES)


def test_visits_differ_by_draw(behaviour):
    other = Behaviour("seed", "xiamen-2020-1/2")
    assert [behaviour.visit(number) for number in NUMBERS[:50]] != [
        other.visit(number) for number in NUMBERS[:50]
    ]
    again = Behaviour("seed", "xiamen-2020-1/1")
    assert [behaviour.visit(number) for number in NUMBERS[:50]] == [
        again.visit(number) for number in NUMBERS[:50]
    ]


def test_disputes(behaviour):
    found = [behaviour.dispute(number, "name-differs") for number in NUMBERS]
    lodged = [dispute for dispute in found if dispute is not None]
    assert len(lodged) / len(found) == pytest.approx(0.03, rel=0.15)
    upheld = [dispute for dispute in lodged if dispute.is_upheld]
    assert 0.85 < len(upheld) / len(lodged) < 0.95
    assert {dispute.register for dispute in upheld} == {"household", "insurance"}
    assert all(dispute.proof for dispute in upheld)
    assert all(dispute == Dispute("", "") for dispute in lodged if not dispute.is_upheld)


def test_nobody_disputes_their_own_withdrawal_nor_proves_what_cannot_be(behaviour):
    assert all(behaviour.dispute(number, "withdrawn") is None for number in NUMBERS)
    won = [dispute for number in NUMBERS if (dispute := behaviour.dispute(number, "won-recently"))]
    assert won
    assert not any(dispute.is_upheld for dispute in won)


def test_a_visit_is_the_one_fixed_here():
    assert Behaviour("golden", "draw").visit("7K3M9QTR4XH7") == Visit(Conduct.COMES, 38, 0, False)
