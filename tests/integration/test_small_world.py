"""The small world of tests/support itself: every status can be reached, on both databases."""

from __future__ import annotations

import pytest

from maskres.rounds.status import DrawStatus
from maskres.usecases.service import Service
from tests.support.world import play_to, status_of


@pytest.mark.parametrize("status", list(DrawStatus))
def test_a_tiny_round_reaches_every_status(service: Service, status: DrawStatus):
    play_to(service, status)
    assert status_of(service) is status
