"""The draw, file to file, beside coreutils' sort of the same file and the bare hashing of the same numbers."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.draw_inputs import SEED, STRATA, write_pool
from benchmarks.measuring import measure

SIZES = (200_000, 2_000_000)
LARGE = 10_000_000
SAMPLED = 100_000

# What nobody who draws in Python can avoid: one SHA-256 a number.
HASH_ALONE = """
import hashlib, sys
path, seed = sys.argv[1:]
state = hashlib.sha256(seed.encode())
with open(path, "rb") as lines:
    next(lines)
    for line in lines:
        ticket = state.copy()
        ticket.update(b"/" + line[:12] + b"/1")
        ticket.digest()
"""

# The sampler of election audits, which writes the whole order too; its cost a number is taken from a smaller pool.
CONSISTENT_SAMPLER = """
import sys
from consistent_sampler import sampler
path, seed, out = sys.argv[1:]
with open(path) as lines:
    next(lines)
    numbers = [line[:12] for line in lines]
with open(out, "w") as result:
    for ticket, number, _ in sampler(numbers, seed=seed, digits=16):
        result.write(f"{number},{ticket}\\n")
"""


def run(sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """Measure the draw for pools of several sizes.

    Args:
        sizes: lines of pool.csv.

    Returns:
        One row a size: times in seconds, memory in megabytes, and how often the yardsticks fit in.
    """
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as folder:
        return [_run_one(Path(folder), size) for size in sizes]


def run_large(scale: float = 1.0) -> list[dict[str, Any]]:
    """The draw of ten million in memory, file to file, beside coreutils' sort, bare hashing and consistent-sampler."""
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as folder:
        row = _run_one(Path(folder), int(LARGE * scale), runs=1)
    return [row | {"asked": "a tenth of the consistent-sampler's time; 1.5 GB"}]


def _run_one(folder: Path, size: int, *, runs: int = 3) -> dict[str, Any]:
    pool, out = folder / f"pool-{size}.csv", folder / f"result-{size}.csv"
    write_pool(pool, size)
    quotas = [part for stratum in STRATA for part in ("--quota", f"{stratum}={size // 20}")]
    command = [sys.executable, "-m", "maskres", "draw", "--pool", str(pool), "--seed", SEED, *quotas]
    drawn = measure([*command, "--out", str(out)], runs=runs)
    # Sorting the lines by their seals stands for any program that orders these very bytes.
    ordered = measure(
        ["sort", "-t,", "-k4,4", "--parallel=1", "-o", str(out), str(pool)],
        environment={"LC_ALL": "C"},
        runs=runs,
    )
    hashed = measure([sys.executable, "-c", HASH_ALONE, str(pool), SEED], runs=runs)
    with pool.open("rb") as lines:
        few = folder / "few.csv"
        few.write_bytes(b"".join(itertools.islice(lines, SAMPLED + 1)))
    sampled = measure([sys.executable, "-c", CONSISTENT_SAMPLER, str(few), SEED, str(out)], runs=1)
    pool.unlink()
    out.unlink()
    return {
        "what": f"draw, {size:,} lines",
        "series": "draw",
        "size": size,
        "seconds": drawn.seconds,
        "cpu_seconds": drawn.cpu_seconds,
        "peak_megabytes": drawn.peak_megabytes,
        "yardsticks": {
            "sort": ordered.seconds,
            "hashing alone": hashed.seconds,
            f"consistent-sampler, by {SAMPLED:,}": sampled.seconds * size / SAMPLED,
        },
    }
