"""The odds of a number: among how many it stood, for how many places, and what its tickets were worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from maskres.db import rounds
from maskres.db import standing as reads
from maskres.db.engine import Transaction
from maskres.ledger.body_shapes import Kind
from maskres.ledger.entries import read_line
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.rounds.committed import read_own_commitment

_VALUES = 2**256


@dataclass(frozen=True, slots=True)
class Odds:
    """What a number could hope for in its stratum.

    Attributes:
        people: how many were in it when it was decided last, disputes aside.
        quota: how many of them could win.
        tickets: the number's.
        of_one: the share of all values that won, 0 to 1: the chance of one ticket; None before the draw, and where
            there was a place for everybody: the largest ticket that won then says nothing about any chance.
    """

    people: int
    quota: int
    tickets: int
    of_one: float | None

    @property
    def chance(self) -> float | None:
        """The chance that one of the number's tickets won; None as `of_one`."""
        return None if self.of_one is None else 1 - (1 - self.of_one) ** self.tickets


def odds_of(
    c: Transaction, round_: rounds.Round, draw: rounds.Draw, stratum: str, tickets: int
) -> Odds | None:
    """Tell the odds of a number of the pool from what is published: the ledger and the commitment.

    Args:
        c: the transaction.
        round_: the round.
        draw: the draw.
        stratum: the number's.
        tickets: how many it has, from 1.

    Returns:
        None before the commitment, which says how many win.
    """
    if not has_reached(draw.status, DrawStatus.COMMITTED):
        return None
    decided = _body(c, Kind.DRAW_DECIDED, round_, draw)
    cutoffs = _body(c, Kind.DRAWN, round_, draw).get("cutoffs")
    people = decided.get("strata", {}).get(stratum, 0)
    quota = read_own_commitment(c, draw).quotas.get(stratum, 0)
    of_one = None
    if cutoffs is not None and people > quota:
        cutoff = cutoffs.get(stratum)
        of_one = 0.0 if cutoff is None else (int(cutoff, 16) + 1) / _VALUES
    return Odds(people, quota, tickets, of_one)


def _body(c: Transaction, kind: Kind, round_: rounds.Round, draw: rounds.Draw) -> dict[str, Any]:
    found = reads.ledger_line_of(c, kind, round_.slug, draw.draw, is_last=True)
    return {} if found is None else dict(read_line(found[1], found[0]).body)
