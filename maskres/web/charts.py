"""Charts as shapes: from figures to rectangles, lines and words, which a template writes as SVG.

Pure: no web, no database. A chart is 330 wide, as much as a phone of 360 pixels has room for, so that one unit is a
pixel there and words are as large as those around them; on a larger screen the whole is scaled up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

WIDTH = 330.0
TEXT, LARGE_TEXT = 16.0, 24.0
MOST_COLUMNS = 24
_STEP_HOURS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672)
_PLOT = 150.0
#: About as wide as a digit is, in parts of the text's size.
_DIGIT = 0.62
_HEAT_STEPS = 5


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle, and what it looks like."""

    x: float
    y: float
    width: float
    height: float
    style: str = "bar"


@dataclass(frozen=True, slots=True)
class Words:
    """Words at a place; anchor as SVG has it: start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points."""

    points: Sequence[tuple[float, float]]
    style: str = "axis"

    @property
    def path(self) -> str:
        """The points as SVG writes them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(slots=True)
class Chart:
    """A chart.

    Attributes:
        size: of the text.
        height: in the units of WIDTH.
        rects: drawn first.
        lines: over these.
        words: over all.
    """

    size: float
    height: float = 0.0
    rects: list[Rect] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    @property
    def view(self) -> str:
        """The view box."""
        return f"0 0 {WIDTH:g} {self.height:.0f}"


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of time with what was counted in it; `until` is not of it."""

    since: datetime
    until: datetime
    count: int


def in_steps(counts: Mapping[datetime, int], zone: str) -> list[Step]:
    """Sum counts by hour over equal steps of time, as few hours each as give at most 24 steps; none is left out.

    Args:
        counts: beginning of an hour → how many.
        zone: of the city; steps begin with its day.
    """
    if not counts:
        return []
    first, last = min(counts), max(counts)
    midnight = first.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = next(
        (each for each in _STEP_HOURS if len(_steps(first, last, midnight, each)) <= MOST_COLUMNS),
        _STEP_HOURS[-1],
    )
    length = timedelta(hours=hours)
    found = dict.fromkeys(_steps(first, last, midnight, hours), 0)
    for at, count in counts.items():
        found[_floor(at, midnight, length)] += count
    return [Step(since, since + length, count) for since, count in found.items()]


def _floor(at: datetime, midnight: datetime, length: timedelta) -> datetime:
    return at - (at - midnight) % length


