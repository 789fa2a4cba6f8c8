"""What was to be reached, and the figures that say whether it is; what was not measured is said too."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.results import series_of, slope

MISSING = "**not measured yet**"
#: The series whose growth is asked for, up to which size, and of what; the second stands in where the first is missing.
_GROWING = (
    ("closing to published bundle", 1_900_000, "registrations"),
    ("rehearse on PostgreSQL", 4_000_000, "residents, all of a rehearsal"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure that was asked for.

    Attributes:
        what: is measured.
        size: at which it is asked for.
        reach: what it should be.
        benchmark: that measures it.
        begins: how the row's `what` begins there; of several the largest counts.
        least: rows of a smaller size do not count.
    """

    what: str
    size: str
    reach: str
    benchmark: str
    begins: str
    least: int = 0


ASKED: Sequence[Asked] = (
    Asked(
        "whole draw, from closing to published bundle",
        "2,000,000 registrations, 500 stores, 400,000 winners, on PostgreSQL",
        "120 s, aim for 60 s; every process under 1.5 GB",
        "rehearse-city",
        "closing to published bundle",
    ),
    Asked("bulk registration", "2,000,000", "60 s", "load-large", "bulk registration", 2_000_000),
    Asked("register import", "5,000,000 rows", "40 s", "load-large", "register import", 5_000_000),
    Asked(
        "of it parsing and hashing",
        "5,000,000 rows",
        "shown apart from `COPY`",
        "load-large",
        "parsing and hashing a register",
        5_000_000,
    ),
    Asked(
        "eligibility",
        "2,000,000 by three registers",
        "at most 3 times DuckDB from and to the same PostgreSQL",
        "load-large",
        "deciding by three registers",
        2_000_000,
    ),
    Asked(
        "draw, file to file",
        "10,000,000",
        "a tenth of the consistent-sampler's time a ticket; 1.5 GB",
        "draw-large",
        "draw, 10,000,000 lines",
    ),
    Asked("draw in SQL, PostgreSQL", "20,000,000", "measured", "draw-sql", "draw by PostgreSQL", 20_000_000),
    Asked("draw in SQL, DuckDB", "20,000,000", "measured", "draw-sql", "draw by DuckDB", 20_000_000),
    Asked(
        "allocation",
        "1,000,000 winners, 500 stores, 10 days × 16 slots",
        "5 s",
        "allocate-city",
        "allocate, 1,000,000 winners",
    ),
    Asked(
        "registration by API",
        "16 connections, 60 s, durable",
        "half the rate of a bare route; p99 under 100 ms",
        "web-long",
        "register by HTTP",
    ),
    Asked(
        "hand-over by API",
        "16 connections, 60 s, durable",
        "half the rate of a bare route; p99 under 100 ms",
        "web-long",
        "hand out by HTTP",
    ),
    Asked(
        "result look-up at publication",
        "1,000 connections",
        "static, at most 10 KB, no database query",
        "look-up",
        "look-up of a result",
    ),
    Asked(
        "open data of stores",
        "1,000 connections",
        "the database touched at most once a second",
        "open-data",
        "open data of stores",
    ),
    Asked(
        "surge",
        "four times what can be served, 300 s",
        "none acknowledged lost; only 2xx, 429, 503; p99 of accepted under 1 s; recovery within 10 s",
        "surge-long",
        "registrations at 4 times what can be served, 300 s",
    ),
    Asked("second start of `make run`", "the demo city", "3 s to the first page", "start", "second start"),
)


def table(found: Mapping[str, Any]) -> str:
    """Write every figure that was asked for beside what was measured, or that it was not.

    Args:
        found: what results.json holds.
    """
    lines = ["| What | Size | To reach | Measured |", "|---|---|---|---|"]
    lines += [f"| {each.what} | {each.size} | {each.reach} | {_measured(found, each)} |" for each in ASKED]
    lines.append(
        f"| growth of the whole draw | 20,000 to 2,000,000 registrations | power 1.1 | {_growth(found)} |"
    )
    return "\n".join(lines) + "\n"


def find(found: Mapping[str, Any], asked: Asked) -> Mapping[str, Any] | None:
    """Give the row that holds a figure, or None where it was not measured."""
    rows = [
        row
        for row in found.get(asked.benchmark, {}).get("rows", ())
        if row["what"].startswith(asked.begins) and row.get("size", math.inf) >= asked.least
    ]
    return max(rows, key=lambda row: row.get("size", 0), default=None)


def _measured(found: Mapping[str, Any], asked: Asked) -> str:
    row = find(found, asked)
    if row is None:
        return MISSING
    day = f", {found[asked.benchmark]['measured']}"
    if "served" in row:
        (name, seconds), *_ = row["yardsticks"].items()
        return f"{row['served']}; {seconds / row['seconds']:.2f} of the rate of {name}{day}"
    parts = [f"{row['seconds']:.3g} s"]
    if "peak_megabytes" in row:
        parts.append(f"{row['peak_megabytes']:.0f} MB")
    parts += [
        f"{row['seconds'] / seconds:.2f} × {name}" for name, seconds in row.get("yardsticks", {}).items()
    ]
    return "; ".join(parts) + day


def _growth(found: Mapping[str, Any]) -> str:
    for name, largest, what in _GROWING:
        points = series_of(found).get(name)
        if points is not None:
            told = f"{slope(points):.2f} from {points[0][0]:,} to {points[-1][0]:,} {what}"
            return told if points[-1][0] >= largest else f"{told}; beyond that {MISSING}"
    return MISSING
