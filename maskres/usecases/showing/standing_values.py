"""Where a number stands, as values: what the status page shows and the API answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maskres.db.rounds import Store
from maskres.registration.seals import Wishes
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.usecases.draw.odds import Odds


class Where(StrEnum):
    """Where a number stands in one draw, as its holder sees it."""

    REGISTERED = "registered"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    #: Registration has closed; the registers are being compared.
    AWAITING = "awaiting-verdict"
    NOT_ELIGIBLE = "not-eligible"
    IN_POOL = "in-pool"
    WAITING = "waiting"
    #: Left the waiting list of its own will.
    LEFT = "left-waiting-list"
    #: Waited until the list ended.
    NOT_DRAWN = "not-drawn"
    #: Won, and the places are not published yet.
    WON = "won"
    UNPLACED = "unplaced"
    PLACED = "placed"
    COLLECTED = "collected"
    FORFEITED = "forfeited"
    CANCELLED = "cancelled"
    DISPLACED = "displaced"
    LAPSED = "lapsed"
    DISQUALIFIED = "disqualified"
    VOID = "void"


#: Whoever stands so has won, and no later draw of the round is theirs.
WINS = frozenset({Where.WON, Where.UNPLACED, Where.PLACED, Where.COLLECTED, Where.FORFEITED, Where.DISPLACED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of an entry.

    Attributes:
        is_eligible: whether it is in the pool.
        stratum: slug of its group; None where it is in none.
        tickets: how many it has; 0 where it is not in the pool.
        coarse_reason: why it is not in the pool, as published; None where it is.
        fine_reasons: every reason; only for staff who have seen the card, else none.
        is_disputed: a dispute is open, or was at the commitment, which keeps the number in the pool.
        rounds_waited: without a win, when it was decided; 15 means so many or more.
        granted: tickets granted for late claims, likewise.
    """

    is_eligible: bool
    stratum: str | None
    tickets: int
    coarse_reason: str | None
    fine_reasons: tuple[str, ...]
    is_disputed: bool
    rounds_waited: int = 0
    granted: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the draw came out for a number, with what anybody needs to check it.

    Attributes:
        has_won: within the quota of the stratum.
        rank: in the draw order of the whole pool, from 1.
        stratum: slug.
        seed: 64 hex digits.
        tickets: every ticket, 64 hex digits each; the first is ticket 1.
        value: the smallest of them.
        cutoff: the largest value that won in the stratum, or None where nobody won.
    """

    has_won: bool
    rank: int
    stratum: str
    seed: str
    tickets: tuple[str, ...]
    value: str
    cutoff: str | None

    @property
    def best_ticket(self) -> int:
        """The ticket whose hash is the value, from 1."""
        return self.tickets.index(self.value) + 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a winner collects, or was to.

    Attributes:
        store: where; None without a place.
        slot: slug of the slot, likewise.
        starts_at: of the slot, aware UTC.
        ends_at: likewise.
        code: the pickup code, twelve bare symbols, while it can be used; else None.
        scan: what its QR code says (pickup/signed_codes.py), likewise.
        code_version: how often there was a new one, from 1.
        batch: 0 for the allocation, else the batch that placed them last.
        is_promoted: moved up from the waiting list.
        is_moved: stands elsewhere than at first.
        collected_at: when it was handed out, else None.
        collected_store: where it was handed out.
        is_by_proxy: somebody else collected for the winner.
    """

    store: Store | None
    slot: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    code: str | None
    scan: str | None
    code_version: int
    batch: int
    is_promoted: bool
    is_moved: bool
    collected_at: datetime | None
    collected_store: Store | None
    is_by_proxy: bool = False


@dataclass(frozen=True, slots=True)
class InDraw:
    """Where a number stands in one draw.

    Attributes:
        draw: number of the draw.
        status: of the draw.
        where: of the number.
        verdict: once there is one.
        dispute: "open", "upheld", "rejected", or None.
        outcome: once drawn, for a number of the pool.
        odds: from the commitment on, for a number of the pool.
        place: of a winner, once placed.
        ahead: how many wait before this number in its stratum; AHEAD_MOST means so many or more; None unless it waits.
        void_reason: why the draw was given up.
        may_dispute: an objection can be lodged now.
        may_dispute_until: it surely can be until then; None once it may end at any moment.
        may_move: the place can be moved to another slot.
        may_give_back: the place, or the waiting, can be given up.
        may_name_proxy: somebody else can be named to collect.
    """

    draw: int
    status: DrawStatus
    where: Where
    verdict: Verdict | None = None
    dispute: str | None = None
    outcome: Outcome | None = None
    place: Place | None = None
    ahead: int | None = None
    void_reason: str | None = None
    may_dispute: bool = False
    may_dispute_until: datetime | None = None
    may_move: bool = False
    may_give_back: bool = False
    may_name_proxy: bool = False
    odds: Odds | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a registration stands.

    Attributes:
        round: slug.
        round_status: of the round.
        number: twelve bare symbols.
        is_withdrawn: whether the registration is.
        for_whom: self, child, parent or other.
        wishes: as registered.
        is_keeping: whether they may be kept for the next round.
        registered_at: aware UTC.
        changed_at: likewise; the same where nothing was changed.
        draws: in every draw it is or was part of, the newest first; none where its only draw never closed.
        may_change: wishes can be changed now, or the registration withdrawn or brought back.
        may_change_until: as announced; None where nothing was, or nothing can be changed.
    """

    round: str
    round_status: RoundStatus
    number: str
    is_withdrawn: bool
    for_whom: str
    wishes: Wishes
    is_keeping: bool
    registered_at: datetime
    changed_at: datetime
    draws: tuple[InDraw, ...]
    may_change: bool
    may_change_until: datetime | None = None

    @property
    def current(self) -> InDraw | None:
        """The draw that matters most to the holder: the one they won in, else the newest."""
        won = next((each for each in self.draws if each.where in WINS), None)
        return won or next(iter(self.draws), None)
