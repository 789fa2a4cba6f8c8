"""The plan of docs/scaling.md multiplies right: what rows take, by how many there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text(encoding="utf-8")
#: What a row stands for → the column of the plan that says how many there are.
COLUMNS = {
    "registration": 1,
    "person": 1,
    "document": 1,
    "registration in a draw": 1,
    "number in the pool": 1,
    "row of a register's version": 2,
    "winner": 3,
    "hand-over": 3,
}
UNITS = {"million": 1e6, "GB": 1e9}


def rows_of(first: str) -> list[list[str]]:
    """Give the cells of the table rows that begin so."""
    found = re.findall(rf"^\| ({first}) \|(.*)\|$", TEXT, flags=re.MULTILINE)
    return [[name, *(cell.strip() for cell in rest.split("|"))] for name, rest in found]


def read(cell: str) -> float:
    count, unit = cell.split()
    return float(count) * UNITS[unit]


@pytest.mark.parametrize("cells", rows_of("city|province|country")[:3], ids=lambda cells: cells[0])
def test_the_plan_is_the_rows_multiplied(cells: list[str]):
    _, *counts, database, look_up = cells
    amounts = [read(cell) for cell in counts]
    tables = rows_of("`[a-z_]+`")
    assert len(tables) == 10
    total = sum(int(row[1]) * amounts[COLUMNS[row[3].partition(":")[0]]] for row in tables)
    assert read(database) == pytest.approx(total, rel=0.05)
    each = re.search(r"its look-up files ([0-9]+)\.", TEXT)
    assert each is not None
    assert read(look_up) == pytest.approx(int(each[1]) * amounts[1], rel=0.05)
