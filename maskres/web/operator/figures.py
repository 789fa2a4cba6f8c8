"""A chart with its table, and how large its words are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskres.web import charts
from maskres.web.charts import Chart
from maskres.web.languages import is_large


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its table.

    Attributes:
        name: in addresses and ids.
        title: of both.
        words: what to know about it.
        chart: the picture.
        heads: of the table's columns.
        rows: the first cell of each is its heading.
    """

    name: str
    title: str
    words: str
    chart: Chart
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def text_size() -> float:
    """Give the size of a chart's words, as large as those around them."""
    return charts.LARGE_TEXT if is_large() else charts.TEXT
