"""The fairness report: what it flags, what it does not, and whether its probabilities are right."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from maskres.lottery.fairness import (
    Comparison,
    Drawn,
    chi_square_tail,
    compare_groups,
    correlate,
    cut_into_tenths,
)
from maskres.lottery.fairness_report import Coded, Labels, read_report, write_report

DAY = 86_400


def draw_fairly(size: int, winners: int, seed: int, cells: np.ndarray | None = None) -> Drawn:
    """Draw one cell, or each of several, by numpy's generator."""
    ranks = np.random.default_rng(seed).permutation(size) + 1
    cells = np.zeros(size, dtype=np.int64) if cells is None else cells
    has_won = np.zeros(size, dtype=np.bool_)
    for cell in np.unique(cells):
        rows = np.flatnonzero(cells == cell)
        has_won[rows[np.argsort(ranks[rows])[:winners]]] = True
    return Drawn(cells, ranks, has_won)


def codes(values: object) -> np.ndarray:
    return np.array(values, dtype=np.int64)


# Points of the chi-square distribution that every table of it has: 5 %, 1 % and 0.1 % (Fisher, 1925).
@pytest.mark.parametrize(
    ("degrees", "statistic", "p"),
    [
        (1, 3.841, 0.05),
        (1, 10.828, 0.001),
        (2, 5.991, 0.05),
        (3, 11.345, 0.01),
        (5, 20.515, 0.001),
        (9, 16.919, 0.05),
        (10, 23.209, 0.01),
        (29, 42.557, 0.05),
        (30, 59.703, 0.001),
    ],
)
def test_chi_square_as_in_tables(degrees: int, statistic: float, p: float) -> None:
    assert chi_square_tail(statistic, degrees) == pytest.approx(p, rel=2e-3)


def test_chi_square_far_out_and_at_nothing() -> None:
    assert chi_square_tail(0.0, 5) == 1.0
    assert chi_square_tail(7.0, 0) == 1.0
    assert chi_square_tail(5000.0, 9) == 0.0


def test_two_groups_by_hand() -> None:
    """30 of 100, of whom 20 of 40 are of the first group: (20 − 12)² ÷ (30 × 70 ÷ 99 × 0.4 × 0.6) = 12.571."""
    has_won = np.zeros(100, dtype=np.bool_)
    has_won[:20] = has_won[40:50] = True
    drawn = Drawn(codes([0] * 100), np.arange(1, 101), has_won)
    found = compare_groups(drawn, codes([0] * 40 + [1] * 60), ["a", "b"])
    assert [(group.name, group.pool, group.expected, group.won) for group in found.groups] == [
        ("a", 40, 12.0, 20),
        ("b", 60, 18.0, 10),
    ]
    assert found.statistic == pytest.approx(64 / (30 * 70 / 99 * 0.24))
    assert (found.degrees, found.is_flagged) == (1, True)
    assert found.p == pytest.approx(math.erfc(math.sqrt(found.statistic / 2)))


def test_mean_and_variance_are_those_of_every_possible_draw() -> None:
    """Of two cells of sizes 5 and 4, with 2 and 1 winners: all 10 × 4 draws, counted out."""
    cells, groups = codes([0] * 5 + [1] * 4), codes([0, 0, 1, 1, 1, 0, 1, 1, 1])
    won = []
    for first in combinations(range(5), 2):
        for second in range(5, 9):
            won.append(sum(groups[row] == 0 for row in (*first, second)))
    mean, variance = np.mean(won), np.var(won)
    has_won = np.zeros(9, dtype=np.bool_)
    has_won[[0, 1, 5]] = True
    # Ten of everything, so that no group is small; the pool of ten copies has ten times the cells.
    copies = 10
    drawn = Drawn(
        np.concatenate([cells + 2 * copy for copy in range(copies)]),
        np.arange(1, 9 * copies + 1),
        np.tile(has_won, copies),
    )
    found = compare_groups(drawn, np.tile(groups, copies), ["a", "b"])
    assert found.groups[0].expected == pytest.approx(copies * mean, abs=0.05)
    assert found.statistic == pytest.approx((copies * (3 - mean)) ** 2 / (copies * variance))


