"""docs/glossary.md: one word for one idea, and every word that the machine knows."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

from maskres.db.tasks import TaskStatus
from maskres.eligibility.reasons import COARSE_CODES
from maskres.ledger.body_shapes import Kind
from maskres.lottery.batch import CAUSES
from maskres.lottery.results import OUTCOMES
from maskres.lottery.standings import Status
from maskres.pickup.handovers import AnswerCode
from maskres.pickup.places import PlaceStatus
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.usecases.showing.standing_values import Where

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
HEADINGS: dict[str, type[StrEnum] | tuple[str, ...]] = {
    "Status of a round": RoundStatus,
    "Status of a draw": DrawStatus,
    "Status of a place": PlaceStatus,
    "Status of a task": TaskStatus,
    "Standing of a number between batches": Status,
    "Where a number stands in a draw, as its holder sees it": Where,
    "What a till is told": AnswerCode,
    "Entries of the ledger": Kind,
    "Reasons": COARSE_CODES,
}


@pytest.fixture(scope="module")
def text() -> str:
    return GLOSSARY.read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """Give the cells of the tables under a heading, header lines left out."""
    section = re.split(r"^#+ ", text.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines][1:]


def words_in_code(cells: list[list[str]]) -> set[str]:
    return {word for row in cells for word in re.findall(r"`([^`]+)`", row[0])}


def test_the_words_of_people_are_sorted_and_stand_once(text):
    words = [row[0] for row in rows(text, "Words of people")]
    assert len(words) > 80
    assert words == sorted(words, key=str.casefold)
    assert len({word.casefold() for word in words}) == len(words)


def test_every_word_of_people_has_a_chinese_one_and_a_sentence(text):
    for word, chinese, meaning in rows(text, "Words of people"):
        assert re.search("[\u4e00-\u9fff]", chinese), word
        assert meaning.endswith("."), word
        assert meaning.count(". ") <= 1, f"{word} takes more than two sentences"


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_words_of_the_machine_are_exactly_those_of_the_code(text, heading):
    assert words_in_code(rows(text, heading)) == {str(word) for word in HEADINGS[heading]}


def test_causes_and_outcomes_are_named(text):
    causes = re.findall(r"`([^`]+)`", text.split("Causes in `changes-N.csv`:")[1].split("\n")[0])
    assert tuple(causes) == CAUSES
    assert set(OUTCOMES) <= words_in_code(rows(text, "Status of a registration, a dispute, an outcome"))
