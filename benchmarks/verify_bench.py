"""Both verifiers on a whole bundle, beside `sha256sum` and `sort` of its pool."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, measure
from benchmarks.verify_inputs import write_bench_bundle
from maskres.ledger.bundle_files import VERIFIER_PATH

SIZES = ((2_000_000, 200_000),)


def run(sizes: Sequence[tuple[int, int]] = SIZES) -> list[dict[str, Any]]:
    """Measure both verifiers.

    Args:
        sizes: pairs of numbers in the pool and winners.

    Returns:
        One row a verifier and size: times in seconds, memory in megabytes, and the yardstick.
    """
    rows = []
    for size, winners in sizes:
        with tempfile.TemporaryDirectory(prefix="maskres-bench-") as folder:
            bundle = Path(folder) / "bundle"
            write_bench_bundle(bundle, size, winners, excluded=size // 20)
            yardstick = _hash_and_sort(bundle / "pool.csv", Path(folder) / "sorted.csv")
            programs = {
                "verify_draw.py": [sys.executable, str(VERIFIER_PATH), str(bundle)],
                "maskres verify": [sys.executable, "-m", "maskres", "verify", str(bundle)],
            }
            for name, command in programs.items():
                found = measure(command, runs=2)
                row = _row(f"{name}, {size:,} numbers, {winners:,} winners", found, yardstick)
                rows.append({**row, "series": name, "size": size})
    return rows


def _hash_and_sort(pool: Path, out: Path) -> float:
    command = ["sort", "-t,", "-k4,4", "--parallel=1", "-o", str(out), str(pool)]
    return measure(["sha256sum", str(pool)]).seconds + measure(command, environment={"LC_ALL": "C"}).seconds


def _row(what: str, found: Measured, yardstick: float) -> dict[str, Any]:
    return {
        "what": what,
        "seconds": found.seconds,
        "cpu_seconds": found.cpu_seconds,
        "peak_megabytes": found.peak_megabytes,
        "yardsticks": {"sha256sum and sort": yardstick},
    }
