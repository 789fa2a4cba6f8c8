"""Winners against pool: would a fair draw look like this? (the fairness report beside a result).

Strata and bonus tickets give different chances on purpose, so winners are compared only with those who had the
same chance: a *cell* is everyone of one stratum with one number of tickets. Within a cell a fair draw takes
every set of winners equally often, whatever their district, age, sex, basis or time of registration. What
differs from that within the cells is summed over them.

The groups come from the operator's database, so the report is the operator's statement; that the result follows
from pool and seed, anyone can recompute.

Sources: Mantel (1963) for the test of groups over several tables; Spearman (1904) for the correlation of ranks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_GROUP = 10
"""Smaller groups are merged: nobody shall be found in a table."""
FLAG_BELOW = 0.001
"""Of a thousand fair draws, one is flagged by a test."""
OTHERS = "others"


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A pool after its draw, one row a number, in any order.

    Attributes:
        cells: equal for numbers of the same stratum with the same number of tickets.
        ranks: the rank in draw order.
        has_won: whether each won.
    """

    cells: NDArray[np.int64]
    ranks: NDArray[np.int64]
    has_won: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a comparison.

    Attributes:
        name: of the group.
        pool: how many took part.
        expected: how many winners a fair draw gives on average.
        won: how many won.
    """

    name: str
    pool: int
    expected: float
    won: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Winners by group.

    Attributes:
        groups: the groups, none smaller than ten unless the whole pool is.
        statistic: chi-square.
        degrees: of freedom; 0 where there is nothing to compare.
        p: how often a fair draw differs at least as much, 0 to 1.
    """

    groups: tuple[Group, ...]
    statistic: float
    degrees: int
    p: float

    @property
    def is_tested(self) -> bool:
        """Whether there was anything to compare: chance chose between people of several groups."""
        return self.degrees > 0

    @property
    def is_flagged(self) -> bool:
        """Whether a fair draw hardly ever looks like this."""
        return self.p < FLAG_BELOW


@dataclass(frozen=True, slots=True)
class Correlation:
    """Whether some order (the time of registration) goes with the draw order.

    Attributes:
        coefficient: Spearman's, −1 to 1, averaged over the cells.
        z: in standard deviations of a fair draw.
        p: how often a fair draw differs at least as much, 0 to 1.
        is_tested: whether there was an order to compare: people of the same chance who registered one after the other.
    """

    coefficient: float
    z: float
    p: float
    is_tested: bool

    @property
    def is_flagged(self) -> bool:
        """Whether a fair draw hardly ever looks like this."""
        return self.p < FLAG_BELOW


def compare_groups(drawn: Drawn, codes: NDArray[np.int64], names: Sequence[str]) -> Comparison:
    """Compare winners with pool by group.

    Args:
        drawn: the pool after its draw.
        codes: the group of each row, an index of `names`.
        names: the groups in the order to show them; those nobody is of are left out, those of fewer than ten
            are merged into one called "others".
    """
    codes, names = _merge_small(codes, names)
    count = len(names)
    won = np.bincount(codes[drawn.has_won], minlength=count)
    expected, covariance = np.zeros(count), np.zeros((count, count))
    for rows in _rows_by_cell(drawn.cells):
        size, winners = len(rows), int(drawn.has_won[rows].sum())
        share = np.bincount(codes[rows], minlength=count) / size
        expected += winners * share
        if size > 1:
            spread = winners * (size - winners) / (size - 1)
            covariance += spread * (np.diag(share) - np.outer(share, share))
    # The last group follows from the others.
    difference, covariance = (won - expected)[:-1], covariance[:-1, :-1]
    degrees = int(np.linalg.matrix_rank(covariance, hermitian=True)) if count > 1 else 0
    statistic = (
        float(difference @ np.linalg.pinv(covariance, hermitian=True) @ difference) if degrees else 0.0
    )
    pool = np.bincount(codes, minlength=count)
    groups = tuple(
        Group(name, int(pool[code]), round(float(expected[code]), 1), int(won[code]))
        for code, name in enumerate(names)
    )
    return Comparison(groups, statistic, degrees, chi_square_tail(statistic, degrees))


def correlate(drawn: Drawn, keys: NDArray[np.int64]) -> Correlation:
    """Correlate the draw order with another order.

    Args:
        drawn: the pool after its draw.
        keys: what orders the rows, such as seconds; equal where they are equal.
    """
    total = weight = 0.0
    for rows in _rows_by_cell(drawn.cells):
        found = _spearman(keys[rows], drawn.ranks[rows])
        if found is not None:
            # Weighted by size − 1, the inverse of the coefficient's variance in a fair draw.
            total += found * (len(rows) - 1)
            weight += len(rows) - 1
    if not weight:
        return Correlation(0.0, 0.0, 1.0, is_tested=False)
    z = total / math.sqrt(weight)
    return Correlation(total / weight, z, math.erfc(abs(z) / math.sqrt(2)), is_tested=True)


def cut_into_tenths(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut rows into ten bands of about the same size by a key; rows of the same key are of the same band.

    Returns:
        The band of each row, 0 (the smallest keys) to 9.
    """
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    bounds = np.quantile(keys, np.arange(1, 10) / 10, method="inverted_cdf")
    return np.searchsorted(bounds, keys, side="left").astype(np.int64)


def chi_square_tail(statistic: float, degrees: int) -> float:
    """Give the probability that chi-square of some degrees of freedom is at least a value.

    Args:
        statistic: at least 0.
        degrees: at least 0; 0 gives 1.

    Source: the recurrence of the incomplete gamma function (Abramowitz and Stegun, 6.5.21).
    """
    if degrees == 0 or statistic <= 0:
        return 1.0
    half = statistic / 2
    shape, tail = (0.5, math.erfc(math.sqrt(half))) if degrees % 2 else (1.0, math.exp(-half))
    while shape < degrees / 2:
        tail += math.exp(shape * math.log(half) - half - math.lgamma(shape + 1))
        shape += 1
    return min(tail, 1.0)


def _rows_by_cell(cells: NDArray[np.int64]) -> Iterator[NDArray[np.intp]]:
    order = np.argsort(cells, kind="stable")
    bounds = np.flatnonzero(np.diff(cells[order])) + 1
    return (rows for rows in np.split(order, bounds) if len(rows))


def _merge_small(codes: NDArray[np.int64], names: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Leave out groups that nobody is of, and make one of those that are small, with the next smallest if need be."""
    counts = np.bincount(codes, minlength=len(names))
    by_size = [int(code) for code in np.argsort(counts, kind="stable") if counts[code]]
    small = [code for code in by_size if counts[code] < LEAST_GROUP]
    if small and counts[small].sum() < LEAST_GROUP and len(small) < len(by_size):
        small.append(by_size[len(small)])
    kept = [code for code in range(len(names)) if counts[code] and code not in small]
    new_codes = np.full(len(names), len(kept), dtype=np.int64)
    new_codes[kept] = np.arange(len(kept))
    return new_codes[codes], [names[code] for code in kept] + ([OTHERS] if small else [])


def _spearman(keys: NDArray[np.int64], ranks: NDArray[np.int64]) -> float | None:
    """Correlate two orders, equal keys sharing the mean of their ranks; None where either orders nothing."""
    first, second = _mean_ranks(keys), _mean_ranks(ranks)
    first -= first.mean() if len(first) else 0
    second -= second.mean() if len(second) else 0
    scale = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / scale if scale else None


def _mean_ranks(keys: NDArray[np.int64]) -> NDArray[np.float64]:
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place].astype(np.float64)
