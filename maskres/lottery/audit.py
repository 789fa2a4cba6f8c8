"""The audit's sample: which winners are opened to the notary (spec U1)."""

from __future__ import annotations

from maskres.lottery import tickets
from maskres.lottery.results import Result
from maskres.lottery.tickets import HashNumbers, order_by_hash, require_seed


def audit_sample(
    result: Result, seed: str, size: int, *, hash_numbers: HashNumbers = tickets.hash_numbers
) -> list[str]:
    """Choose the winners to audit: the smallest SHA-256 of `<seed>/<number>/audit`, ties by number.

    Args:
        result: the result of the draw.
        seed: 64 lower-case hex digits.
        size: how many, at least 0; all winners where there are fewer.
        hash_numbers: computes the digests.

    Returns:
        Registration numbers, the smallest hash first.

    Raises:
        InputError: "bad-seed".

    Source: spec U1.
    """
    require_seed(seed)
    winners = result.winners
    order = order_by_hash(seed, winners, "audit", hash_numbers)[:size]
    sample: list[str] = winners[order].astype("U12").tolist()
    return sample
