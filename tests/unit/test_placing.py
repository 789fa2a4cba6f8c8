"""Placements as rows of places: by number, each with its own code's digest, and none without one."""

from __future__ import annotations

import numpy as np
import pytest

from maskres.lottery.placements import CHOICE_WORDS, Placements
from maskres.usecases.draw.placing import count_by_slot, place_rows
from tests.reference.lottery_files import number

NUMBERS = [number(nth) for nth in (3, 1, 2)]
CODES = {each: bytes([nth]) * 15 + b"\0" for nth, each in enumerate(NUMBERS)}


def placements() -> Placements:
    """The first two are at one store and slot; the third is unplaced."""
    return Placements(
        np.array(NUMBERS, dtype="S12"),
        np.array([0, 0, 1], dtype=np.int32),
        ("huli-1", ""),
        np.array([1, 1, 2], dtype=np.int32),
        ("am", "pm", ""),
        np.array([CHOICE_WORDS.index(word) for word in ("2", "d", "-")], dtype=np.int32),
    )


def codes_of(numbers: list[str]) -> bytes:
    return b"".join(each.encode() + CODES[each] for each in sorted(numbers))


def test_rows_stand_by_number_each_with_its_own_digest():
    placed = {
        NUMBERS[0]: ("assigned", "huli-1", "pm", "2", 1, CODES[NUMBERS[0]]),
        NUMBERS[1]: ("assigned", "huli-1", "pm", "d", 1, CODES[NUMBERS[1]]),
        NUMBERS[2]: ("unplaced", None, None, "-", 1, None),
    }
    rows = list(place_rows(5, placements(), codes_of(NUMBERS), batch=4))
    assert rows == [(5, each, 4, *placed[each]) for each in sorted(NUMBERS)]


def test_the_first_may_be_left_out_and_codes_of_others_are_passed_over():
    rows = list(place_rows(5, placements(), codes_of(NUMBERS), after=1))
    assert [row[1] for row in rows] == sorted(NUMBERS[1:])
    assert {row[1]: row[-1] for row in rows}[NUMBERS[1]] == CODES[NUMBERS[1]]


def test_nobody_is_placed_without_a_code_of_their_own():
    with pytest.raises(ValueError, match="code was not made"):
        list(place_rows(5, placements(), codes_of(NUMBERS[1:])))


def test_slots_are_counted():
    assert count_by_slot(placements()) == {("huli-1", "pm"): 2}
