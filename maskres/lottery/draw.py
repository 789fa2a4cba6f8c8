"""The draw: the smallest tickets win (spec T1 to T5).

A number's ticket depends on nothing but the seed and the number, so taking someone out of the pool moves
nobody else, and the order of the pool's rows does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.lottery import tickets
from maskres.lottery.pool import Pool
from maskres.lottery.results import Result
from maskres.lottery.tickets import HashNumbers, blocks, order_by_value, prefixes_of, require_seed

MAX_QUOTA = 10**12 - 1


def draw(
    pool: Pool, quotas: Mapping[str, int], seed: str, *, hash_numbers: HashNumbers = tickets.hash_numbers
) -> Result:
    """Draw the winners.

    Args:
        pool: who takes part; numbers distinct, in any order.
        quotas: stratum → how many win, at least 0; exactly the strata of the pool.
        seed: 64 lower-case hex digits.
        hash_numbers: computes the digests.

    Returns:
        The whole pool in draw order, with winners and cutoffs.

    Raises:
        InputError: "bad-quota" naming the stratum, or "bad-seed".

    Source: spec T2 to T5.
    """
    require_quotas(pool.stratum_names, quotas)
    require_seed(seed)
    prefixes = _smallest_prefixes(pool, seed, hash_numbers)

    def value_of(row: int) -> bytes:
        """Compute the whole value of one row: its smallest ticket."""
        number = pool.numbers[row : row + 1]
        count = int(pool.tickets[row])
        return min(hash_numbers(seed, number, str(ticket)).tobytes() for ticket in range(1, count + 1))

    order = order_by_value(prefixes, pool.numbers, value_of)
    strata = pool.strata[order]
    has_won = np.zeros(len(pool), dtype=np.bool_)
    cutoffs: dict[str, str] = {}
    for code, stratum in sorted(enumerate(pool.stratum_names), key=lambda pair: pair[1]):
        winners = np.flatnonzero(strata == code)[: quotas[stratum]]
        has_won[winners] = True
        if len(winners):
            cutoffs[stratum] = value_of(int(order[winners[-1]])).hex()
    return Result(
        numbers=pool.numbers[order],
        strata=strata,
        stratum_names=pool.stratum_names,
        tickets=prefixes[order],
        has_won=has_won,
        cutoffs=cutoffs,
    )


def _smallest_prefixes(pool: Pool, seed: str, hash_numbers: HashNumbers) -> NDArray[np.uint64]:
    """Compute the first 64 bits of every row's smallest ticket."""
    prefixes = np.empty(len(pool), dtype=np.uint64)
    for block in blocks(len(pool)):
        numbers, counts = pool.numbers[block], pool.tickets[block]
        smallest = prefixes_of(hash_numbers(seed, numbers, "1"))
        for ticket in range(2, int(counts.max()) + 1):
            rows = np.flatnonzero(counts >= ticket)
            found = prefixes_of(hash_numbers(seed, numbers[rows], str(ticket)))
            smallest[rows] = np.minimum(smallest[rows], found)
        prefixes[block] = smallest
    return prefixes


def require_quotas(strata: Iterable[str], quotas: Mapping[str, int]) -> None:
    """Check that the quotas name exactly the strata of the pool.

    Args:
        strata: the strata of the pool.
        quotas: stratum → how many win.

    Raises:
        InputError: "bad-quota" naming the stratum.

    Source: spec K4.
    """
    strata = set(strata)
    for stratum in sorted(strata - set(quotas)):
        raise InputError("bad-quota", f"The stratum {stratum} of the pool has no quota.", field="quota")
    for stratum, quota in sorted(quotas.items()):
        if stratum not in strata:
            raise InputError(
                "bad-quota",
                f"There is a quota for {stratum!r:.60}, but nobody in the pool is of it.",
                field="quota",
            )
        if type(quota) is not int or not 0 <= quota <= MAX_QUOTA:
            raise InputError(
                "bad-quota",
                f"The quota of {stratum} must be a whole number from 0 to {MAX_QUOTA}.",
                field="quota",
            )


def count_expected_winners(pool: Pool, quotas: Mapping[str, int]) -> int:
    """Count who will win: in each stratum its quota, or everyone where there are fewer.

    Source: spec K5, T4.
    """
    return sum(min(quotas[stratum], count) for stratum, count in pool.count_by_stratum().items())
