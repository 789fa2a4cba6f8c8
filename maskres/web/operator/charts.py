"""Charts of a round and of a draw, each with a table of the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from flask_babel import format_decimal, format_percent, gettext

from maskres.db.charts import Expected
from maskres.lottery.fairness import LEAST_GROUP
from maskres.rounds.roles import StaffRole
from maskres.usecases.showing.charts import DrawCharts, Odds, draw_charts, round_charts
from maskres.web import charts
from maskres.web.access import staff
from maskres.web.charts import in_steps
from maskres.web.door import Door
from maskres.web.names import REASONS, district_name, name_of, stratum_name
from maskres.web.operator.charts_cross import hours_by_district
from maskres.web.operator.figures import Figure, text_size
from maskres.web.pages import local_day, local_time, show
from maskres.web.public.fairness_words import COMPARISONS, group_name

#: Days that a chart's columns have room to name, in large text too.
_MOST_NAMED = 3


def add_charts(routes: Blueprint, door: Door) -> None:
    """Add the pages to the operator's routes."""
    service = door.service

    @routes.get("/rounds/<slug>/charts")
    @staff(StaffRole.OPERATOR)
    def round_charts_page(slug: str) -> Any:
        found = round_charts(service, slug)
        zone = found.shown.round.rules.zone
        figures: list[Figure | None] = [
            over_time("registrations", gettext("Registrations by hour"), in_steps(found.by_hour, zone), zone),
            _counts(
                "districts",
                gettext("Registrations by district"),
                gettext("District"),
                [(district_name(name), n) for name, n in _merge_small(found.shown.by_district)],
            ),
            hours_by_district(found.by_hour, found.by_district, zone),
        ]
        return show("operator/charts.html", shown=found.shown, one=None, figures=_drawn(figures))

    @routes.get("/rounds/<slug>/draws/<int:number>/charts")
    @staff(StaffRole.OPERATOR)
    def draw_charts_page(slug: str, number: int) -> Any:
        asked = request.args.get("district", "")
        found = draw_charts(service, slug, number, asked or None)
        places = sorted(found.shown.round.rules.districts)
        figures = _drawn([*_of_deciding(found), *_of_odds(found), *_of_slots(found), *_of_collection(found)])
        return show(
            "operator/charts.html",
            shown=found.shown,
            one=found.one,
            figures=figures,
            districts=places,
            district=asked,
        )


def _drawn(figures: Sequence[Figure | None]) -> list[Figure]:
    return [figure for figure in figures if figure is not None and figure.rows]


def _merge_small(counts: Any) -> list[tuple[str, int]]:
    """Merge groups under ten into one: nobody shall be found in a chart."""
    kept = [(name, count) for name, count in counts.items() if count >= LEAST_GROUP]
    rest = sum(counts.values()) - sum(count for _, count in kept)
    return [*kept, (gettext("Smaller groups together"), rest)] if rest else kept


def _counts(name: str, title: str, head: str, rows: Sequence[tuple[str, int]], words: str = "") -> Figure:
    chart = charts.bars([(label, count, format_decimal(count)) for label, count in rows], text_size())
    table = [(label, format_decimal(count)) for label, count in rows]
    return Figure(name, title, words, chart, (head, gettext("How many")), table)


def _ends(times: Sequence[datetime], zone: str) -> tuple[str, str]:
    return (local_time(times[0], zone, "short"), local_time(times[-1], zone, "short")) if times else ("", "")


def over_time(name: str, title: str, steps: Sequence[charts.Step], zone: str, words: str = "") -> Figure:
    """Chart what was counted over time."""
    counts = [step.count for step in steps]
    ends = _ends([step.since for step in steps], zone)
    chart = charts.columns(counts, ends, format_decimal(max(counts, default=0)), text_size())
    rows = [(local_time(step.since, zone, "short"), format_decimal(step.count)) for step in steps]
    return Figure(name, title, words, chart, (gettext("From"), gettext("How many")), rows)


def _of_deciding(found: DrawCharts) -> list[Figure | None]:
    rows = sorted(found.one.excluded.items(), key=lambda row: (-row[1], row[0]))
    named = [(name_of(REASONS, reason), count) for reason, count in rows]
    words = gettext("Every number with its reason is published in excluded.csv.")
    return [_counts("excluded", gettext("Left out, by reason"), gettext("Reason"), named, words)]


def _of_odds(found: DrawCharts) -> list[Figure | None]:
    title = gettext("Odds by group") if found.is_drawn else gettext("Odds to come, by group")
    figures: list[Figure | None] = [
        _odds("odds", title, [replace(each, name=stratum_name(each.name)) for each in found.odds])
    ]
    words = gettext("From the fairness report. Groups under ten are merged.")
    for comparison, title_of in COMPARISONS.items():
        groups = [
            replace(each, name=group_name(comparison, each.name))
            for each in found.compared.get(comparison, ())
        ]
        if len(groups) > 1:
            named = gettext("Odds: %(comparison)s", comparison=str(title_of))
            figures.append(_odds(f"odds-{comparison}", named, groups, words))
    return figures


