"""Where everyone of a draw stands after the allocation and each batch (spec A2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from maskres.errors import CheckFailed, InputError
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.lottery.placements import Placements
from maskres.lottery.results import Result


class Status(StrEnum):
    """How a number of the pool stands."""

    WAITING = "waiting"
    """On the waiting list of its stratum."""
    WITHDRAWN = "withdrawn"
    """Left the waiting list of its own will."""
    PLACED = "placed"
    """Has a place."""
    UNPLACED = "unplaced"
    """Won, and the allocation found no place: the first batch tries again."""
    LEFT_UNPLACED = "left-unplaced"
    """A batch found no place: lapses in the next one."""
    FORFEITED = "forfeited"
    CANCELLED = "cancelled"
    DISQUALIFIED = "disqualified"
    LAPSED = "lapsed"


STATUSES = tuple(Status)
_CODE = {status: code for code, status in enumerate(STATUSES)}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one number stands.

    Attributes:
        number: registration number, 12 symbols.
        rank: in the whole pool, from 1.
        stratum: slug.
        status: how it stands.
        has_won: whether it won in the draw itself.
        promoted_in: the batch that promoted it, from 1, or None.
    """

    number: str
    rank: int
    stratum: str
    status: Status
    has_won: bool
    promoted_in: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """Where everyone stands; never changed, each batch gives new ones.

    Attributes:
        result: the result of the draw.
        batches: how many batches have taken effect.
        codes: the status of each rank, an index of STATUSES.
        promotions: the batch that promoted each rank, 0 for none.
        index: the ranks' rows in the order of their numbers.
        keys: the numbers' keys in that order.
    """

    result: Result
    batches: int
    codes: NDArray[np.uint8]
    promotions: NDArray[np.uint32]
    index: NDArray[np.intp]
    keys: NDArray[np.uint64]

    def find_rows(self, numbers: Numbers) -> NDArray[np.intp]:
        """Find the row (rank − 1) of each number, -1 for one that is not in the pool."""
        wanted = keys_of(numbers)
        places = np.searchsorted(self.keys, wanted).clip(max=max(len(self.keys) - 1, 0))
        if not len(self.keys):
            return np.full(len(wanted), -1, dtype=np.intp)
        rows: NDArray[np.intp] = np.where(self.keys[places] == wanted, self.index[places], -1)
        return rows

    def find(self, status: Status) -> NDArray[np.intp]:
        """Find the rows of a status, in draw order."""
        return np.flatnonzero(self.codes == _CODE[status])

    def count(self) -> dict[Status, int]:
        """Count the numbers of each status."""
        return {status: int((self.codes == code).sum()) for status, code in _CODE.items()}

    def standing(self, number: str) -> Standing | None:
        """Say where one number stands, or None for one that is not in the pool."""
        row = int(self.find_rows(np.array([number], dtype="S12"))[0])
        if row < 0:
            return None
        promoted_in = int(self.promotions[row])
        return Standing(
            number=number,
            rank=row + 1,
            stratum=self.result.stratum_names[self.result.strata[row]],
            status=STATUSES[self.codes[row]],
            has_won=bool(self.result.has_won[row]),
            promoted_in=promoted_in or None,
        )


def code_of(status: Status) -> int:
    """Give the code of a status in `Standings.codes`."""
    return _CODE[status]


def begin_standings(result: Result, allocation: Placements) -> Standings:
    """Say where everyone stands once the allocation is published.

    Args:
        result: the result of the draw.
        allocation: one placement a winner.

    Returns:
        The standings before any batch.

    Raises:
        CheckFailed: "not-the-winners" where the allocation is not of exactly the winners.

    Source: spec P5, A2.
    """
    keys = keys_of(result.numbers)
    index = np.argsort(keys)
    codes = np.full(len(result), _CODE[Status.WAITING], dtype=np.uint8)
    standings = Standings(result, 0, codes, np.zeros(len(result), dtype=np.uint32), index, keys[index])
    rows = standings.find_rows(allocation.numbers)
    # Who is not in the pool has row -1, the last one's: whether that one won says nothing then.
    is_stranger = (rows < 0) | ~result.has_won[rows] if len(result) else np.ones(len(rows), dtype=np.bool_)
    if is_stranger.any():
        number = bytes(allocation.numbers[is_stranger.argmax()]).decode("ascii")
        raise CheckFailed("not-the-winners", f"{number} is in the allocation, yet did not win.")
    if len(np.unique(rows)) != len(rows) or len(rows) != int(result.has_won.sum()):
        raise CheckFailed("not-the-winners", "The allocation does not hold every winner exactly once.")
    set_placed(codes, rows, allocation, if_not=Status.UNPLACED)
    return standings


def set_placed(
    codes: NDArray[np.uint8], rows: NDArray[np.intp], placements: Placements, *, if_not: Status
) -> None:
    """Write down who was placed; the others get the status `if_not`."""
    codes[rows] = np.where(placements.is_placed, _CODE[Status.PLACED], _CODE[if_not])


def refuse_unknown(numbers: Numbers, rows: NDArray[np.intp], *, file: str | None = None) -> None:
    """Refuse a number that is not in the pool, naming its line in a file of changes.

    Raises:
        InputError: "unknown-number".
    """
    is_unknown = rows < 0
    if is_unknown.any():
        row = int(is_unknown.argmax())
        number = bytes(numbers[row]).decode("ascii")
        raise InputError(
            "unknown-number",
            f"{number} is not in the result of this draw.",
            file=file,
            line=row + 2,
            field="number",
        )
