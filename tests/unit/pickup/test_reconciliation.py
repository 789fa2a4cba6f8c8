"""What came is what went, what broke and what is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.pickup.reconciliation import StockCount, reconcile, unreserved_portions

DAY = StockCount(carried_over=20, delivered=500, handed_out=90, quantity=5, damaged=3, left=67)


def test_an_even_day():
    found = reconcile(DAY)
    assert (found.expected_left, found.difference, found.is_even) == (67, 0, True)


@pytest.mark.parametrize(("left", "difference"), [(60, -7), (70, 3), (0, -67)])
def test_missing_and_surplus_items(left, difference):
    found = reconcile(replace(DAY, left=left))
    assert (found.difference, found.is_even) == (difference, False)


def test_a_day_not_yet_counted():
    found = reconcile(replace(DAY, left=None))
    assert (found.expected_left, found.difference, found.is_even) == (67, None, False)


def test_more_handed_out_than_came():
    assert reconcile(replace(DAY, handed_out=200, left=0)).difference == 483


@pytest.mark.parametrize("member", ["carried_over", "delivered", "handed_out", "damaged", "left"])
def test_counts_are_never_negative(member):
    with pytest.raises(ValueError, match="never negative"):
        replace(DAY, **{member: -1})
    with pytest.raises(ValueError, match="at least one"):
        replace(DAY, quantity=0)


@pytest.mark.parametrize(
    ("left", "quantity", "reserved", "portions"),
    [(100, 5, 20, 0), (104, 5, 19, 1), (3, 5, 0, 0), (0, 1, 9, 0)],
)
def test_unreserved_stock_is_what_nobody_waits_for(left, quantity, reserved, portions):
    assert unreserved_portions(left, quantity, reserved) == portions


@given(*[st.integers(0, 1000)] * 4, st.integers(1, 10))
def test_what_came_is_all_accounted_for(carried_over, delivered, handed_out, damaged, quantity):
    count = StockCount(carried_over, delivered, handed_out, quantity, damaged)
    left = reconcile(count).expected_left
    assert carried_over + delivered == handed_out * quantity + damaged + left
