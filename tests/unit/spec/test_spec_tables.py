"""The tables of docs/spec/draw.md against the worked example's files and against the code's own lists and limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from maskres.eligibility.reasons import COARSE_CODES
from maskres.formats.csv_columns import INTEGER_DIGITS, MAX_CHOICES
from maskres.formats.strict_csv import MAX_LINE_BYTES
from maskres.ledger import commitment, entries, look_up, notes, pool_tree
from maskres.ledger.body_shapes import MILESTONES, ROUND_KINDS, Kind
from maskres.ledger.bundle_files import KNOWN_FILES
from maskres.ledger.bundle_zip import MOST_BYTES, MOST_FILES, MOST_RATIO
from maskres.lottery import batch, placements, results, seed, slots, sources, wishes
from maskres.lottery.batch import ALLOWED
from maskres.lottery.pool import MAX_TICKETS, SEAL_DIGITS
from maskres.lottery.standings import Status
from maskres.rounds.rules import MAX_AGE_THRESHOLDS
from maskres.rounds.rules_file import INTEGERS
from tests.support.spec_write import SPEC

DOCUMENT = (SPEC / "draw.md").read_text("utf-8")
PART_ONE = DOCUMENT.split("# Part two")[0]
LINES = [json.loads(line) for line in (SPEC / "example" / "ledger.jsonl").read_text("utf-8").splitlines()]


def step(name: str) -> str:
    """Give the text of a step, with what follows up to the next."""
    found = re.search(rf"^\*\*{name}\*\*.*?(?=^\*\*[A-Z][0-9]+\*\*|^##)", PART_ONE, re.DOTALL | re.MULTILINE)
    assert found is not None, name
    return " ".join(found[0].split()) if "|" not in found[0] else found[0]


def tables(text: str) -> Iterator[list[list[str]]]:
    """Give every table of a text: its rows without the header, cut into cells."""
    for found in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        rows = [re.split(r"(?<!\\)\|", line.strip("|\n")) for line in found.splitlines()]
        yield [[cell.strip() for cell in row] for row in rows[2:]]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def members(text: str, nth: int = 0) -> set[str]:
    return {name for row in list(tables(text))[nth] for name in names(row[0])}


def example(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((SPEC / name).read_text("utf-8"))
    return value


def schemas() -> dict[str, Any]:
    found: dict[str, Any] = example("schemas/protocol.schema.json")["$defs"]
    return found


def test_the_members_of_every_json_file_are_those_of_its_table():
    committed = example("example/commitment.json")
    assert members(step("R1")) == example("example/rules.json").keys()
    assert members(step("Q1")) == example("receipt.json")["receipt"].keys()
    assert members(step("K1")) == committed.keys()
    dice, drand = committed["sources"]
    assert members(step("D1"), 0) == dice.keys()
    assert members(step("D1"), 1) == drand.keys()
    assert all(members(step("L1")) == line.keys() for line in LINES)
    assert members(step("J1")) == schemas()["look-up-draw"]["properties"].keys()
    for name in ("inclusion-proof", "consistency-proof"):
        assert set(schemas()[name]["properties"]) <= set(names(step("L7")))
    assert set(schemas()["look-up-pool"]["properties"]) <= set(names(step("J2")))
    for name, of in (("V2", "beacon.json"), ("U3", "audit.json"), ("Y2", "keys.json")):
        assert set(example(f"example/{of}")) <= set(names(step(name))), name


def test_the_members_of_every_body_are_those_of_its_kind():
    rows = {names(row[0])[0]: row[1] for row in next(tables(step("L4")))}
    assert list(rows) == [str(kind) for kind in Kind]
    for line in LINES:
        assert line["body"].keys() <= set(names(rows[line["kind"]])), line["kind"]
        assert bool(line["body"]) == (rows[line["kind"]] != "none")
    assert {kind for kind in rows if f"`{kind}`" in step("L1")} == ROUND_KINDS


def test_the_ranges_of_the_rules_are_those_of_the_code():
    found = {}
    for row in next(tables(step("R1"))):
        bounds = re.fullmatch(r"(\d+) to (\d+)", row[1])
        if bounds:
            found[names(row[0])[0]] = (int(bounds[1]), int(bounds[2]))
    assert found == INTEGERS
    assert f"at most {MAX_AGE_THRESHOLDS} are" in " ".join(step("R1").split())


def test_the_columns_of_every_csv_file_are_those_of_the_code():
    headers = [row[1].strip("`") for row in next(tables(step("F1")))]
    assert headers == [
        "number",
        pool_tree.HEADER.decode().strip(),
        "number,reason",
        "number",
        ",".join(slots.HEADER),
    ]
    for name, header in (("T6", results.HEADER.decode().strip()), ("P5", placements.HEADER.decode().strip()),
                         ("P6", ",".join(wishes.HEADER)), ("A1", ",".join(batch.HEADER))):  # fmt: skip
        assert f"`{header}`" in step(name)
    assert f"`{','.join(look_up.RESULT_HEADER)}`" in step("J3")


def test_what_may_befall_whom_is_that_of_the_code():
    """The table of A2 in the order of the text; who waits, who was placed, who won without a place, who was left."""
    rows = [(row[0], frozenset(names(row[1]))) for row in next(tables(step("A2")))]
    assert rows[0][1] == ALLOWED[Status.WAITING]
    assert rows[1][1] | rows[2][1] == ALLOWED[Status.PLACED]
    assert (rows[3][1], rows[4][1]) == (ALLOWED[Status.UNPLACED], ALLOWED[Status.LEFT_UNPLACED])


def test_the_names_in_a_bundle_are_those_of_the_code():
    said = {name for row in next(tables(step("Z1"))) for name in names(row[0])}
    assert said == {known.name for known in KNOWN_FILES}


def test_reasons_and_milestones_are_those_of_the_code():
    assert set(names(step("F3"))) >= set(COARSE_CODES)
    kinds = set(names(step("E16"))) & {str(kind) for kind in Kind}
    assert kinds - {"draw-finished", "beacon"} == {str(kind) for kind in MILESTONES} - {"beacon"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("B3", "up to twelve digits" if INTEGER_DIGITS == 12 else ""),
        ("B11", f"a CSV line over {MAX_LINE_BYTES:,} bytes"),
        ("B11", f"a ledger line or a note over {entries.MOST_LINE_BYTES:,} bytes"),
        ("B11", f"a `seed.txt` over {seed.MAX_SEED_FILE_BYTES:,} bytes"),
        ("S1", f"at most {MAX_CHOICES}, perhaps none"),
        ("S5", f"the first {SEAL_DIGITS} hex digits"),
        ("F2", f"`tickets` is 1 to {MAX_TICKETS}"),
        (
            "M1",
            f"at most {pool_tree.MOST_ENTRIES_A_LEAF} × 32^`symbols` entries, else {pool_tree.MOST_SYMBOLS}",
        ),
        ("D1", f"At most {sources.MAX_ROLLS} "),
        ("D4", "ten minutes" if timedelta(minutes=10) == commitment.LEAD else ""),
        ("H2", f"1 to {notes.MOST_SIGNATURES} signatures"),
        ("Z6", f"more than {MOST_FILES:,} files, more than {MOST_BYTES >> 30} GiB"),
        (
            "J3",
            f"at most {look_up.MOST_RESULTS_A_FILE} × 32^`result_symbols` lines, else {look_up.MOST_SYMBOLS}",
        ),
        ("Z6", f"tighter than {MOST_RATIO} to 1"),
    ],
)
def test_limits_are_those_of_the_code(name, words):
    assert words and words in " ".join(step(name).split())
