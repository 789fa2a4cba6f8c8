"""The figures kept in results.json: what was measured last of each benchmark, when, and on what.

    keep("draw", rows)          # replaces what was kept of that benchmark; the others stay
    kept()["draw"]["rows"]

A row has `what` and `seconds`, and where known `cpu_seconds`, `peak_megabytes`, `yardsticks` (name → seconds of the
same run), `asked` (what was to be reached, in words), and for the growth of a cost `series` and `size`: rows of one
series differ in their size alone.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
_GIGABYTE = 1 << 30


def kept(path: Path = RESULTS) -> dict[str, Any]:
    """Give what was measured: name of a benchmark → measured (the day), machine, rows."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def keep(name: str, rows: Sequence[Mapping[str, Any]], path: Path = RESULTS) -> None:
    """Write down what one benchmark has measured just now, in place of what was kept of it before."""
    found = kept(path)
    measured = datetime.now(UTC).date().isoformat()
    found[name] = {"measured": measured, "machine": machine(), "rows": [_rounded(row) for row in rows]}
    whole = json.dumps(dict(sorted(found.items())), indent=1, ensure_ascii=False)
    beside = path.with_suffix(".new")
    beside.write_text(whole + "\n", encoding="utf-8")
    beside.replace(path)


def machine() -> str:
    """Say what a figure was measured on, as far as it tells on a figure."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIGABYTE
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {memory:.0f} GB, {platform.machine()}, Python {platform.python_version()}"


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Give how a cost grows: b of seconds = a × size^b, by least squares on the logarithms.

    Args:
        points: at least two pairs of size and seconds, of different sizes, all above zero.
    """
    logs = [(math.log(size), math.log(seconds)) for size, seconds in points]
    middle_x = sum(x for x, _ in logs) / len(logs)
    middle_y = sum(y for _, y in logs) / len(logs)
    spread = sum((x - middle_x) ** 2 for x, _ in logs)
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / spread


def series_of(found: Mapping[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """Collect the rows that differ in size alone: series → pairs of size and seconds, by size; at least two."""
    series: dict[str, dict[float, float]] = {}
    for measured in found.values():
        for row in measured["rows"]:
            if "series" in row:
                series.setdefault(row["series"], {})[row["size"]] = row["seconds"]
    return {name: sorted(points.items()) for name, points in sorted(series.items()) if len(points) > 1}


def _rounded(value: Any) -> Any:
    """Keep four digits of a figure: more would be noise, and would differ in every run."""
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value
