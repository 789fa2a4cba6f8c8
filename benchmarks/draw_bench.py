"""The draw, file to file, beside coreutils' sort of the same file and the bare hashing of the same numbers."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.draw_inputs import SEED, STRATA, write_pool
from benchmarks.measuring import measure

SIZES = (200_000, 2_000_000)

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


def run(sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """Measure the draw for pools of several sizes.

    Args:
        sizes: lines of pool.csv.

    Returns:
        One row a size: times in seconds, memory in megabytes, and how often the yardsticks fit in.
    """
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as folder:
        return [_run_one(Path(folder), size) for size in sizes]


def _run_one(folder: Path, size: int) -> dict[str, Any]:
    pool, out = folder / f"pool-{size}.csv", folder / f"result-{size}.csv"
    write_pool(pool, size)
    quotas = [part for stratum in STRATA for part in ("--quota", f"{stratum}={size // 20}")]
    drawn = measure(
        [
            sys.executable,
            "-m",
            "maskres",
            "draw",
            "--pool",
            str(pool),
            "--seed",
            SEED,
            *quotas,
            "--out",
            str(out),
        ]
    )
    # Sorting the lines by their seals stands for any program that orders these very bytes.
    ordered = measure(
        ["sort", "-t,", "-k4,4", "--parallel=1", "-o", str(out), str(pool)], environment={"LC_ALL": "C"}
    )
    hashed = measure([sys.executable, "-c", HASH_ALONE, str(pool), SEED])
    pool.unlink()
    out.unlink()
    return {
        "what": f"draw, {size:,} lines",
        "seconds": drawn.seconds,
        "cpu_seconds": drawn.cpu_seconds,
        "peak_megabytes": drawn.peak_megabytes,
        "yardsticks": {"sort": ordered.seconds, "hashing alone": hashed.seconds},
    }
