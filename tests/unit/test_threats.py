"""docs/threats.md: every test and vector that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "threats.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| threat ")
]
NAMES = [row.split("|")[1].strip() for row in ROWS]
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^\s*def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_a_threat_is_held_by_tests_that_exist_and_bear_its_name(row: str) -> None:
    _, name, _, _, _, held_by, _ = row.split("|")
    tests = re.findall(r"`(test_\w+)`", held_by)
    assert tests and set(tests) <= TESTS
    prefix = f"test_threat_{name.strip().replace('-', '_')}_"
    assert any(test.startswith(prefix) for test in tests), f"no test is named {prefix}…"
    vectors = re.findall(r"`([a-z0-9-]+)`", held_by)
    assert all((ROOT / "tests" / "vectors" / "draw" / f"{vector}.json").is_file() for vector in vectors)


def test_the_page_has_its_rows() -> None:
    assert len(ROWS) == len(set(NAMES)) == 19


def test_a_test_named_after_a_threat_stands_in_its_row() -> None:
    page = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
    assert [
        name for name in sorted(TESTS) if name.startswith("test_threat_") and f"`{name}`" not in page
    ] == []
