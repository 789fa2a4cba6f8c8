"""docs/threats.md: every test and vector that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "threats.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| who ")
]
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^\s*def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[2].strip()[:40] for row in ROWS])
def test_a_threat_is_held_by_tests_that_exist(row: str) -> None:
    held_by = row.split("|")[4]
    tests = re.findall(r"`(test_\w+)`", held_by)
    assert tests and set(tests) <= TESTS
    vectors = re.findall(r"`([a-z0-9-]+)`", held_by)
    assert all((ROOT / "tests" / "vectors" / "draw" / f"{vector}.json").is_file() for vector in vectors)


def test_the_page_has_its_rows() -> None:
    assert len(ROWS) == 19
