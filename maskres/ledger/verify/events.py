"""The order of events: what had to stand before what, and before when.

Source: spec E1 to E17; docs/adr/0011.
"""

from __future__ import annotations

from collections.abc import Sequence
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
_REPEATED = (Kind.DRAW_DECIDED, Kind.BEACON, Kind.BATCH)
_NEEDS = {
    Kind.DRAW_COMMITTED: (Kind.DRAW_CLOSED, Kind.DRAW_DECIDED),
    Kind.DICE: (Kind.DRAW_COMMITTED,),
    Kind.BEACON: (Kind.DRAW_COMMITTED,),
    Kind.DRAWN: (Kind.DRAW_COMMITTED,),
    Kind.ALLOCATED: (Kind.DRAWN,),
    Kind.BATCH: (Kind.ALLOCATED,),
    Kind.AUDITED: (Kind.DRAWN,),
    Kind.DRAW_FINISHED: (Kind.ALLOCATED,),
}
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

    def check_order(self, rules: Rules, *, has_dice: bool) -> None:
        """Check that the steps follow each other, each once where it can be only once."""
        about = [one for one in self._history.entries if one.draw in (None, self._draw)]
        for before, entry in pairwise(about):
            if entry.at < before.at:
                self._wrong(entry, "wrong-order", f"It is older than line {before.seq + 1}.")
        done: dict[Kind, Entry] = {}
        for entry in self._history.of(self._draw):
            self._check_step(entry, done, has_dice=has_dice)
            done[entry.kind] = entry
        self._check_challenge(rules, done)

    def _check_step(self, entry: Entry, done: dict[Kind, Entry], *, has_dice: bool) -> None:
        if Kind.DRAW_VOIDED in done:
            self._wrong(entry, "wrong-order", "The draw was voided before.")
        if entry.kind is Kind.DRAW_VOIDED and (Kind.DICE in done or Kind.DRAWN in done):
            self._wrong(entry, "wrong-order", "A source is known; the draw must go on.")
        if entry.kind in done and entry.kind not in _REPEATED:
            code = "second-commitment" if entry.kind is Kind.DRAW_COMMITTED else "wrong-order"
            self._wrong(entry, code, "This can happen only once in a draw.")
        place = _STEPS.index(entry.kind) if entry.kind in _STEPS else len(_STEPS)
        for kind in _STEPS[place + 1 :]:
            if kind in done:
                self._wrong(entry, "wrong-order", f"It stands after {kind}.")
        for kind in _NEEDS.get(entry.kind, ()):
            if kind not in done:
                self._wrong(entry, "wrong-order", f"It stands before any {kind}.")
        if entry.kind is Kind.BEACON and has_dice and Kind.DICE not in done and "round" in entry.body:
            self._wrong(entry, "wrong-order", "It stands before the dice.")

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

    def _check_challenge(self, rules: Rules, done: dict[Kind, Entry]) -> None:
        committed, decided = done.get(Kind.DRAW_COMMITTED), done.get(Kind.DRAW_DECIDED)
        if committed is None or decided is None:
            return
        if committed.at < decided.at + timedelta(hours=rules.challenge_hours):
            self._wrong(
                committed, "challenge-cut", "The hours in which verdicts can be disputed were not over."
            )
        ends = self._history.of(self._draw - 1, Kind.DRAWN, Kind.DRAW_VOIDED)
        if self._draw > 1 and not any(one.seq < committed.seq for one in ends):
            self._wrong(
                committed, "wrong-order", f"Draw {self._draw - 1} had neither a result nor been voided."
            )

    def check_cosigned(self) -> None:
        """Note milestones that were never cosigned: a mismatch once the draw is finished."""
        is_finished = bool(self._history.of(self._draw, Kind.DRAW_FINISHED))
        for entry in self._history.entries:
            if entry.draw not in (None, self._draw) or entry.kind not in _MILESTONES:
                continue
            if self._history.cosigned_at(entry) is not None:
                continue
            if is_finished:
                self._wrong(entry, "not-cosigned", f"{entry.kind} was never cosigned by both.")
            else:
                self._findings.notes.append(f"{LEDGER}:{entry.seq + 1}: {entry.kind} is not cosigned yet")

    def check_times(self, commitment: Commitment, sha256: str) -> None:
        """Check that everything was fixed before it could be known.

        Args:
            commitment: commitment.json.
            sha256: its digest.

        Source: spec E7 to E10, E15.
        """
        committed = self._history.of(self._draw, Kind.DRAW_COMMITTED)
        if not committed:
            self._findings.add(FILE, None, "not-in-ledger", "No entry of the ledger names this commitment.")
            return
        entry = committed[0]
        if entry.body["commitment_sha256"] != sha256:
            self._findings.add(
                FILE, None, "digest-differs", f"Its SHA-256 is {sha256}; the ledger says another."
            )
        if commitment.committed_at > entry.at or commitment.ledger_size > entry.seq:
            self._wrong(entry, "wrong-order", "The commitment says to be younger than this entry.")
        dice = self._history.of(self._draw, Kind.DICE)
        due = first_due(commitment)
        self._check_lead(entry, min([due, *(one.at for one in dice if one.body["rolls"] != MISSING)]))
        for one in dice[:1]:
            self._check_dice(one, commitment)
        self._check_voided(entry, commitment, sha256)

    def _check_lead(self, entry: Entry, due: datetime) -> None:
        if not self._history.of(self._draw, Kind.DICE, Kind.BEACON, Kind.DRAWN):
            return
        since = self._history.cosigned_at(entry)
        if since is None:
            self._wrong(entry, "not-cosigned", "Notary and witness have not cosigned the commitment.")
        elif since + LEAD > due:
            self._wrong(entry, "cosigned-late", "It was cosigned less than ten minutes before a source.")

    def _check_dice(self, entry: Entry, commitment: Commitment) -> None:
        declared = next((one for one in commitment.sources if isinstance(one, Dice)), None)
        has_beacon = any(isinstance(one, Drand) for one in commitment.sources)
        if declared is None or not has_beacon:
            return
        if entry.body["rolls"] == MISSING:
            if entry.at <= declared.by:
                self._wrong(entry, "dice-early", "The dice were called missing before their time was over.")
            return
        cosigned = self._history.cosigned_at(entry)
        if entry.at > declared.by or cosigned is None or cosigned > declared.by:
            self._wrong(
                entry, "dice-late", "The dice were not cosigned by the time that was declared for them."
            )

    def _check_voided(self, committed: Entry, commitment: Commitment, sha256: str) -> None:
        first = first_due(commitment)
        since = self._history.cosigned_at(committed)
        if since is not None and any(isinstance(one, Dice) for one in commitment.sources):
            first = min(first, since + LEAD)
        for entry in self._history.of(self._draw, Kind.DRAW_VOIDED):
            if entry.body["commitment_sha256"] != sha256:
                self._wrong(entry, "digest-differs", "It does not name this commitment.")
            cosigned = self._history.cosigned_at(entry)
            if cosigned is None or cosigned >= first:
                self._wrong(entry, "void-late", "It was not cosigned before the first source could be known.")


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
