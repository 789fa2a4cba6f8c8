"""Announced registration times: when they let people in, and which can be announced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from maskres.errors import InputError, StepRefused
from maskres.rounds.times import NO_TIMES, Registering, RegistrationTimes, check_times

NOON = datetime(2020, 2, 8, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
BOTH = RegistrationTimes(NOON, NOON + HOUR)


@pytest.mark.parametrize(
    ("times", "now", "state"),
    [
        (NO_TIMES, NOON, Registering.RUNNING),
        (BOTH, NOON - SECOND, Registering.ANNOUNCED),
        (BOTH, NOON, Registering.RUNNING),
        (BOTH, NOON + HOUR - SECOND, Registering.RUNNING),
        (BOTH, NOON + HOUR, Registering.ENDED),
        (RegistrationTimes(NOON, None), NOON + 1000 * HOUR, Registering.RUNNING),
        (RegistrationTimes(None, NOON), NOON - 1000 * HOUR, Registering.RUNNING),
        (RegistrationTimes(None, NOON), NOON, Registering.ENDED),
    ],
)
def test_the_openings_second_is_in_and_the_closings_is_out(
    times: RegistrationTimes, now: datetime, state: Registering
) -> None:
    assert times.state_at(now) is state


def test_whoever_comes_outside_is_told_the_time() -> None:
    BOTH.require_running(NOON)
    with pytest.raises(StepRefused, match="begins at 2020-02-08T12:00:00Z") as early:
        BOTH.require_running(NOON - SECOND)
    with pytest.raises(StepRefused, match="ended at 2020-02-08T13:00:00Z") as late:
        BOTH.require_running(NOON + HOUR)
    assert (early.value.code, late.value.code) == ("registration-not-begun", "registration-closed")


@pytest.mark.parametrize(
    ("times", "code", "field"),
    [
        (RegistrationTimes(NOON + HOUR, NOON + HOUR), "times-crossed", "closes_at"),
        (RegistrationTimes(NOON + 2 * HOUR, NOON + HOUR), "times-crossed", "closes_at"),
        (RegistrationTimes(NOON, NOON + HOUR), "time-past", "opens_at"),
        (RegistrationTimes(None, NOON), "time-past", "closes_at"),
    ],
)
def test_what_cannot_be_announced_names_its_field(times: RegistrationTimes, code: str, field: str) -> None:
    with pytest.raises(InputError) as refused:
        check_times(times, NOON)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_time_that_stands_may_have_passed() -> None:
    check_times(RegistrationTimes(NOON, NOON + 2 * HOUR), NOON + HOUR, BOTH)
    with pytest.raises(InputError, match="past"):
        check_times(RegistrationTimes(NOON - HOUR, NOON + 2 * HOUR), NOON + HOUR, BOTH)
