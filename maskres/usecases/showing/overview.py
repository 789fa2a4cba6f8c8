"""Where a round and each of its draws stand, with every figure that staff look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from maskres.db import (
    batches,
    deciding,
    disputes,
    files,
    people,
    pickup,
    record,
    registers,
    results,
    rounds,
    slots,
    store_states,
)
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.ledger.body_shapes import MILESTONES, Kind
from maskres.ledger.commitment import LEAD
from maskres.ledger.entries import Entry, read_line
from maskres.lottery.source_values import MISSING
from maskres.lottery.sources import DeclaredSource, Dice, Drand
from maskres.pickup.store_states import StoreState
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.rounds.committed import (
    cosign_commitment_by,
    cosigned_at,
    lacking_cosignatures,
    read_own_commitment,
)
from maskres.usecases.service import Service


@dataclass(frozen=True, slots=True)
class DrawOverview:
    """A draw with its figures.

    Attributes:
        draw: as it stands.
        reached: step, by its ledger entry, → when it was taken last; "collecting" stands in no ledger.
        strata: stratum → entries in the pool; empty before deciding.
        excluded: coarse reason → entries left out, likewise.
        disputes: status → how many.
        outcomes: "won" and "waiting" → numbers of the result.
        places: status → places.
        waiting_changes: changes that wait for the next batch.
        batches: published batches.
        files: name → what is published.
        quotas: stratum → winners at most; empty before the commitment.
        sources: as committed.
        plan: the pickup slots: how many, places in them, the first begin and the last end.
        may_commit_at: from when the draw may be committed; None before deciding.
        vouched: step, by its ledger entry, → when it first stood in a checkpoint that notary and witness had cosigned;
            None where they have not.
        lacking: milestones of the draw and its round that notary and witness have yet to cosign, in their order.
    """

    draw: rounds.Draw
    reached: Mapping[str, datetime]
    strata: Mapping[str, int]
    excluded: Mapping[str, int]
    disputes: Mapping[str, int]
    outcomes: Mapping[str, int]
    places: Mapping[str, int]
    waiting_changes: int
    batches: int
    files: Mapping[str, files.PublishedFile]
    quotas: Mapping[str, int]
    sources: tuple[DeclaredSource, ...]
    plan: slots.PlanFigures
    may_commit_at: datetime | None
    vouched: Mapping[str, datetime | None]
    lacking: tuple[Kind, ...]

    @property
    def dice_from(self) -> datetime | None:
        """From when the dice may be entered; None where the commitment has not been cosigned by both."""
        vouched_at = self.vouched.get(Kind.DRAW_COMMITTED)
        return None if vouched_at is None else vouched_at + LEAD

    def cosign_by(self, kind: str) -> datetime | None:
        """Give until when notary and witness must have cosigned a step for the draw to go on; None for no such time."""
        if kind == Kind.DRAW_COMMITTED and self.sources:
            return cosign_commitment_by(self.sources)
        if kind == Kind.DICE and self.dice and self.drand and self.draw.dice != MISSING:
            return self.dice.by
        return None

    def was_cosigned_late(self, kind: str) -> bool:
        """Tell whether a step was cosigned too late for the draw to go on."""
        vouched_at, due = self.vouched.get(kind), self.cosign_by(kind)
        return vouched_at is not None and due is not None and vouched_at > due

    @property
    def dice(self) -> Dice | None:
        """The dice that were declared, if any were."""
        return next((source for source in self.sources if isinstance(source, Dice)), None)

    @property
    def drand(self) -> Drand | None:
        """The beacon's round that was declared, if one was."""
        return next((source for source in self.sources if isinstance(source, Drand)), None)


