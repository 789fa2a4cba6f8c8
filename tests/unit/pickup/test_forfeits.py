"""A missed place is forfeited when nothing can still arrive that says otherwise, or after a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.pickup.forfeits import forfeit_horizon, is_forfeited

END = datetime(2020, 2, 12, 2, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("reports", "now", "expected"),
    [
        ([END + MINUTE, END + 2 * MINUTE], END + HOUR, True),
        ([END + MINUTE, END], END + HOUR, False),
        ([END + MINUTE, END - MINUTE], END + HOUR, False),
        ([END + MINUTE, None], END + HOUR, False),
        ([], END + HOUR, False),
        ([], END + 24 * HOUR, False),
        ([], END + 24 * HOUR + MINUTE, True),
        ([None, END - HOUR], END + 24 * HOUR + MINUTE, True),
        ([END + MINUTE], END - HOUR, False),
        ([END + 99 * HOUR], END + MINUTE, True),
        ([END + 99 * HOUR], END, False),
    ],
)
def test_every_till_must_have_reported_past_the_end_or_a_day_have_gone(reports, now, expected):
    assert is_forfeited(END, reports, now) is expected


MOMENTS = st.integers(-3000, 3000).map(lambda minutes: END + minutes * MINUTE)


@given(st.lists(st.none() | MOMENTS, max_size=4), MOMENTS, MOMENTS)
def test_the_horizon_says_the_same_for_a_whole_store(reports, now, end):
    horizon = forfeit_horizon(reports, now)
    assert now - timedelta(hours=24) <= horizon <= now
    assert is_forfeited(end, reports, now) == (end < horizon)


@given(st.lists(MOMENTS, min_size=1, max_size=4), MOMENTS)
def test_a_till_that_has_not_reported_only_delays(reports, now):
    assert forfeit_horizon([*reports, None], now) <= forfeit_horizon(reports, now)