def _odds(name: str, title: str, groups: Sequence[Odds], words: str = "") -> Figure:
    shares = [format_percent(each.share, "0.0%") for each in groups]
    drawn = [(each.name, each.share, share) for each, share in zip(groups, shares, strict=True)]
    rows = [
        (each.name, format_decimal(each.pool), format_decimal(each.won), share)
        for each, share in zip(groups, shares, strict=True)
    ]
    heads = (gettext("Group"), gettext("In the pool"), gettext("Winners"), gettext("Share"))
    return Figure(name, title, words, charts.bars(drawn, text_size()), heads, rows)


def _of_slots(found: DrawCharts) -> list[Figure | None]:
    zone = ZoneInfo(found.shown.round.rules.zone)
    local = [(each.starts_at.astimezone(zone), each) for each in found.load]
    days = sorted({at.date() for at, _ in local})
    hours = sorted({at.time() for at, _ in local})
    shares = {
        (hours.index(at.time()), days.index(at.date())): each.taken / each.capacity for at, each in local
    }
    labels = [f"{each:%H:%M}" for each in hours]
    named = [local_day(day, "narrow-day") for day in days]
    # Above more columns than a few there is room for the day of the month alone; the table says it in full.
    over = named if len(days) <= _MOST_NAMED else [str(day.day) for day in days]
    chart = charts.heat(labels, over, shares, text_size())
    rows = [
        (label, *(_percent(shares.get((row, column))) for column in range(len(days))))
        for row, label in enumerate(labels)
    ]
    heads = (gettext("Begins"), *named)
    words = gettext("Percent of the places taken, by day and half hour. Stores that closed are left out.")
    return [Figure("slots", gettext("How full the slots are"), words, chart, heads, rows)]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}"


def _of_collection(found: DrawCharts) -> list[Figure | None]:
    if not found.expected:
        return []
    return [_curve(found), _no_shows(found)]


def _curve(found: DrawCharts) -> Figure:
    zone = found.shown.round.rules.zone
    planned: dict[datetime, int] = {}
    for each in found.expected:
        hour = each.starts_at.replace(minute=0, second=0)
        planned[hour] = planned.get(hour, 0) + each.expected
    # Both over the same steps; what was handed out is drawn up to the last step that is over.
    whole = planned | {hour: planned.get(hour, 0) for hour in found.collected}
    steps = in_steps(whole, zone)
    handed = [
        sum(n for hour, n in found.collected.items() if step.since <= hour < step.until) for step in steps
    ]
    expected_sum = list(accumulate(step.count for step in steps))
    handed_sum = list(accumulate(handed))
    past = [total for step, total in zip(steps, handed_sum, strict=True) if step.until <= found.now]
    most = format_decimal(max([*expected_sum, *handed_sum]))
    series = [(gettext("due by their slots"), expected_sum), (gettext("handed out"), past)]
    chart = charts.curves(series, _ends([step.until for step in steps], zone), most, text_size())
    rows = [
        (
            local_time(step.until, zone, "short"),
            format_decimal(expected_sum[index]),
            format_decimal(past[index]) if index < len(past) else "–",
        )
        for index, step in enumerate(steps)
    ]
    heads = (gettext("Until"), gettext("Due"), gettext("Handed out"))
    words = gettext("Places due by the end of each step, and places handed out by then.")
    return Figure("collection", gettext("Handed out over time"), words, chart, heads, rows)


def _no_shows(found: DrawCharts) -> Figure:
    zone = ZoneInfo(found.shown.round.rules.zone)
    by_day: dict[date, list[Expected]] = {}
    for each in found.expected:
        if each.ends_at <= found.now:
            by_day.setdefault(each.starts_at.astimezone(zone).date(), []).append(each)
    rows = [
        (local_day(day), sum(each.expected for each in of_day), sum(each.missed for each in of_day))
        for day, of_day in sorted(by_day.items())
    ]
    drawn = [(day, missed / due, format_percent(missed / due, "0.0%")) for day, due, missed in rows if due]
    table = [
        (day, format_decimal(due), format_decimal(missed), share)
        for (day, due, missed), (_, _, share) in zip(rows, drawn, strict=True)
    ]
    heads = (gettext("Day"), gettext("Due"), gettext("Not come"), gettext("Share"))
    words = gettext("Winners whose slot is over and who have not come, of all whose slot is over.")
    return Figure(
        "no-shows", gettext("No-shows by day"), words, charts.bars(drawn, text_size()), heads, table
    )