@dataclass(frozen=True, slots=True)
class RoundOverview:
    """A round with its draws.

    Attributes:
        round: as it stands.
        standing: registrations standing.
        withdrawn: registrations withdrawn.
        by_district: district → registrations standing.
        stores: how many stores hand out.
        missing_registers: kinds of registers that the rules need and nobody has imported.
        not_open: stores that said they can hand out nothing, by slug.
        draws: in their order.
    """

    round: rounds.Round
    standing: int
    withdrawn: int
    by_district: Mapping[str, int]
    stores: int
    missing_registers: tuple[str, ...]
    not_open: tuple[store_states.SaidState, ...]
    draws: tuple[DrawOverview, ...]

    def find_draw(self, number: int) -> DrawOverview | None:
        """Give one of the draws, or None."""
        return next((each for each in self.draws if each.draw.draw == number), None)


def round_overview(service: Service, round_slug: str) -> RoundOverview:
    """Look at a round.

    Raises:
        InputError: "unknown-round".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        standing, withdrawn = people.count_registrations(c, round_.id)
        entries = [read_line(line, seq) for seq, line in enumerate(record.ledger_lines(c))]
        needed = [basis.register for basis in round_.rules.bases]
        return RoundOverview(
            round=round_,
            standing=standing,
            withdrawn=withdrawn,
            by_district=people.count_by_district(c, round_.id),
            stores=len(rounds.store_districts(c, round_.id)),
            missing_registers=tuple(kind for kind in needed if registers.newest_version(c, kind) is None),
            not_open=tuple(
                said
                for said in store_states.list_states(c, round_.id).values()
                if said.state is not StoreState.OPEN
            ),
            draws=tuple(_overview(c, round_, draw, entries) for draw in rounds.list_draws(c, round_.id)),
        )


def draw_overview(service: Service, round_slug: str, draw_number: int) -> tuple[RoundOverview, DrawOverview]:
    """Look at a draw and its round.

    Raises:
        InputError: "unknown-round", "unknown-draw".
    """
    shown = round_overview(service, round_slug)
    found = shown.find_draw(draw_number)
    if found is None:
        raise InputError("unknown-draw", f"Round {round_slug} has no draw {draw_number}.", field="draw")
    return shown, found


def _overview(c: Transaction, round_: rounds.Round, draw: rounds.Draw, entries: list[Entry]) -> DrawOverview:
    reached: dict[str, datetime] = {
        str(entry.kind): entry.at
        for entry in entries
        if (entry.round, entry.draw) == (round_.slug, draw.draw)
    }
    opened = record.find_act(c, "collection-opened", round_.slug, draw.draw)
    if opened is not None:
        reached[str(DrawStatus.COLLECTING)] = opened
    published = files.list_files(c, draw.id)
    commitment = read_own_commitment(c, draw) if "commitment.json" in published else None
    is_decided = draw.decided_at is not None
    strata, excluded = deciding.count_verdicts(c, draw.id) if is_decided else ({}, {})
    hours = timedelta(hours=round_.rules.challenge_hours)
    has_places = has_reached(draw.status, DrawStatus.PUBLISHED)
    return DrawOverview(
        draw=draw,
        reached=reached,
        strata=strata,
        excluded=excluded,
        disputes=disputes.count_by_status(c, draw.id),
        outcomes=results.count_outcomes(c, draw.id) if Kind.DRAWN in reached else {},
        places=pickup.count_by_status(c, draw.id),
        waiting_changes=len(batches.pending_changes(c, draw.id)) if has_places else 0,
        batches=len(batches.list_batches(c, draw.id)),
        files=published,
        quotas={} if commitment is None else commitment.quotas,
        sources=() if commitment is None else commitment.sources,
        plan=slots.plan_figures(c, draw.id),
        may_commit_at=None if draw.decided_at is None else draw.decided_at + hours,
        vouched={
            kind: cosigned_at(c, round_, draw.draw, Kind(kind))
            for kind in reached
            if kind in MILESTONES or kind == Kind.BEACON
        },
        lacking=tuple(entry.kind for entry in lacking_cosignatures(c, round_, draw.draw)),
    )
