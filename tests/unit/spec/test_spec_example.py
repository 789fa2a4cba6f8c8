"""The worked example of docs/spec/draw.md: every figure on the page and every file of the bundle, made anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.spec_city import DRAND, PEOPLE, SIZES, SLOTS
from tests.support.spec_draw import second_of
from tests.support.spec_example import Example
from tests.support.spec_text import BLOCK, all_blocks
from tests.support.spec_write import SPEC

DOCUMENT = (SPEC / "draw.md").read_text("utf-8")
FIGURES = {name: text for _, name, text in BLOCK.findall(DOCUMENT)}
#: They are in the folder and not on the page, or on the page in another place.
NOT_ON_THE_PAGE = {"file-ledger-jsonl", "file-readme", "audit-size"} | {
    f"file-checkpoints-{size}" for size in SIZES
}


@pytest.fixture(scope="module")
def example() -> Example:
    return Example()


def test_every_figure_on_the_page_follows_from_the_constants(example):
    blocks = all_blocks(example)
    assert {name: text for name, text in blocks.items() if name not in NOT_ON_THE_PAGE} == FIGURES
    assert len(BLOCK.findall(DOCUMENT)) == DOCUMENT.count("<!-- example: ") == len(FIGURES)


def test_the_folder_holds_the_bundle_and_nothing_else(example):
    folder = SPEC / "example"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths} == example.bundle
    assert (SPEC / "receipt.json").read_bytes() == example.receipt


def test_the_page_holds_no_figure_outside_its_blocks_and_commands():
    """A digest, a seed or a number typed into a sentence would be checked by nobody."""
    prose = re.sub(r"^```.*?^```$", "", DOCUMENT, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"\b[0-9a-f]{16,}\b", prose) == []
    assert re.findall(r"\b[0-9A-HJKMNP-TV-Z]{12}\b", prose) == []


def test_what_the_sentences_of_the_example_say(example):
    """Where a sentence of part two names a figure, it is that of the example."""
    pool = [p for p in PEOPLE if p.tickets]
    assert (len(PEOPLE), len(pool), sum(p.is_disputed for p in PEOPLE)) == (15, 13, 1)
    assert "A round of thirteen" in DOCUMENT and "Fifteen registered." in DOCUMENT
    assert second_of("2023-09-15T11:00:03Z") == DRAND["genesis"] + (DRAND["round"] - 1) * DRAND["period"]
    assert example.sources[0]["by"] == "2023-09-15T10:55:00Z" and "The dice are due at 10:55" in DOCUMENT
    assert sum(slot[5] for slot in SLOTS) == len(example.winners) == 6
    assert [line[4] for line in example.allocation] == ["1", "1", "2", "d", "c", "-"]
    assert example.cosigned_second(4, 5) == second_of("2023-09-15T02:05:00Z") and "at 02:05 UTC" in DOCUMENT
    left = [number for _, number, store, _, _ in example.promotion if not store]
    assert [example.numbers[number].choices for number in left] == ["quay"]


def test_the_example_shows_what_it_is_meant_to_show(example):
    assert {choice for *_, choice in example.allocation} == {"1", "2", "d", "c", "-"}
    assert set(example.changes.values()) == {"displaced", "forfeited", "withdrawn"}
    won = [(number, ticket) for number, ticket in winning_tickets(example) if number in example.winners]
    assert {ticket for _, ticket in won} == {1, 2, 3}
    kinds = re.findall(
        r'"kind":"([a-z-]+)","round"', Path(SPEC / "example" / "ledger.jsonl").read_text("utf-8")
    )
    assert len(kinds) == len(set(kinds)) == 14


def winning_tickets(example: Example) -> list[tuple[str, int]]:
    marked = re.findall(r"^(\w{12})/(\d+) .*<- value$", FIGURES["tickets"], flags=re.MULTILINE)
    assert {number for number, _ in marked} == {number for number, _, _ in example.pool}
    return [(number, int(ticket)) for number, ticket in marked]
