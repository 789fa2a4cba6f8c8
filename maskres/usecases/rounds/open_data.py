"""Reading what anybody may know. A round that is still a draft is nobody's business: it looks unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maskres.db import open_data, record, rounds, store_states
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.formats.values import is_slug
from maskres.ledger.notes import add_signatures
from maskres.ledger.proofs import ConsistencyProof, InclusionProof, prove_consistency, prove_inclusion
from maskres.pickup.store_states import StoreState
from maskres.rounds.status import DrawStatus, RoundStatus, has_reached
from maskres.usecases.service import OPEN_SECONDS, Service, may_be_stale

#: Whoever wants more than these lines takes the file.
MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A round with its draws, as published.

    Attributes:
        round: the round.
        draws: its draws in their order.
        is_registration_open: whether people may register for one of them now.
    """

    round: rounds.Round
    draws: Sequence[rounds.Draw]
    is_registration_open: bool


@dataclass(frozen=True, slots=True)
class ShownStore:
    """A store with what is left.

    Attributes:
        store: the store.
        left: items left as far as is known, ≥ 0; None where nobody has counted yet.
        left_known_at: when that was last known; a till without network may have handed out since.
        state: how it stands, as it said last.
        state_since: when it said so; None where it never said anything.
    """

    store: rounds.Store
    left: int | None
    left_known_at: datetime | None
    state: StoreState
    state_since: datetime | None


def find_shown_round(c: Transaction, slug: str) -> rounds.Round:
    """Find a round that is no draft any more.

    Raises:
        InputError: "unknown-round".
    """
    found = rounds.find_round(c, slug) if is_slug(slug) else None
    if found is None or found.status is RoundStatus.DRAFT:
        raise InputError("unknown-round", f"There is no round {slug!r:.50}.", field="round")
    return found


@may_be_stale(OPEN_SECONDS)
def list_shown_rounds(c: Transaction, service: Service) -> list[ShownRound]:
    """List the rounds that are published, newest first."""
    shown = [each for each in rounds.list_rounds(c) if each.status is not RoundStatus.DRAFT]
    return [_shown(c, service, each) for each in reversed(shown)]


@may_be_stale(OPEN_SECONDS)
def show_one_round(c: Transaction, service: Service, slug: str) -> ShownRound:
    """Give a published round with its draws. Raises InputError "unknown-round"."""
    return _shown(c, service, find_shown_round(c, slug))


def _shown(c: Transaction, service: Service, round_: rounds.Round) -> ShownRound:
    draws, now = rounds.list_draws(c, round_.id), service.now()
    return ShownRound(round_, draws, any(draw.takes_registrations_at(now) for draw in draws))


@may_be_stale(OPEN_SECONDS)
def list_stores(c: Transaction, service: Service, slug: str) -> list[ShownStore]:
    """List the stores of a round with what is left. Raises InputError "unknown-round"."""
    round_ = find_shown_round(c, slug)
    found = open_data.list_store_stock(c, round_.id)
    said = store_states.list_states(c, round_.id)
    return [_shown_store(each, said.get(each.store.store), round_.rules.quantity) for each in found]


def _shown_store(
    stock: open_data.StoreStock, said: store_states.SaidState | None, quantity: int
) -> ShownStore:
    left = _left(stock, quantity)
    if said is None:
        return ShownStore(stock.store, left, stock.known_at, StoreState.OPEN, None)
    return ShownStore(stock.store, left, stock.known_at, said.state, said.said_at)


def _left(stock: open_data.StoreStock, quantity: int) -> int | None:
    if stock.delivered is None:
        return None
    return max(0, stock.delivered - stock.damaged - stock.served * quantity)


def find_shown_draw(c: Transaction, slug: str, number: int) -> rounds.Draw:
    """Find a draw of a published round. Raises InputError "unknown-round", "unknown-draw"."""
    return rounds.find_draw(c, find_shown_round(c, slug), number)


@may_be_stale(OPEN_SECONDS)
def list_slots(
    c: Transaction, service: Service, slug: str, number: int, store: str | None = None
) -> list[Any]:
    """List the slots of a draw once they are committed; before that none are published.

    Raises:
        InputError: "unknown-round", "unknown-draw".
    """
    draw = find_shown_draw(c, slug, number)
    if not has_reached(draw.status, DrawStatus.COMMITTED):
        return []
    return open_data.list_slot_room(c, draw, store)


@may_be_stale(OPEN_SECONDS)
def list_files(c: Transaction, service: Service, slug: str, number: int) -> tuple[rounds.Draw, list[Any]]:
    """Give a draw and its published files. Raises InputError "unknown-round", "unknown-draw"."""
    draw = find_shown_draw(c, slug, number)
    return draw, open_data.list_published(c, draw.id)


@may_be_stale(OPEN_SECONDS)
def find_results(c: Transaction, service: Service, slug: str, number: int, prefix: str) -> list[Any]:
    """List the published lines of numbers that begin with a prefix; none before the draw.

    Raises:
        InputError: "unknown-round", "unknown-draw".
    """
    draw = find_shown_draw(c, slug, number)
    if not has_reached(draw.status, DrawStatus.DRAWN):
        return []
    return open_data.results_from(c, draw.id, prefix, MOST_LINES)


def read_ledger(service: Service) -> bytes:
    """Give ledger.jsonl: one event a line."""
    with service.database.reading() as c:
        return b"".join(line + b"\n" for line in record.ledger_lines(c))


def prove_entry(service: Service, entry: int, size: int) -> InclusionProof:
    """Prove that a line of the ledger, from 0, is in its tree of some size.

    Raises:
        InputError: "unknown-entry", "unknown-size".
    """
    with service.database.reading() as c:
        return prove_inclusion(record.ledger_lines(c, size), entry, size)


def prove_growth(service: Service, old_size: int, size: int) -> ConsistencyProof:
    """Prove that the ledger of some size holds an older one, unchanged.

    Raises:
        InputError: "unknown-size".
    """
    with service.database.reading() as c:
        return prove_consistency(record.ledger_lines(c, size), old_size, size)


def list_checkpoints(service: Service) -> list[tuple[record.Checkpoint, list[str]]]:
    """List all checkpoints by size, each with the names of its cosigners."""
    with service.database.reading() as c:
        return [(each, record.list_cosigners(c, each.size)) for each in record.list_checkpoints(c)]


def read_checkpoint_note(service: Service, size: int) -> bytes:
    """Give a checkpoint as a signed note, with all its cosignatures.

    Raises:
        InputError: "unknown-checkpoint".
    """
    with service.database.reading() as c:
        checkpoint = record.require_checkpoint(c, size)
        return add_signatures(checkpoint.note.encode(), record.list_cosignatures(c, size))


def require_store_of_round(service: Service, slug: str, store: str) -> None:
    """Refuse a store that has no part in a round.

    Raises:
        InputError: "unknown-round", "unknown-store-here".
    """
    with service.database.reading() as c:
        round_ = find_shown_round(c, slug)
        if store not in rounds.store_districts(c, round_.id):
            raise InputError("unknown-store-here", "This store has no part in this round.", field="store")
