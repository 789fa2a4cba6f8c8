"""The allocation, file to file, beside coreutils' sort of the two large files it reads."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.draw_inputs import SEED, STRATA, write_pool, write_slots, write_wishes
from benchmarks.measuring import measure
from maskres.lottery.draw import draw
from maskres.lottery.pool import read_pool
from maskres.lottery.results import write_result

SIZES = ((2_000_000, 400_000),)


def run(sizes: Sequence[tuple[int, int]] = SIZES) -> list[dict[str, Any]]:
    """Measure the allocation of winners over 300 stores, ten days, sixteen slots a day.

    Args:
        sizes: pairs of lines of result.csv and winners.

    Returns:
        One row a size: times in seconds, memory in megabytes, and the yardstick.
    """
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as folder:
        return [_run_one(Path(folder), size, winners) for size, winners in sizes]


def run_city(scale: float = 1.0) -> list[dict[str, Any]]:
    """The allocation of 1,000,000 winners over 500 stores, file to file, beside coreutils' sort."""
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as folder:
        row = _run_one(Path(folder), int(2_000_000 * scale), int(1_000_000 * scale), stores=500)
    return [row | {"asked": "5 s"}]


def _run_one(folder: Path, size: int, winners: int, *, stores: int = 300) -> dict[str, Any]:
    names = ("result", "wishes", "slots")
    paths = {name: folder / f"{name}-{size}.csv" for name in names}
    pool_path, out = folder / "pool.csv", folder / "allocation.csv"
    write_pool(pool_path, size)
    result = draw(read_pool(pool_path), dict.fromkeys(STRATA, winners // len(STRATA)), SEED)
    with paths["result"].open("wb") as stream:
        write_result(result, stream)
    write_wishes(paths["wishes"], np.sort(result.winners), stores=stores)
    write_slots(paths["slots"], places=winners, stores=stores)
    inputs = [part for name in names for part in (f"--{name}", str(paths[name]))]
    allocated = measure(
        [sys.executable, "-m", "maskres", "allocate", *inputs, "--seed", SEED, "--out", str(out)]
    )
    ordered = measure(
        ["sort", "-t,", "-k2,2", "--parallel=1", "-o", str(out), str(paths["result"]), str(paths["wishes"])],
        environment={"LC_ALL": "C"},
    )
    return {
        "what": f"allocate, {winners:,} winners of {size:,}",
        "seconds": allocated.seconds,
        "cpu_seconds": allocated.cpu_seconds,
        "peak_megabytes": allocated.peak_megabytes,
        "yardsticks": {"sort": ordered.seconds},
    }
