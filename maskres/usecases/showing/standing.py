"""Telling where a number stands in its round: for its holder's status page and for the API.

Read only. Everything is of one moment: it is read in one transaction.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from maskres.db import deciding, people, results, rounds
from maskres.db import standing as reads
from maskres.db.engine import Transaction
from maskres.db.people import Registration
from maskres.eligibility.facts import decode
from maskres.errors import InputError, StepRefused
from maskres.ledger.body_shapes import Kind
from maskres.ledger.entries import read_line
from maskres.pickup.places import PlaceStatus
from maskres.pickup.signed_codes import CodeSigner
from maskres.rounds.status import DrawStatus, RoundStatus, has_reached
from maskres.usecases.draw.odds import odds_of
from maskres.usecases.pickup.afterwards import code_of
from maskres.usecases.pickup.proxies import TO_COME
from maskres.usecases.registration.proofs import Proof, is_proved, phone_digests, secret_of
from maskres.usecases.registration.receipts import wishes_of
from maskres.usecases.service import Service, may_be_stale
from maskres.usecases.showing.standing_values import WINS, InDraw, Outcome, Place, Standing, Verdict, Where

#: The waiting list is counted no further back: it may hold a million.
AHEAD_MOST = 1000
_ENDED_PLACES = {
    PlaceStatus.COLLECTED: Where.COLLECTED,
    PlaceStatus.FORFEITED: Where.FORFEITED,
    PlaceStatus.CANCELLED: Where.CANCELLED,
    PlaceStatus.DISQUALIFIED: Where.DISQUALIFIED,
    PlaceStatus.LAPSED: Where.LAPSED,
}


@may_be_stale(0)
def find_standing(c: Transaction, service: Service, round_slug: str, number: str, proof: Proof) -> Standing:
    """Tell the holder of a registration where it stands.

    Whoever cannot show that it is theirs, and whoever asks for a number that nobody has, are answered alike.

    Args:
        service: the service.
        round_slug: the round.
        number: twelve bare symbols (symbols.read_typed takes what people type).
        proof: that it is theirs; the reasons of a verdict in full are only for staff who have seen the card.

    Raises:
        StepRefused: "not-proved".
        InputError: "unknown-round", "bad-number" for a secret that cannot be one.
    """
    round_ = _shown_round(c, round_slug)
    secret = secret_of(service, round_slug, number)
    try:
        row = people.find_registration(c, round_.id, number)
    except InputError:
        row = None
    if row is None or not is_proved(row, proof, secret):
        raise StepRefused("not-proved", "Number and secret do not belong together in this round.")
    return _standing(c, service, round_, row, is_full=proof.is_staff)


@may_be_stale(0)
def list_standings(c: Transaction, service: Service, round_slug: str, phone: str) -> list[Standing]:
    """Tell the holder of a phone, verified just now, where everybody stands whom it registered in a round.

    Args:
        service: the service.
        round_slug: the round.
        phone: E.164.

    Raises:
        InputError: "unknown-round".
    """
    round_ = _shown_round(c, round_slug)
    numbers = reads.numbers_by_phone(c, round_.id, phone_digests(service, phone))
    found = [people.find_registration(c, round_.id, number) for number in numbers]
    return [_standing(c, service, round_, row, is_full=False) for row in found]


def standing_of(c: Transaction, service: Service, round_: rounds.Round, row: Registration) -> Standing:
    """Tell where a registration stands, in a transaction that has looked it up; reasons are the coarse ones."""
    return _standing(c, service, round_, row, is_full=False)


def _shown_round(c: Transaction, slug: str) -> rounds.Round:
    round_ = rounds.find_round(c, slug)
    if round_.status is RoundStatus.DRAFT:
        raise InputError("unknown-round", f"There is no round {slug!r:.50}.", field="round")
    return round_


def _standing(
    c: Transaction, service: Service, round_: rounds.Round, row: Registration, *, is_full: bool
) -> Standing:
    draws = rounds.list_draws(c, round_.id)
    teller = _Teller(c, service, round_, row, is_full=is_full)
    told: list[InDraw] = []
    for draw in draws:
        later = any(has_reached(each.status, DrawStatus.COMMITTED) for each in draws if each.draw > draw.draw)
        has_won = any(each.where in WINS for each in told)
        part = teller.in_draw(draw, is_list_ended=later, has_won=has_won)
        if part is not None:
            told.append(_with_odds(c, round_, draw, part))
    now = service.now()
    running = next((draw for draw in draws if draw.takes_registrations_at(now)), None)
    return Standing(
        round=round_.slug,
        round_status=round_.status,
        number=row.number,
        is_withdrawn=row.is_withdrawn,
        for_whom=row.for_whom,
        wishes=wishes_of(row),
        is_keeping=row.is_keeping,
        registered_at=row.registered_at,
        changed_at=row.changed_at,
        draws=tuple(reversed(told)),
        may_change=running is not None,
        may_change_until=None if running is None else running.times.closes_at,
    )


def _with_odds(c: Transaction, round_: rounds.Round, draw: rounds.Draw, part: InDraw) -> InDraw:
    """Add what a number of the pool could hope for."""
    verdict = part.verdict
    if part.where is Where.NOT_ELIGIBLE or verdict is None or verdict.stratum is None:
        return part
    return replace(part, odds=odds_of(c, round_, draw, verdict.stratum, verdict.tickets))


class _Teller:
    """Tells where one registration stands in a draw."""

    def __init__(
        self,
        c: Transaction,
        service: Service,
        round_: rounds.Round,
        row: Registration,
        *,
        is_full: bool,
    ) -> None:
        self._c = c
        self._service = service
        self._round = round_
        self._row = row
        self._is_full = is_full

    def in_draw(self, draw: rounds.Draw, *, is_list_ended: bool, has_won: bool) -> InDraw | None:
        """Tell where it stands in a draw; None where it has no part in it."""
        number = self._row.number
        if draw.status is DrawStatus.OPEN:
            return None if has_won else InDraw(draw.draw, draw.status, self._registered())
        was_withdrawn = reads.was_withdrawn(self._c, draw.id, number)
        if draw.status is DrawStatus.VOID:
            is_part = was_withdrawn is not None or self._row.draw <= draw.draw
            reason = self._ledger(Kind.DRAW_VOIDED, draw).get("reason")
            return InDraw(draw.draw, draw.status, Where.VOID, void_reason=reason) if is_part else None
        if was_withdrawn is None:
            return None
        if was_withdrawn:
            return InDraw(draw.draw, draw.status, Where.WITHDRAWN)
        if draw.status is DrawStatus.CLOSED:
            return InDraw(draw.draw, draw.status, Where.AWAITING)
        return self._decided(draw, is_list_ended=is_list_ended)

    def _registered(self) -> Where:
        if self._row.is_withdrawn:
            return Where.WITHDRAWN
        return Where.REGISTERED if self._row.changed_at == self._row.registered_at else Where.CHANGED

    def _decided(self, draw: rounds.Draw, *, is_list_ended: bool) -> InDraw | None:
        row = deciding.find_verdict(self._c, draw.id, self._row.number)
        if row is None:
            return InDraw(draw.draw, draw.status, Where.AWAITING)
        verdict = self._verdict(row)
        dispute = reads.dispute_status(self._c, draw.id, self._row.number)
        is_in_pool = verdict.is_eligible or verdict.is_disputed
        if not has_reached(draw.status, DrawStatus.DRAWN) or not is_in_pool:
            where = Where.IN_POOL if verdict.is_eligible else Where.NOT_ELIGIBLE
            is_excluded = draw.status is DrawStatus.DECIDED and not verdict.is_eligible
            may_dispute = is_excluded and dispute in (None, "open")
            until = self._disputable_until(draw) if may_dispute else None
            return InDraw(
                draw.draw, draw.status, where, verdict, dispute,
                may_dispute=may_dispute, may_dispute_until=until,
            )  # fmt: skip
        return self._drawn(draw, verdict, dispute, is_list_ended=is_list_ended)

    def _disputable_until(self, draw: rounds.Draw) -> datetime | None:
        assert draw.decided_at is not None
        until = draw.decided_at + timedelta(hours=self._round.rules.challenge_hours)
        return until if until > self._service.now() else None

    def _drawn(
        self, draw: rounds.Draw, verdict: Verdict, dispute: str | None, *, is_list_ended: bool
    ) -> InDraw | None:
        result = results.find_result(self._c, draw.id, self._row.number)
        if result is None:
            return InDraw(draw.draw, draw.status, Where.NOT_ELIGIBLE, verdict, dispute)
        outcome = self._outcome(draw, verdict, result)
        place = reads.place_of(self._c, draw.id, self._row.number)
        can_act = draw.status in (DrawStatus.PUBLISHED, DrawStatus.COLLECTING)
        if place is not None:
            where = self._where_placed(draw, PlaceStatus(place.status))
            shown = self._place(draw, place, outcome, is_usable=where is Where.PLACED)
            is_to_come = shown.starts_at is not None and shown.starts_at > self._service.now()
            may_move = can_act and where is Where.PLACED and is_to_come
            may_give_back = may_move or (can_act and where is Where.UNPLACED)
            return InDraw(
                draw.draw, draw.status, where, verdict, dispute, outcome, shown,
                may_move=may_move, may_give_back=may_give_back,
                may_name_proxy=can_act and PlaceStatus(place.status) in TO_COME,
            )  # fmt: skip
        where = self._where_unplaced(draw, outcome, is_list_ended=is_list_ended)
        ahead = None
        if where is Where.WAITING:
            ahead = reads.count_ahead(self._c, draw.id, outcome.stratum, outcome.rank, AHEAD_MOST)
        may_leave = can_act and where is Where.WAITING
        return InDraw(
            draw.draw, draw.status, where, verdict, dispute, outcome, ahead=ahead, may_give_back=may_leave
        )

    def _where_placed(self, draw: rounds.Draw, status: PlaceStatus) -> Where:
        if status in _ENDED_PLACES:
            return _ENDED_PLACES[status]
        is_over = draw.status is DrawStatus.FINISHED
        if status is PlaceStatus.ASSIGNED:
            return Where.FORFEITED if is_over else Where.PLACED
        if is_over:
            return Where.LAPSED
        return Where.DISPLACED if status is PlaceStatus.DISPLACED else Where.UNPLACED

    def _where_unplaced(self, draw: rounds.Draw, outcome: Outcome, *, is_list_ended: bool) -> Where:
        if outcome.has_won:
            return Where.WON
        change = reads.last_change(self._c, draw.id, self._row.number)
        if change == "disqualified":
            return Where.DISQUALIFIED
        if change is not None:
            return Where.LEFT
        is_ended = is_list_ended or draw.status is DrawStatus.FINISHED
        return Where.NOT_DRAWN if is_ended else Where.WAITING

    def _verdict(self, row: Any) -> Verdict:
        is_in = bool(row.is_eligible) or bool(row.is_disputed)
        known = decode(row.mask)
        return Verdict(
            is_eligible=bool(row.is_eligible),
            stratum=row.stratum if is_in else None,
            tickets=int(row.tickets) if is_in else 0,
            coarse_reason=row.coarse_reason,
            fine_reasons=tuple(row.reasons.split()) if self._is_full else (),
            is_disputed=bool(row.is_disputed),
            rounds_waited=known.rounds_waited,
            granted=known.bonus_tickets,
        )

    def _outcome(self, draw: rounds.Draw, verdict: Verdict, result: Any) -> Outcome:
        stem = f"{draw.seed}/{self._row.number}"
        tickets = tuple(
            hashlib.sha256(f"{stem}/{each}".encode()).hexdigest() for each in range(1, verdict.tickets + 1)
        )
        cutoffs = self._ledger(Kind.DRAWN, draw).get("cutoffs", {})
        return Outcome(
            has_won=result.outcome == "won",
            rank=int(result.rank),
            stratum=result.stratum,
            seed=str(draw.seed),
            tickets=tickets,
            value=min(tickets),
            cutoff=cutoffs.get(result.stratum),
        )

    def _place(self, draw: rounds.Draw, row: Any, outcome: Outcome, *, is_usable: bool) -> Place:
        code = None
        if is_usable:
            code = code_of(self._service, self._round.slug, draw.draw, self._row.number, row.code_version)
        starts_at: datetime | None = row.starts_at
        scan = None
        if code is not None and row.store is not None and starts_at is not None:
            signer = CodeSigner(self._service.keys.round_keys(self._round.slug).code, self._round.slug)
            scan = signer.sign(code, row.store, starts_at)
        return Place(
            store=self._store(row.store),
            slot=row.slot,
            starts_at=starts_at,
            ends_at=row.ends_at,
            code=code,
            scan=scan,
            code_version=int(row.code_version),
            batch=int(row.batch),
            is_promoted=not outcome.has_won,
            is_moved=int(row.code_version) > 1,
            collected_at=row.collected_at,
            collected_store=self._store(row.collected_store),
            is_by_proxy=bool(row.is_proxy),
        )

    def _store(self, slug: str | None) -> rounds.Store | None:
        return None if slug is None else rounds.find_store(self._c, self._round.id, slug)

    def _ledger(self, kind: Kind, draw: rounds.Draw) -> dict[str, Any]:
        found = reads.ledger_line_of(self._c, kind, self._round.slug, draw.draw)
        if found is None:
            return {}
        seq, line = found
        return dict(read_line(line, seq).body)
