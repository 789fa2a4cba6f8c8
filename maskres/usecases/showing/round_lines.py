"""Saying where a round stands, in lines a person can read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from maskres.db import disputes, files, people, pickup, rounds
from maskres.db.engine import Transaction
from maskres.formats.values import format_time
from maskres.rounds.plain_words import Language, describe
from maskres.rounds.status import DRAW_STEPS, DrawStatus
from maskres.rounds.times import NO_TIMES
from maskres.usecases.service import Service


def show_round(service: Service, round_slug: str, language: Language) -> list[str]:
    """Say where a round and its draws stand, and its rules in plain words.

    Raises:
        InputError: "unknown-round".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        standing, withdrawn = people.count_registrations(c, round_.id)
        lines = [
            f"{round_.slug}: {round_.status}",
            f"registrations: {standing} standing, {withdrawn} withdrawn",
        ]
        for draw in rounds.list_draws(c, round_.id):
            lines += _show_draw(c, draw)
    return [*lines, "", *describe(round_.rules, language)]


def _time(at: datetime | None) -> str:
    return "…" if at is None else format_time(at)


def _show_draw(c: Transaction, draw: rounds.Draw) -> Iterator[str]:
    following = ", ".join(sorted(DRAW_STEPS[draw.status] - {draw.status})) or "nothing"
    yield f"draw {draw.draw}: {draw.status}; next: {following}"
    if draw.status is DrawStatus.OPEN and draw.times != NO_TIMES:
        opens_at, closes_at = (_time(at) for at in (draw.times.opens_at, draw.times.closes_at))
        yield f"  registration: {opens_at} to {closes_at}"
    for name, published in files.list_files(c, draw.id).items():
        yield f"  {published.sha256}  {name}"
    counts = {"disputes": disputes.count_by_status(c, draw.id), "places": pickup.count_by_status(c, draw.id)}
    for what, by_status in counts.items():
        if by_status:
            yield f"  {what}: " + ", ".join(
                f"{count} {status}" for status, count in sorted(by_status.items())
            )
