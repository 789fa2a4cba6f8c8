"""The committed lists fit together, or the number at fault is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import CheckFailed
from maskres.formats.symbols import from_digest
from maskres.ledger.sets import check_quotas, check_sets

NUMBERS = sorted(from_digest(i.to_bytes(1, "big") * 32).encode() for i in range(60))


def split(marks: list[int]) -> tuple[list[bytes], list[bytes], list[bytes], list[bytes]]:
    """0: only in the pool, 1: in the pool and disputed, 2: excluded."""
    named = list(zip(NUMBERS, marks, strict=False))
    return (
        [number for number, _ in named],
        [number for number, mark in named if mark < 2],
        [number for number, mark in named if mark == 2],
        [number for number, mark in named if mark == 1],
    )


@given(st.lists(st.integers(0, 2), max_size=60))
def test_any_honest_division_fits(marks):
    check_sets(*split(marks))
    check_sets(*(np.array(numbers, dtype="S12") for numbers in split(marks)))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=59), st.data())
def test_any_single_slip_is_found(marks, data):
    lists = [list(numbers) for numbers in split(marks)]
    which = data.draw(st.sampled_from([0, 1, 2]))
    if data.draw(st.booleans()) and lists[which]:
        number = data.draw(st.sampled_from(lists[which]))
        lists[which].remove(number)
    else:
        number = data.draw(st.sampled_from([n for n in NUMBERS if n not in lists[which]]))
        lists[which] = sorted([*lists[which], number])
    with pytest.raises(CheckFailed) as refused:
        check_sets(*lists)
    assert refused.value.code == "sets-differ"
    assert number.decode() in refused.value.message


@pytest.mark.parametrize(
    ("lists", "file", "line", "number"),
    [
        (([0, 1, 2], [0, 1], [], []), "registered.csv", 4, 2),
        (([0, 1], [0, 1, 2], [], []), "pool.csv", 4, 2),
        (([0, 1], [0], [1, 2], []), "excluded.csv", 3, 2),
        (([0, 1], [0, 1], [1], []), "excluded.csv", 2, 1),
        (([0, 1], [0], [1], [1]), "disputed.csv", 2, 1),
        (([0, 1], [0], [1], [5]), "disputed.csv", 2, 5),
        (([0, 1, 1], [0], [1], []), "registered.csv", 4, 1),
        (([0, 1], [1, 0], [], []), "pool.csv", 3, 0),
    ],
)
def test_the_fault_is_named_by_file_line_and_number(lists, file, line, number):
    with pytest.raises(CheckFailed) as refused:
        check_sets(*([NUMBERS[i] for i in one] for one in lists))
    assert (refused.value.file, refused.value.line) == (file, line)
    assert NUMBERS[number].decode() in refused.value.message


def test_a_number_is_never_cut_short():
    with pytest.raises(ValueError, match="12 bytes"):
        check_sets([NUMBERS[0] + b"X"], [NUMBERS[0]], [], [])


def test_quotas_are_of_the_pools_strata_and_fit_the_places():
    check_quotas({"elderly": 10, "general": 5}, {"elderly": 3, "general": 40}, places=8)
    check_quotas({}, {}, places=0)


@pytest.mark.parametrize(
    ("quotas", "strata", "places", "code", "field"),
    [
        ({"general": 5}, {"elderly": 3, "general": 4}, 100, "quotas-differ", "quotas.elderly"),
        ({"general": 5, "young": 0}, {"general": 4}, 100, "quotas-differ", "quotas.young"),
        ({"elderly": 10, "general": 5}, {"elderly": 3, "general": 40}, 7, "too-few-places", None),
    ],
)
def test_quotas_that_do_not_fit_are_refused(quotas, strata, places, code, field):
    with pytest.raises(CheckFailed) as refused:
        check_quotas(quotas, strata, places)
    assert (refused.value.code, refused.value.field) == (code, field)
