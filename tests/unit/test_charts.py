"""Charts as shapes: steps of time hold every count, shapes stay inside, shades follow shares."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.web.charts import MOST_COLUMNS, WIDTH, Chart, bars, columns, curves, heat, heat_level, in_steps

_BEGIN = datetime(2020, 2, 8, 1, tzinfo=UTC)


@given(st.dictionaries(st.integers(0, 24 * 200), st.integers(0, 10**6), max_size=20))
def test_steps_are_equal_few_without_gaps_and_lose_nothing(hours: dict[int, int]) -> None:
    counts = {_BEGIN + timedelta(hours=hour): count for hour, count in hours.items()}
    steps = in_steps(counts, "Asia/Shanghai")
    assert len(steps) <= MOST_COLUMNS
    assert sum(step.count for step in steps) == sum(counts.values())
    assert all(before.until == after.since for before, after in itertools.pairwise(steps))
    for at in counts:
        assert any(step.since <= at < step.until for step in steps)


@pytest.mark.parametrize("size", [16.0, 24.0])
def test_shapes_stay_inside(size: float) -> None:
    drawn = [
        bars([("一" * 10, 0, "0"), ("b", 1_000_000, "1,000,000")], size),
        columns([0, 5, 10], ("first", "last"), "10", size),
        columns([], ("", ""), "0", size),
        curves([("due", [1, 2, 3]), ("come", [1])], ("first", "last"), "3", size),
        heat(["09:00", "15:00"], ["1", "2"], {(0, 0): 0.0, (0, 1): 1.0, (1, 0): 0.5}, size),
    ]
    for chart in drawn:
        _stays_inside(chart)
    assert drawn[0].rects[1].width > drawn[0].rects[0].width
    # The fullest column reaches the line that is named with its figure.
    assert drawn[1].rects[-1].y == pytest.approx(drawn[1].lines[1].points[0][1])
    assert [each.style for each in drawn[4].rects] == ["heat-0", "heat-5", "heat-3"]


def _stays_inside(chart: Chart) -> None:
    for rect in chart.rects:
        assert rect.x >= 0 and rect.x + rect.width <= WIDTH + 0.2
        assert rect.y >= 0 and rect.y + rect.height <= chart.height
    for line in chart.lines:
        assert all(0 <= x <= WIDTH and 0 <= y <= chart.height for x, y in line.points)
    assert all(0 <= each.y <= chart.height for each in chart.words)


@pytest.mark.parametrize(
    ("share", "level"), [(0, 0), (0.01, 1), (0.2, 1), (0.21, 2), (0.8, 4), (1, 5), (1.5, 5)]
)
def test_the_fuller_the_darker(share: float, level: int) -> None:
    assert heat_level(share) == level
