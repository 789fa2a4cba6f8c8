"""The figures that charts show: of a round's registrations, of a draw's verdicts, odds, slots and collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maskres.db import charts, files, rounds
from maskres.lottery.fairness_report import FILE, read_report
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.service import Service
from maskres.usecases.showing.overview import DrawOverview, RoundOverview, draw_overview, round_overview


@dataclass(frozen=True, slots=True)
class Odds:
    """How many of a group won.

    Attributes:
        name: of the group.
        pool: how many took part.
        won: how many of these won in the draw; before it, how many will at most.
    """

    name: str
    pool: int
    won: int

    @property
    def share(self) -> float:
        """Won of all, 0 to 1."""
        return min(1.0, self.won / self.pool) if self.pool else 0.0


@dataclass(frozen=True, slots=True)
class RoundCharts:
    """What is drawn of a round.

    Attributes:
        shown: the round.
        by_hour: hour → registrations first made in it, withdrawn ones too.
        by_district: the same by district.
    """

    shown: RoundOverview
    by_hour: Mapping[datetime, int]
    by_district: Mapping[str, Mapping[datetime, int]]


@dataclass(frozen=True, slots=True)
class DrawCharts:
    """What is drawn of a draw; each empty before its time.

    Attributes:
        shown: the round.
        one: the draw, with the excluded by reason.
        is_drawn: whether `odds` are what came out, or else what is to come at most.
        odds: by stratum.
        compared: comparison of the fairness report → odds by its groups, none smaller than ten.
        load: how full the slots are, by when they begin.
        expected: winners by slot, and who did not come.
        collected: hour → places handed out.
        now: the moment of all this.
    """

    shown: RoundOverview
    one: DrawOverview
    is_drawn: bool
    odds: Sequence[Odds]
    compared: Mapping[str, Sequence[Odds]]
    load: Sequence[charts.SlotLoad]
    expected: Sequence[charts.Expected]
    collected: Mapping[datetime, int]
    now: datetime


def round_charts(service: Service, round_slug: str) -> RoundCharts:
    """Read what is drawn of a round.

    Raises:
        InputError: "unknown-round".
    """
    shown = round_overview(service, round_slug)
    with service.database.reading() as c:
        by_district = charts.count_registered_by_hour_and_district(c, shown.round.id)
    by_hour: dict[datetime, int] = {}
    for of_district in by_district.values():
        for hour, count in of_district.items():
            by_hour[hour] = by_hour.get(hour, 0) + count
    return RoundCharts(shown, by_hour, by_district)


def draw_charts(
    service: Service, round_slug: str, draw_number: int, district: str | None = None
) -> DrawCharts:
    """Read what is drawn of a draw.

    Args:
        service: the service.
        round_slug: the round.
        draw_number: of the draw in it.
        district: whose stores the load of slots is of; None for all.

    Raises:
        InputError: "unknown-round", "unknown-draw".
    """
    shown, one = draw_overview(service, round_slug, draw_number)
    is_drawn = bool(one.outcomes)
    has_places = has_reached(one.draw.status, DrawStatus.PUBLISHED)
    with service.database.reading() as c:
        draw = rounds.find_draw(c, shown.round, draw_number)
        outcomes = charts.count_outcomes_by_stratum(c, draw.id) if is_drawn else {}
        report = read_report(files.fetch_bytes(c, draw.id, FILE)) if FILE in one.files else {}
        return DrawCharts(
            shown=shown,
            one=one,
            is_drawn=is_drawn,
            odds=[Odds(name, sum(counts.values()), counts.get("won", 0)) for name, counts in outcomes.items()]
            or [Odds(name, one.strata.get(name, 0), most) for name, most in one.quotas.items()],
            compared=_compared(report),
            load=charts.list_slot_load(c, draw.id, shown.round.id, district),
            expected=charts.list_expected(c, draw.id) if has_places else [],
            collected=charts.count_collected_by_hour(c, draw.id) if has_places else {},
            now=service.now(),
        )


def _compared(report: Mapping[str, Any]) -> dict[str, list[Odds]]:
    return {
        name: [Odds(group["name"], group["pool"], group["won"]) for group in found["groups"]]
        for name, found in report.get("comparisons", {}).items()
    }