@pytest.mark.parametrize("cell_count", [1, 4])
def test_fair_draws_are_flagged_as_often_as_said(cell_count: int) -> None:
    """Five of a hundred below 5 %: of 600 draws between 15 and 45 (four standard deviations and more)."""
    chance = np.random.default_rng(1)
    groups, times = chance.integers(0, 5, 400), chance.integers(0, 3 * DAY, 400)
    cells = codes(np.arange(400) % cell_count)
    below = {"groups": 0, "times": 0}
    for seed in range(600):
        drawn = draw_fairly(400, 80 // cell_count, seed, cells)
        below["groups"] += compare_groups(drawn, groups, list("abcde")).p < 0.05
        below["times"] += correlate(drawn, times).p < 0.05
    assert all(12 <= count <= 48 for count in below.values()), below


def test_unequal_chances_of_strata_are_no_fault() -> None:
    """The old have a stratum with better odds: comparing them with everybody would flag every draw."""
    cells = codes([0] * 900 + [1] * 100)
    ages = codes([0] * 880 + [1] * 20 + [1] * 100)
    drawn = draw_fairly(1000, 60, 3, cells)
    assert not compare_groups(drawn, ages, ["young", "old"]).is_flagged
    assert compare_groups(
        Drawn(codes([0] * 1000), drawn.ranks, drawn.has_won), ages, ["young", "old"]
    ).is_flagged


def test_threat_biased_draw_the_diversity_visa_of_2012_is_flagged() -> None:
    """Thirty days of registration; nine of ten winners had registered on the first two."""
    chance = np.random.default_rng(2012)
    times = chance.integers(0, 30 * DAY, 20_000)
    early, late = np.flatnonzero(times < 2 * DAY), np.flatnonzero(times >= 2 * DAY)
    winners = np.concatenate(
        [chance.choice(early, 900, replace=False), chance.choice(late, 100, replace=False)]
    )
    others = chance.permutation(np.setdiff1d(np.arange(20_000), winners))
    ranks = np.empty(20_000, dtype=np.int64)
    ranks[np.concatenate([chance.permutation(winners), others])] = np.arange(1, 20_001)
    has_won = np.zeros(20_000, dtype=np.bool_)
    has_won[winners] = True
    drawn = Drawn(np.zeros(20_000, dtype=np.int64), ranks, has_won)
    by_time = compare_groups(drawn, cut_into_tenths(times), [str(band) for band in range(1, 11)])
    assert by_time.is_flagged and by_time.groups[0].won > 5 * by_time.groups[0].expected
    found = correlate(drawn, times)
    assert found.is_flagged and found.coefficient > 0


def test_a_draw_in_order_of_registration_is_flagged() -> None:
    size = 50
    found = correlate(
        Drawn(codes([0] * size), np.arange(1, size + 1), np.arange(size) < 5), codes(range(size))
    )
    assert found.coefficient == pytest.approx(1.0) and found.is_flagged
    assert found.z == pytest.approx(math.sqrt(size - 1))


def test_equal_times_share_their_rank() -> None:
    """Ranks 1.5, 1.5, 3.5, 3.5 against 1, 2, 3, 4: 4 ÷ √(4 × 5)."""
    found = correlate(Drawn(codes([0] * 4), codes([1, 2, 3, 4]), np.zeros(4, np.bool_)), codes([7, 7, 9, 9]))
    assert found.coefficient == pytest.approx(4 / math.sqrt(20))


def names_and_sizes(comparison: Comparison) -> dict[str, int]:
    return {group.name: group.pool for group in comparison.groups}


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ([30, 20, 0], {"a": 30, "b": 20}),
        ([30, 6, 5], {"a": 30, "others": 11}),
        ([30, 4, 20], {"a": 30, "others": 24}),
        ([3, 4, 0], {"others": 7}),
        ([12, 0, 0], {"a": 12}),
        ([0, 0, 0], {}),
    ],
)
def test_groups_under_ten_are_merged(sizes: list[int], shown: dict[str, int]) -> None:
    groups = np.repeat(np.arange(3), sizes)
    drawn = draw_fairly(len(groups), min(3, len(groups)), 5)
    found = compare_groups(drawn, groups, ["a", "b", "c"])
    assert names_and_sizes(found) == shown
    assert sum(group.won for group in found.groups) == int(drawn.has_won.sum())


def test_tenths_hold_a_tenth_each_and_part_no_equals() -> None:
    assert np.bincount(cut_into_tenths(codes(range(1000)))).tolist() == [100] * 10
    bands = cut_into_tenths(codes([5] * 60 + list(range(6, 46))))
    assert set(bands[:60].tolist()) == {0}
    assert len(cut_into_tenths(codes([]))) == 0


def test_where_everybody_or_nobody_won_there_is_nothing_to_compare() -> None:
    for winners in (0, 40):
        found = compare_groups(draw_fairly(40, winners, 1), codes([0] * 20 + [1] * 20), ["a", "b"])
        assert (found.degrees, found.p, found.is_tested, found.is_flagged) == (0, 1.0, False, False)


def test_the_report_counts_what_is_not_known_as_unknown_and_ages_by_their_bands():
    count = 40
    ages = Coded(np.repeat(np.arange(4, dtype=np.int32), 10), ("", "17", "18", "80"))
    sexes = Coded(np.repeat(np.arange(2, dtype=np.int32), 20), ("F", ""))
    same = Coded(np.zeros(count, dtype=np.int32), ("huli",))
    drawn = Drawn(np.zeros(count, dtype=np.int64), np.arange(1, count + 1), np.arange(count) % 2 == 0)
    report = read_report(write_report(drawn, Labels(np.arange(count), same, ages, sexes, same), about={}))
    found = {
        name: [(group["name"], group["pool"]) for group in report["comparisons"][name]["groups"]]
        for name in ("age", "sex")
    }
    assert found == {
        "age": [("0-17", 10), ("18-29", 10), ("80-", 10), ("unknown", 10)],
        "sex": [("F", 20), ("unknown", 20)],
    }