def _steps(first: datetime, last: datetime, midnight: datetime, hours: int) -> list[datetime]:
    length = timedelta(hours=hours)
    begins = _floor(first, midnight, length)
    return [begins + length * step for step in range((last - begins) // length + 1)]


def bars(rows: Sequence[tuple[str, float, str]], size: float = TEXT) -> Chart:
    """Draw a bar a row, its label above it and its figure behind it.

    Args:
        rows: label, value ≥ 0, the value in words.
        size: of the text.
    """
    chart = Chart(size)
    most = max((value for _, value, _ in rows), default=0) or 1
    room = WIDTH - max((len(words) for _, _, words in rows), default=0) * size * _DIGIT - 10
    for label, value, words in rows:
        top = chart.height
        long = max(2.0, room * value / most)
        chart.words.append(Words(0, top + size, label))
        chart.rects.append(Rect(0, top + 1.35 * size, round(long, 1), size))
        chart.words.append(Words(round(long + 8, 1), top + 2.25 * size, words, style="figure"))
        chart.height += 3 * size
    return chart


def columns(values: Sequence[int], ends: tuple[str, str], most_words: str, size: float = TEXT) -> Chart:
    """Draw a column a value, from left to right.

    Args:
        values: ≥ 0.
        ends: what stands under the first and the last column.
        most_words: the largest value in words.
        size: of the text.
    """
    chart = _axes(ends, most_words, size)
    most, wide = max(values, default=0) or 1, WIDTH / max(1, len(values))
    for index, value in enumerate(values):
        tall = _PLOT * value / most
        x = round(index * wide + 0.5, 1)
        chart.rects.append(Rect(x, round(_bottom(size) - tall, 1), round(wide - 1, 1), round(tall, 1)))
    return chart


def curves(
    series: Sequence[tuple[str, Sequence[float]]], ends: tuple[str, str], most_words: str, size: float = TEXT
) -> Chart:
    """Draw lines over the same steps; each is named above, and has a stroke of its own.

    Args:
        series: at most two: name, values ≥ 0; the second may end before the first.
        ends: what stands under the first and the last step.
        most_words: the largest value in words.
        size: of the text.
    """
    chart = _axes(ends, most_words, size, named=len(series))
    top = len(series) * 1.5 * size
    most = max((value for _, values in series for value in values), default=0) or 1
    count = max(len(values) for _, values in series)
    for index, (name, values) in enumerate(series):
        style = f"line-{index + 1}"
        y = (index + 0.7) * 1.5 * size
        chart.lines.append(Line([(0, y - size * 0.35), (36, y - size * 0.35)], style))
        chart.words.append(Words(44, y, name))
        points = [
            (WIDTH * step / max(1, count - 1), top + _bottom(size) - _PLOT * value / most)
            for step, value in enumerate(values)
        ]
        chart.lines.append(Line(points, style))
    return chart


def _bottom(size: float) -> float:
    return 1.5 * size + _PLOT


def _axes(ends: tuple[str, str], most_words: str, size: float, named: int = 0) -> Chart:
    top = named * 1.5 * size
    bottom = top + _bottom(size)
    chart = Chart(size, bottom + 1.8 * size)
    chart.lines += [
        Line([(0, bottom), (WIDTH, bottom)]),
        Line([(0, bottom - _PLOT), (WIDTH, bottom - _PLOT)], "grid"),
    ]
    chart.words += [
        Words(0, top + 1.1 * size, most_words),
        Words(0, bottom + 1.3 * size, ends[0]),
        Words(WIDTH, bottom + 1.3 * size, ends[1], "end"),
    ]
    return chart


def heat(
    rows: Sequence[str], names: Sequence[str], shares: Mapping[tuple[int, int], float], size: float = TEXT
) -> Chart:
    """Draw a field of cells, the darker the fuller, with percents where they have room.

    Args:
        rows: labels from above.
        names: of the columns, short.
        shares: row and column → 0 to 1; what is missing stays empty.
        size: of the text.
    """
    left = max((_width(label, size) for label in rows), default=0) + 6
    wide, tall = (WIDTH - left) / max(1, len(names)), 1.6 * size
    chart = Chart(size, tall * (len(rows) + 1))
    for column, name in enumerate(names):
        chart.words.append(Words(round(left + (column + 0.5) * wide, 1), 1.1 * size, name, "middle"))
    for row, label in enumerate(rows):
        top = tall * (row + 1)
        chart.words.append(Words(0, round(top + 1.15 * size, 1), label))
        for column in range(len(names)):
            share = shares.get((row, column))
            if share is None:
                continue
            level = heat_level(share)
            x = round(left + column * wide + 0.5, 1)
            chart.rects.append(Rect(x, top + 0.5, round(wide - 1, 1), tall - 1, f"heat-{level}"))
            if wide >= 3 * size * _DIGIT + 2:
                middle = (round(left + (column + 0.5) * wide, 1), round(top + 1.15 * size, 1))
                chart.words.append(Words(*middle, f"{100 * share:.0f}", "middle", f"on-{level}"))
    return chart


def _width(text: str, size: float) -> float:
    """Estimate how wide a text is; a Chinese character is as wide as it is high."""
    return sum(size if east_asian_width(each) in "WF" else size * _DIGIT for each in text)


def heat_level(share: float) -> int:
    """Give the shade of a share: 0 for nothing, 5 for more than four fifths."""
    return min(_HEAT_STEPS, -int(-share * _HEAT_STEPS // 1))
