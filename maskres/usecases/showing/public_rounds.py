"""What everybody may see of rounds: their draws, where these stand, what is published of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from maskres.db import files, rounds, store_states
from maskres.db import standing as reads
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.ledger.body_shapes import Kind
from maskres.pickup.store_states import StoreState
from maskres.rounds.status import DrawStatus, RoundStatus, has_reached
from maskres.rounds.times import Registering, RegistrationTimes
from maskres.usecases.rounds.committed import lacking_cosignatures, newest_cosigned_at
from maskres.usecases.service import OPEN_SECONDS, Service, may_be_stale


@dataclass(frozen=True, slots=True)
class DrawView:
    """A draw as everybody sees it.

    Attributes:
        draw: its number.
        status: where it stands.
        times: announced for its registration.
        registering: where that stands by these times; None once it is closed.
        seed: once there is one.
        winners: how many won; None before the draw.
        waiting: how many did not; likewise.
        files: published, by name.
        cosigned_at: since when notary and witness vouch for the newest of its steps that both have cosigned.
        lacking: steps of it that they have yet to cosign, in their order; empty where many rounds are listed.
    """

    draw: int
    status: DrawStatus
    times: RegistrationTimes
    registering: Registering | None
    seed: str | None
    winners: int | None
    waiting: int | None
    files: tuple[files.PublishedFile, ...]
    cosigned_at: datetime | None = None
    lacking: tuple[Kind, ...] = ()


@dataclass(frozen=True, slots=True)
class RoundView:
    """A round as everybody sees it.

    Attributes:
        round: the round.
        draws: its draws in their order.
        not_open: stores that said they can hand out nothing, by slug; empty where many rounds are listed.
    """

    round: rounds.Round
    draws: tuple[DrawView, ...]
    not_open: Mapping[str, store_states.SaidState] = field(default_factory=dict)

    @property
    def registering(self) -> DrawView | None:
        """The draw whose registration is announced, running or over but not closed; None where there is none."""
        is_going_on = self.round.status is RoundStatus.OPEN
        return next((each for each in self.draws if each.registering and is_going_on), None)

    @property
    def is_open(self) -> bool:
        """Whether people may register now."""
        return self.is_registering(Registering.RUNNING)

    @property
    def is_announced(self) -> bool:
        """Whether it is said from when people may register, and that is to come."""
        return self.is_registering(Registering.ANNOUNCED)

    def is_registering(self, state: Registering) -> bool:
        """Tell whether registration is where it is asked for."""
        return self.registering is not None and self.registering.registering is state


@may_be_stale(OPEN_SECONDS)
def list_public_rounds(c: Transaction, service: Service) -> list[RoundView]:
    """List the rounds that have been opened, the newest first; without their files."""
    shown = [each for each in rounds.list_rounds(c) if each.status is not RoundStatus.DRAFT]
    return [_view(c, service, each, with_files=False) for each in reversed(shown)]


@may_be_stale(OPEN_SECONDS)
def show_public_round(c: Transaction, service: Service, slug: str) -> tuple[RoundView, list[rounds.Store]]:
    """Show one round with its files and stores.

    Raises:
        InputError: "unknown-round", for a draft too.
    """
    round_ = rounds.find_round(c, slug)
    if round_.status is RoundStatus.DRAFT:
        raise InputError("unknown-round", f"There is no round {slug!r:.50}.", field="round")
    said = store_states.list_states(c, round_.id)
    not_open = {slug: each for slug, each in said.items() if each.state is not StoreState.OPEN}
    view = replace(_view(c, service, round_, with_files=True), not_open=not_open)
    return view, rounds.list_stores(c, round_.id)


def _view(c: Transaction, service: Service, round_: rounds.Round, *, with_files: bool) -> RoundView:
    found, now = rounds.list_draws(c, round_.id), service.now()
    return RoundView(round_, tuple(_draw(c, round_, each, now, with_files=with_files) for each in found))


def _draw(
    c: Transaction, round_: rounds.Round, draw: rounds.Draw, now: datetime, *, with_files: bool
) -> DrawView:
    lacking = lacking_cosignatures(c, round_, draw.draw) if with_files else []
    winners = waiting = None
    if with_files and has_reached(draw.status, DrawStatus.DRAWN):
        counts = reads.count_outcomes(c, draw.id)
        winners, waiting = counts.get("won", 0), counts.get("waiting", 0)
    listed = files.list_files(c, draw.id).values() if with_files else ()
    return DrawView(
        draw=draw.draw,
        status=draw.status,
        times=draw.times,
        registering=draw.registering_at(now),
        seed=draw.seed,
        winners=winners,
        waiting=waiting,
        files=tuple(listed),
        cosigned_at=newest_cosigned_at(c, round_, draw.draw) if with_files else None,
        lacking=tuple(entry.kind for entry in lacking),
    )
