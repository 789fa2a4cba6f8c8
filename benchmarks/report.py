"""`python -m benchmarks report`: write docs/performance.md, plots and steps of docs/scaling.md from results.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import plan
from benchmarks.asked import table
from benchmarks.results import kept, series_of, slope

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PLOT = DOCS / "performance.md", DOCS / "pictures" / "growth.svg"

_HEAD = """# What it costs, measured

`make bench` measures the short ones and `make bench-city` the long ones, each beside a yardstick in the same run. They
keep their figures in `benchmarks/results.json`, and this page is made of it. A ratio says how often the yardstick's
time fits into ours; rates of requests say what part of the yardstick's rate ours is. Seconds are by the wall clock; of
several runs the fastest counts. Memory is the most that one process held at once.
"""
_ASKED = """
## What was asked for

On two cores, each beside its yardstick; more of each figure stands below.

"""
_GROWTH = """
## How the cost grows

Seconds are proportional to the size raised to the power below, by least squares over the sizes measured: with 1.0, ten
times as many take ten times as long.

![Seconds against size, both scales logarithmic](pictures/growth.svg)

| What | Sizes | Power |
|---|---|---|
"""


def write(descriptions: Mapping[str, str]) -> None:
    """Write the page and the plot of what results.json holds.

    Args:
        descriptions: name of a benchmark → what it measures, in one sentence.
    """
    found = kept()
    PAGE.write_text(page(found, descriptions), encoding="utf-8")
    plan.write(found)
    plot(series_of(found), PLOT)


def page(found: Mapping[str, Any], descriptions: Mapping[str, str]) -> str:
    """Make the page's text."""
    parts = [_HEAD, _ASKED, table(found)]
    for name, measured in found.items():
        parts.append(f"\n## {name}\n\n{descriptions[name]}\n\n")
        parts.append(f"Measured {measured['measured']}: {measured['machine']}.\n\n")
        parts.append(_table(measured["rows"]))
    series = series_of(found)
    if series:
        parts.append(_GROWTH)
        parts += [
            f"| {name} | {points[0][0]:,} to {points[-1][0]:,} | {slope(points):.2f} |\n"
            for name, points in series.items()
        ]
    return "".join(parts)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| What | Time | Processor | Memory | Beside | Asked |", "|---|---|---|---|---|---|"]
    for row in rows:
        took = row["served"] if "served" in row else f"{row['seconds']:.3g} s"
        cpu = f"{row['cpu_seconds']:.3g} s" if "cpu_seconds" in row else ""
        memory = f"{row['peak_megabytes']:.0f} MB" if "peak_megabytes" in row else ""
        lines.append(
            f"| {row['what']} | {took} | {cpu} | {memory} | {_beside(row)} | {row.get('asked', '')} |"
        )
    return "\n".join(lines) + "\n"


def _beside(row: Mapping[str, Any]) -> str:
    """Say the ratios: of times, or of rates where requests were asked for."""
    if "served" in row:
        (name, seconds), *_ = row["yardsticks"].items()
        return f"{seconds / row['seconds']:.2f} of the rate of {name}: {row['yardstick_served']}"
    return "; ".join(
        f"{row['seconds'] / seconds:.2f} × {name} ({seconds:.3g} s)"
        for name, seconds in row.get("yardsticks", {}).items()
    )


def plot(series: Mapping[str, Sequence[tuple[float, float]]], path: Path) -> None:
    """Draw seconds against size, both logarithmic; the same figures give the same bytes."""
    import matplotlib as mpl  # needed for this alone

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "maskres"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 6), layout="constrained")
    markers = "osD^v<>pPX*hd"
    for nth, (name, points) in enumerate(series.items()):
        sizes, seconds = zip(*points, strict=True)
        axes.loglog(sizes, seconds, marker=markers[nth % len(markers)], label=f"{name}: {slope(points):.2f}")
    axes.set_xlabel("size")
    axes.set_ylabel("seconds")
    axes.grid(which="both", alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
