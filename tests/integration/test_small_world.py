"""The small world of tests/support itself: every status can be reached, on both databases."""

from __future__ import annotations

from maskres.rounds.status import DRAW_STEPS, DrawStatus
from maskres.usecases.service import Service
from tests.support.world import play_to, status_of


def test_a_tiny_round_reaches_every_status(service: Service):
    for status in DRAW_STEPS:
        if status is not DrawStatus.VOID:
            play_to(service, status)
            assert status_of(service) is status


def test_a_tiny_round_is_taken_to_its_end_at_once(service: Service):
    played = play_to(service, DrawStatus.FINISHED)
    assert status_of(service) is DrawStatus.FINISHED
    assert len(set(played.numbers.values())) == len(played.people) == 20


def test_a_tiny_round_is_void(service: Service):
    play_to(service, DrawStatus.VOID)
    assert status_of(service) is DrawStatus.VOID
