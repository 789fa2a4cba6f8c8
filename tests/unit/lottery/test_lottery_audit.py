"""What the audit's sample finds: with 300 winners opened, ghosts among one in a hundred are met in 95 draws of 100."""

from __future__ import annotations

import hashlib

import numpy as np

from maskres.lottery.audit import audit_sample
from maskres.lottery.draw import draw
from maskres.lottery.pool import Pool, read_pool
from tests.support.forging import new_number

WINNERS, SAMPLE, SEEDS = 5_000, 300, 100


def pool_of(size: int) -> Pool:
    numbers = sorted({new_number(f"audit {each}").decode() for each in range(size)})
    lines = [f"{number},general,1,{'0' * 40}\n" for number in numbers]
    return read_pool("".join(["number,stratum,tickets,seal\n", *lines]).encode())


def test_one_ghost_among_a_hundred_winners_is_in_the_sample_19_times_of_20():
    pool = pool_of(WINNERS)
    result = draw(pool, {"general": WINNERS}, hashlib.sha256(b"the draw").hexdigest())
    ghosts = set(pool.numbers[:: WINNERS // (WINNERS // 100)].astype("U12").tolist())
    assert len(ghosts) == WINNERS // 100
    found = []
    for each in range(SEEDS):
        sample = audit_sample(result, hashlib.sha256(b"seed %d" % each).hexdigest(), SAMPLE)
        assert len(set(sample)) == SAMPLE
        found.append(len(ghosts & set(sample)))
    # None of 300 is met with 0.99^300 = 4.9 %; within three standard deviations of 100 trials.
    assert np.mean(np.array(found) > 0) > 0.95 - 3 * (0.05 * 0.95 / SEEDS) ** 0.5
    assert abs(np.mean(found) - SAMPLE / 100) < 0.5
