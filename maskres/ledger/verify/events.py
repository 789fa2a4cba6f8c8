"""The order of events: what had to stand before what, and before when.

Source: spec E1 to E17; docs/adr/0011.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from maskres.ledger.body_shapes import Kind
from maskres.ledger.bundle_files import LEDGER
from maskres.ledger.commitment import FILE, LEAD, Commitment
from maskres.ledger.entries import Entry
from maskres.ledger.verify.findings import Findings
from maskres.ledger.verify.history import History
from maskres.lottery.source_values import MISSING
from maskres.lottery.sources import Dice, Drand
from maskres.rounds.rules import Rules

_STEPS = (
    Kind.DRAW_CLOSED,
    Kind.DRAW_DECIDED,
    Kind.DRAW_COMMITTED,
    Kind.DICE,
    Kind.BEACON,
    Kind.DRAWN,
    Kind.ALLOCATED,
    Kind.BATCH,
    Kind.DRAW_FINISHED,
)
_REPEATED = (Kind.DRAW_DECIDED, Kind.BATCH)
_AT_WILL = (Kind.DICE, Kind.BEACON, Kind.BATCH)
"""Steps that may be left out: sources that are not declared, batches."""
_MILESTONES = (
    Kind.ROUND_OPENED,
    Kind.DRAW_CLOSED,
    Kind.DRAW_COMMITTED,
    Kind.DRAW_VOIDED,
    Kind.DICE,
    Kind.DRAWN,
    Kind.ALLOCATED,
    Kind.BATCH,
    Kind.AUDITED,
)
#: What may still come in a round once it is finished or erased.
_ENDS: dict[Kind, tuple[Kind, ...]] = {
    Kind.ROUND_FINISHED: (Kind.AUDITED, Kind.ERASED),
    Kind.ERASED: (),
}


def _is_succession(entry: Entry) -> bool:
    """Tell whether an entry only says that the declared network has ended."""
    return entry.kind is Kind.BEACON and "successor_round" in entry.body


class Events:
    """Checks one draw's events and notes what is out of order.

    Args:
        history: the ledger.
        draw: number of the draw.
        findings: takes what does not hold.
    """

    def __init__(self, history: History, draw: int, findings: Findings) -> None:
        self._history = history
        self._draw = draw
        self._findings = findings

    def _wrong(self, entry: Entry, code: str, message: str) -> None:
        self._findings.add(LEDGER, entry.seq + 1, code, message)

    def check_order(self, declared: Collection[Kind] | None) -> None:
        """Check that the steps follow each other, none twice and none left out.

        Args:
            declared: the kinds of entries by which the declared sources speak; None where no commitment could be
                read, and nobody can tell.

        Source: spec E1, E4, E5, E12.
        """
        about = [one for one in self._history.entries if one.draw in (None, self._draw)]
        for before, entry in pairwise(about):
            if entry.at < before.at:
                self._wrong(entry, "wrong-order", f"It is older than line {before.seq + 1}.")
        done: list[Entry] = []
        for entry in self._history.of(self._draw):
            self._check_step(entry, done, declared)
            done.append(entry)

    def _check_step(self, entry: Entry, done: Sequence[Entry], declared: Collection[Kind] | None) -> None:
        is_succession = _is_succession(entry)
        kinds = {one.kind for one in done if not _is_succession(one)}
        alike = [one for one in done if one.kind is entry.kind and _is_succession(one) is is_succession]
        if alike and entry.kind not in _REPEATED:
            code = "second-commitment" if entry.kind is Kind.DRAW_COMMITTED else "wrong-order"
            self._wrong(entry, code, "This can happen only once in a draw.")
        needed, barred = _neighbours(entry)
        for kind in needed:
            if kind not in kinds and (kind not in _AT_WILL or kind in (declared or ())):
                self._wrong(entry, "wrong-order", f"It stands before any {kind}.")
        for kind in barred:
            if kind in kinds:
                self._wrong(entry, "wrong-order", f"It stands after {kind}.")
        is_source = entry.kind in (Kind.DICE, Kind.BEACON)
        if is_source and declared is not None and entry.kind not in declared:
            self._wrong(entry, "bad-value", "The commitment declares no such source.")
        if entry.kind is Kind.DRAW_COMMITTED:
            self._check_earlier_draws(entry)

    def check_round(self) -> None:
        """Check that the round is opened before anything else, and how it ends (spec E3, E17)."""
        opened = self._history.of(None, Kind.ROUND_OPENED)
        ended: Kind | None = None
        for place, entry in enumerate(self._history.entries):
            if place == 0 and entry.kind is not Kind.ROUND_OPENED:
                self._wrong(entry, "wrong-order", "The round was not opened before this.")
            if ended is not None and entry.kind not in _ENDS[ended]:
                self._wrong(entry, "wrong-order", f"It stands after {ended}.")
            if entry.kind is Kind.ERASED:
                if ended is not Kind.ROUND_FINISHED:
                    self._wrong(entry, "wrong-order", "The round was not finished before.")
                if not opened or any(opened[0].body[name] != said for name, said in entry.body.items()):
                    self._wrong(entry, "digest-differs", "Other keys were pledged at the opening.")
            if entry.kind in _ENDS:
                ended = entry.kind

    def _check_earlier_draws(self, committed: Entry) -> None:
        ends = (Kind.DRAWN, Kind.DRAW_VOIDED)
        ended = {one.draw for one in self._history.entries if one.seq < committed.seq and one.kind in ends}
        for draw in sorted(set(range(1, self._draw)) - ended):
            self._wrong(committed, "wrong-order", f"Draw {draw} had neither a result nor been voided.")

    def check_cosigned(self) -> None:
        """Note milestones that were never cosigned: a mismatch where the draw was finished after them (spec E16)."""
        finished = self._history.of(self._draw, Kind.DRAW_FINISHED)
        for entry in self._history.entries:
            is_milestone = entry.kind in _MILESTONES or _is_succession(entry)
            if entry.draw not in (None, self._draw) or not is_milestone:
                continue
            if self._history.cosigned_at(entry) is not None:
                continue
            if finished and entry.seq < finished[0].seq:
                self._wrong(entry, "not-cosigned", f"{entry.kind} was never cosigned by both.")
            else:
                self._findings.notes.append(f"{LEDGER}:{entry.seq + 1}: {entry.kind} is not cosigned yet")

    def check_times(self, commitment: Commitment, sha256: str, rules: Rules) -> None:
        """Check that everything was fixed before it could be known.

        Args:
            commitment: commitment.json.
            sha256: its digest.
            rules: of the round.

        Source: spec K6, E6 to E11, E15.
        """
        committed = self._history.of(self._draw, Kind.DRAW_COMMITTED)
        if not committed:
            self._findings.add(FILE, None, "not-in-ledger", "No entry of the ledger names this commitment.")
            return
        entry = committed[0]
        if entry.body["commitment_sha256"] != sha256:
            message = f"Its SHA-256 is {sha256}; the ledger says another."
            self._findings.add(FILE, None, "digest-differs", message)
        decided = self._history.of(self._draw, Kind.DRAW_DECIDED)
        since = decided[-1].seq if decided else -1
        if commitment.committed_at != entry.at or not since < commitment.ledger_size <= entry.seq:
            self._wrong(entry, "wrong-order", "The commitment says another time or place than this entry.")
        # Times are taken from each other and never added to: a bundle may hold the last second of the calendar.
        if decided and entry.at - decided[-1].at < timedelta(hours=rules.challenge_hours):
            message = "The hours in which verdicts can be disputed were not over."
            self._wrong(entry, "challenge-cut", message)
        self._check_lead(entry, commitment)
        for one in self._history.of(self._draw, Kind.DICE)[:1]:
            self._check_dice(one, commitment, self._history.cosigned_at(entry))
        self._check_voided(entry, commitment, sha256)

    def _check_lead(self, entry: Entry, commitment: Commitment) -> None:
        cosigned = self._history.cosigned_at(entry)
        if cosigned is None:
            if self._history.of(self._draw, Kind.DICE, Kind.BEACON, Kind.DRAWN):
                self._wrong(entry, "not-cosigned", "Notary and witness have not cosigned the commitment.")
        elif first_due(commitment) - cosigned < LEAD and not self._history.of(self._draw, Kind.DRAW_VOIDED):
            self._wrong(entry, "cosigned-late", "It was cosigned less than ten minutes before a source.")

    def _check_dice(self, entry: Entry, commitment: Commitment, cosigned: datetime | None) -> None:
        declared = next((one for one in commitment.sources if isinstance(one, Dice)), None)
        if declared is None:
            return
        if entry.body["rolls"] == MISSING:
            if entry.at <= declared.by:
                self._wrong(entry, "dice-early", "The dice were called missing while they could be rolled.")
            return
        if cosigned is not None and entry.at - cosigned < LEAD:
            self._wrong(entry, "dice-early", "The commitment had not been cosigned for ten minutes.")
        has_beacon = any(isinstance(one, Drand) for one in commitment.sources)
        if has_beacon and max(entry.at, self._history.cosigned_or_last(entry)) > declared.by:
            self._wrong(entry, "dice-late", "The dice were not entered and cosigned by the time declared.")

    def _check_voided(self, committed: Entry, commitment: Commitment, sha256: str) -> None:
        first, since = first_due(commitment), self._history.cosigned_at(committed)
        has_dice = any(isinstance(one, Dice) for one in commitment.sources)
        for entry in self._history.of(self._draw, Kind.DRAW_VOIDED):
            if entry.body["commitment_sha256"] != sha256:
                self._wrong(entry, "digest-differs", "It does not name this commitment.")
            at = max(entry.at, self._history.cosigned_or_last(entry))
            could_roll = has_dice and since is not None and at - since >= LEAD
            if at >= first or could_roll:
                self._wrong(entry, "void-late", "It was not cosigned before the first source could be known.")


def _neighbours(entry: Entry) -> tuple[Sequence[Kind], Sequence[Kind]]:
    """Give the kinds that must stand before an entry, and those that must not. Source: spec E4, E12."""
    sources = _STEPS.index(Kind.DICE)
    if entry.kind is Kind.DRAW_VOIDED:
        return (), _STEPS[sources:]
    if entry.kind is Kind.AUDITED:
        return _STEPS[: _STEPS.index(Kind.ALLOCATED)], (Kind.DRAW_VOIDED,)
    if _is_succession(entry):
        return _STEPS[:sources], (Kind.BEACON, Kind.DRAW_VOIDED)
    place = _STEPS.index(entry.kind)
    return _STEPS[:place], (*_STEPS[place + 1 :], Kind.DRAW_VOIDED)


def first_due(commitment: Commitment) -> datetime:
    """Give when the first source is known at the latest."""
    times: list[datetime] = []
    for source in commitment.sources:
        if isinstance(source, Dice):
            times.append(source.by)
        else:
            times += [one.round_at for one in (source.network, source.successor) if one is not None]
    return min(times)


def has_list_ended(entries: Sequence[Entry], draw: int, batch: Entry) -> bool:
    """Tell whether a later draw of the round was committed, and not voided, before a batch.

    Source: docs/adr/0011, 11.
    """
    live: set[int] = set()
    for entry in entries:
        if entry.seq < batch.seq and entry.draw is not None and entry.draw > draw:
            if entry.kind is Kind.DRAW_COMMITTED:
                live.add(entry.draw)
            elif entry.kind is Kind.DRAW_VOIDED:
                live.discard(entry.draw)
    return bool(live)
