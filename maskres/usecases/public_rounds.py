"""What everybody may see of rounds: their draws, where these stand, what is published of them."""

from __future__ import annotations

from dataclasses import dataclass

from maskres.db import files, rounds
from maskres.db import standing as reads
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.rounds.status import DrawStatus, RoundStatus, has_reached
from maskres.usecases.service import Service


@dataclass(frozen=True, slots=True)
class DrawView:
    """A draw as everybody sees it.

    Attributes:
        draw: its number.
        status: where it stands.
        seed: once there is one.
        winners: how many won; None before the draw.
        waiting: how many did not; likewise.
        files: published, by name.
    """

    draw: int
    status: DrawStatus
    seed: str | None
    winners: int | None
    waiting: int | None
    files: tuple[files.PublishedFile, ...]


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as everybody sees it.

    Attributes:
        round: the round.
        draws: its draws in their order.
        is_open: whether registration is open.
    """

    round: rounds.Round
    draws: tuple[DrawView, ...]
    is_open: bool


def list_public_rounds(service: Service) -> list[RoundView]:
    """List the rounds that have been opened, the newest first; without their files."""
    with service.database.reading() as c:
        shown = [each for each in rounds.list_rounds(c) if each.status is not RoundStatus.DRAFT]
        return [_view(c, each, with_files=False) for each in reversed(shown)]


def show_public_round(service: Service, slug: str) -> tuple[RoundView, list[rounds.Store]]:
    """Show one round with its files and stores.

    Raises:
        InputError: "unknown-round", for a draft too.
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, slug)
        if round_.status is RoundStatus.DRAFT:
            raise InputError("unknown-round", f"There is no round {slug!r:.50}.", field="round")
        return _view(c, round_, with_files=True), rounds.list_stores(c, round_.id)


def _view(c: Transaction, round_: rounds.Round, *, with_files: bool) -> RoundView:
    found = rounds.list_draws(c, round_.id)
    is_open = round_.status is RoundStatus.OPEN and any(each.status is DrawStatus.OPEN for each in found)
    return RoundView(round_, tuple(_draw(c, each, with_files=with_files) for each in found), is_open)


def _draw(c: Transaction, draw: rounds.Draw, *, with_files: bool) -> DrawView:
    winners = waiting = None
    if with_files and has_reached(draw.status, DrawStatus.DRAWN):
        counts = reads.count_outcomes(c, draw.id)
        winners, waiting = counts.get("won", 0), counts.get("waiting", 0)
    listed = files.list_files(c, draw.id).values() if with_files else ()
    return DrawView(draw.draw, draw.status, draw.seed, winners, waiting, tuple(listed))
