"""Registrations by hour and district at once: a field of cells, and the counts beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_babel import format_decimal, gettext

from maskres.lottery.fairness import LEAST_GROUP
from maskres.web import charts
from maskres.web.charts import Step, in_steps
from maskres.web.languages import MARKS, language
from maskres.web.names import district_name
from maskres.web.operator.figures import Figure, text_size
from maskres.web.pages import local_time

#: A phone has room for so many columns beside the districts' names.
_MOST_STEPS = 12


def hours_by_district(
    by_hour: Mapping[datetime, int], by_district: Mapping[str, Mapping[datetime, int]], zone: str
) -> Figure | None:
    """Chart registrations by district over time; None where there are none.

    Args:
        by_hour: hour → registrations.
        by_district: district → the same.
        zone: of the city.
    """
    steps = _wide(in_steps(by_hour, zone))
    if not steps:
        return None
    counts = {
        name: [sum(n for hour, n in hours.items() if step.since <= hour < step.until) for step in steps]
        for name, hours in sorted(by_district.items())
    }
    most = max(max(row) for row in counts.values())
    shares = {
        (row, column): count / most
        for row, of_district in enumerate(counts.values())
        for column, count in enumerate(of_district)
        if count >= LEAST_GROUP
    }
    names = [district_name(name) for name in counts]
    colon = MARKS[language()]["colon"]
    begins = [local_time(step.since, zone, "short") for step in steps]
    chart = charts.heat(names, [str(nth) for nth in range(1, len(steps) + 1)], shares, text_size())
    rows = [
        (f"{nth}{colon}{begin}", *(_shown(row[nth - 1]) for row in counts.values()))
        for nth, begin in enumerate(begins, start=1)
    ]
    title = gettext("Registrations by hour and district")
    words = gettext(
        "Percent of the fullest cell, by district and step of time; the table says when each step begins. "
        "Cells under ten are not told apart."
    )
    return Figure("hours-by-district", title, words, chart, (gettext("From"), *names), rows)


def _wide(steps: list[Step]) -> list[Step]:
    """Join steps until there are few enough to be told apart on a phone."""
    while len(steps) > _MOST_STEPS:
        pairs = [steps[at : at + 2] for at in range(0, len(steps), 2)]
        steps = [Step(pair[0].since, pair[-1].until, sum(each.count for each in pair)) for pair in pairs]
    return steps


def _shown(count: int) -> str:
    return "0" if count == 0 else format_decimal(count) if count >= LEAST_GROUP else f"<{LEAST_GROUP}"
