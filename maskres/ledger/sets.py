"""Whether the committed lists fit together: nobody lost, nobody twice, nobody slipped in.

Source: spec F4, K4, K5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from maskres.errors import CheckFailed
from maskres.formats.number_arrays import Numbers, keys_of

REGISTERED, POOL, EXCLUDED, DISPUTED = "registered.csv", "pool.csv", "excluded.csv", "disputed.csv"


def check_sets(
    registered: Numbers | Iterable[bytes],
    pool: Numbers | Iterable[bytes],
    excluded: Numbers | Iterable[bytes],
    disputed: Numbers | Iterable[bytes],
) -> None:
    """Check that pool and excluded together are the registered, share nobody, and hold the disputed.

    Args:
        registered: numbers of registered.csv, sorted, none twice: an array of dtype S12 or bare numbers.
        pool: numbers of pool.csv, likewise.
        excluded: numbers of excluded.csv, likewise.
        disputed: numbers of disputed.csv, likewise; all of them in the pool.

    Raises:
        CheckFailed: "sets-differ" naming the file, its line and the number at fault.

    Source: spec F4.
    """
    everyone, admitted = _List(REGISTERED, registered), _List(POOL, pool)
    left_out, open_to_doubt = _List(EXCLUDED, excluded), _List(DISPUTED, disputed)

    admitted.refuse(~_are_in(admitted.keys, everyone.keys), f"is not in {REGISTERED}")
    left_out.refuse(~_are_in(left_out.keys, everyone.keys), f"is not in {REGISTERED}")
    left_out.refuse(_are_in(left_out.keys, admitted.keys), f"is in {POOL} too")
    if len(admitted.keys) + len(left_out.keys) != len(everyone.keys):
        is_lost = ~(_are_in(everyone.keys, admitted.keys) | _are_in(everyone.keys, left_out.keys))
        everyone.refuse(is_lost, f"is neither in {POOL} nor in {EXCLUDED}")
    open_to_doubt.refuse(~_are_in(open_to_doubt.keys, admitted.keys), f"is not in {POOL}")


def check_quotas(quotas: Mapping[str, int], strata: Mapping[str, int], places: int) -> None:
    """Check that quotas are of exactly the pool's strata, and that every winner has a place.

    Args:
        quotas: stratum → winners at most.
        strata: stratum → its numbers in the pool, one or more (lottery.pool.Pool.count_by_stratum).
        places: the sum of the capacities in slots.csv.

    Raises:
        CheckFailed: "quotas-differ" or "too-few-places".

    Source: spec K4, K5.
    """
    for stratum in sorted(set(quotas) ^ set(strata)):
        where = "no quota" if stratum in strata else f"a quota, but nobody in {POOL}"
        raise CheckFailed("quotas-differ", f"The stratum {stratum} has {where}.", field=f"quotas.{stratum}")
    winners = sum(min(quota, strata[stratum]) for stratum, quota in quotas.items())
    if winners > places:
        raise CheckFailed(
            "too-few-places",
            f"There will be {winners} winners, but only {places} places. Lower the quotas or add slots.",
            file="slots.csv",
        )


class _List:
    """The numbers of one file, which must be sorted, none twice."""

    def __init__(self, file: str, numbers: Numbers | Iterable[bytes]) -> None:
        self._file = file
        self._numbers = _array(numbers)
        self.keys = keys_of(self._numbers)
        is_fall = np.zeros(len(self.keys), dtype=np.bool_)
        is_fall[1:] = self.keys[1:] <= self.keys[:-1]
        self.refuse(is_fall, "stands twice or out of order")

    def refuse(self, is_bad: NDArray[np.bool_], what: str) -> None:
        """Refuse the first number marked as bad."""
        if is_bad.any():
            row = int(is_bad.argmax())
            number = bytes(self._numbers[row]).decode()
            raise CheckFailed("sets-differ", f"The number {number} {what}.", file=self._file, line=row + 2)


def _array(numbers: Numbers | Iterable[bytes]) -> Numbers:
    if isinstance(numbers, np.ndarray):
        return numbers
    gathered = list(numbers)
    if any(len(number) != 12 for number in gathered):
        raise ValueError("a registration number has 12 bytes")
    return np.array(gathered, dtype="S12")


def _are_in(keys: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell of sorted keys which stand among other sorted keys."""
    places = np.searchsorted(others, keys)
    found = np.zeros(len(keys), dtype=np.bool_)
    is_inside = places < len(others)
    found[is_inside] = others[places[is_inside]] == keys[is_inside]
    return found
