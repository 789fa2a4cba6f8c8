"""`python -m benchmarks [NAME … | city [SCALE] | report]`: run benchmarks, print each figure with its yardsticks.

Where none is named, all run but the long ones, which are `city`. What was measured is kept in benchmarks/results.json,
and told in docs/performance.md; `report` only writes that page anew. `city 0.01` tries the long ones at a hundredth of
their size, and keeps nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks import (
    counter_answer_bench,
    draw_allocate_bench,
    draw_bench,
    load_bench,
    look_up_bench,
    open_data_bench,
    rehearse_bench,
    report,
    slow_phone_bench,
    sql_draw_bench,
    start_bench,
    surge_bench,
    verify_bench,
    web_bench,
)
from benchmarks.results import keep

BENCHMARKS: Mapping[str, Callable[[], Iterable[dict[str, Any]]]] = {
    "draw": draw_bench.run,
    "allocate": draw_allocate_bench.run,
    "load": load_bench.run,
    "rehearse": rehearse_bench.run,
    "verify": verify_bench.run,
    "web": web_bench.run,
    "look-up": look_up_bench.run,
    "open-data": open_data_bench.run,
    "surge": surge_bench.run,
    "slow-phone": slow_phone_bench.run,
    "counter": counter_answer_bench.run,
    "start": start_bench.run,
}
"""Name → a function that gives rows as benchmarks/results.py describes them.

Where requests were asked for, seconds are what one took on average, the other way round from the rate, and `served` and
`yardstick_served` tell rates, latencies and processor time.
"""

CITY: Mapping[str, Callable[..., Iterable[dict[str, Any]]]] = {
    "draw-large": draw_bench.run_large,
    "draw-sql": sql_draw_bench.run,
    "allocate-city": draw_allocate_bench.run_city,
    "rehearse-city": rehearse_bench.run_city,
    "load-large": load_bench.run_large,
    "web-long": web_bench.run_long,
    "surge-long": surge_bench.run_long,
}
"""The long ones, which run only when they, or the city, are named; each takes the scale of its size."""


def tell(row: Mapping[str, Any]) -> str:
    """Write one row as a line."""
    if "served" in row:
        return _tell_served(row)
    parts = [f"{row['what']}: {row['seconds']:.2f} s"]
    if "cpu_seconds" in row:
        parts.append(f"{row['cpu_seconds']:.2f} s of processor")
    if "peak_megabytes" in row:
        parts.append(f"{row['peak_megabytes']:.0f} MB")
    for name, seconds in row.get("yardsticks", {}).items():
        parts.append(f"{row['seconds'] / seconds:.2f} × {name} ({seconds:.2f} s)")
    return ", ".join(parts)


def _tell_served(row: Mapping[str, Any]) -> str:
    """Write what was measured of requests: rates count here, and what one took says little by itself."""
    (name, yardstick), *_ = row["yardsticks"].items()
    ratio = yardstick / row["seconds"]
    return f"{row['what']}: {row['served']}; {name}: {row['yardstick_served']}; {ratio:.2f} of its rate"


def main(names: Sequence[str]) -> int:
    """Run the named benchmarks, or all."""
    known = {**BENCHMARKS, **CITY}
    if list(names) == ["report"]:
        return _report()
    if names and names[0] == "city" and len(names) == 2:
        return _try_city(float(names[1]))
    if list(names) == ["city"]:
        names = list(CITY)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No benchmark is called {unknown[0]}; there are: {', '.join(known)}.", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        rows = []
        for row in known[name]():
            print(tell(row), flush=True)
            rows.append(row)
        keep(name, rows)
    return _report()


def _try_city(scale: float) -> int:
    for run in CITY.values():
        for row in run(scale):
            print(tell(row), flush=True)
    return 0


def describe() -> dict[str, str]:
    """Say in one sentence what each benchmark measures: the first of its function's module, or its own if long."""
    short = {name: sys.modules[function.__module__].__doc__ or "" for name, function in BENCHMARKS.items()}
    long = {name: function.__doc__ or "" for name, function in CITY.items()}
    return {name: doc.split("\n\n")[0].replace("\n", " ").strip() for name, doc in {**short, **long}.items()}


def _report() -> int:
    report.write(describe())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
