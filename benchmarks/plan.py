"""What each step would take of a city, a province and a country, by the slopes measured: for docs/scaling.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.results import series_of, slope

PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"
_BEGINS, _ENDS = "<!-- steps: made by benchmarks/plan.py -->\n", "<!-- steps end -->\n"
#: Of how many cities the others are.
PROVINCE, COUNTRY = 10, 280
#: Series of results.json → what the step is called, and its size in a city of five million.
STEPS: Mapping[str, tuple[str, int]] = {
    "register import": ("importing registers", 5_000_000),
    "bulk registration": ("importing registrations", 2_000_000),
    "deciding by three registers": ("deciding by three registers", 2_000_000),
    "closing to published bundle": ("from closing to the published bundle", 2_000_000),
    "draw": ("the draw alone, file to file", 2_000_000),
    "draw by PostgreSQL": ("the draw alone, by PostgreSQL", 2_000_000),
    "draw by DuckDB": ("the draw alone, by DuckDB", 2_000_000),
}
_UNITS = ((172_800, 86_400, "days"), (5_400, 3_600, "hours"), (120, 60, "minutes"), (0, 1, "s"))


def steps(found: Mapping[str, Any]) -> str:
    """Make the table.

    Args:
        found: what results.json holds.
    """
    lines = [
        "| step | measured | power | a city | a province as one | a country as one |",
        "|---|---|---|---|---|---|",
    ]
    series = series_of(found)
    for name, (step, city) in STEPS.items():
        if (points := series.get(name)) is None:
            continue
        size, seconds = points[-1]
        power = slope(points)
        # A smaller power is that of the small sizes, where starting counts for much.
        grown = [told(seconds * (city * times / size) ** max(1.0, power)) for times in (1, PROVINCE, COUNTRY)]
        lines.append(f"| {step} | {told(seconds)} for {size:,} | {power:.2f} | {' | '.join(grown)} |")
    return "\n".join(lines) + "\n"


def told(seconds: float) -> str:
    """Say a duration in a unit that suits it, by two digits."""
    unit, name = next((unit, name) for least, unit, name in _UNITS if seconds >= least)
    return f"{float(f'{seconds / unit:.2g}'):g} {name}"


def write(found: Mapping[str, Any], page: Path = PAGE) -> None:
    """Put the table of what was measured last in the place of the one that stands in the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGINS)
    _, _, after = rest.partition(_ENDS)
    page.write_text(before + _BEGINS + steps(found) + _ENDS + after, encoding="utf-8")
