"""Batches: places that come free go to the waiting list (spec A1 to A9).

A batch is published before it takes effect:

1. `changes-N.csv` says whose win ends (forfeited, cancelled, disqualified, lapsed), whose store closed
   (displaced) and who leaves the waiting list (withdrawn, disqualified).
2. To be placed are the displaced and the unplaced winners, all together in place order; then for each stratum
   its next waiting numbers in draw order, as many as wins ended in it plus its released stock, all together in
   place order.
3. They are placed by spec P2 to P4 on `room-N.csv`, nothing of which is taken yet. Whoever that leaves unplaced
   must stand in the next batch's changes as lapsed.

A stratum's waiting list that is too short leaves places over; they are passed on neither to another stratum
nor to a later batch. Once the next draw of the round is committed this one's waiting list has ended: batches
still place the displaced and the unplaced, yet nobody is promoted and no stock is released.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from maskres.errors import CheckFailed, InputError
from maskres.formats.csv_columns import NumberColumn, WordColumn
from maskres.formats.number_arrays import Numbers, keys_of
from maskres.formats.strict_csv import Sink, Source, name_of, read_table, write_table
from maskres.lottery import tickets
from maskres.lottery.allocation import place_in_turn
from maskres.lottery.placements import Placements
from maskres.lottery.results import Result
from maskres.lottery.slots import Slot
from maskres.lottery.standings import (
    STATUSES,
    Standings,
    Status,
    begin_standings,
    code_of,
    refuse_unknown,
    set_placed,
)
from maskres.lottery.tickets import HashNumbers
from maskres.lottery.wishes import Wishes

HEADER = ("number", "cause")
CAUSES = ("cancelled", "disqualified", "displaced", "forfeited", "lapsed", "withdrawn")

ALLOWED: Mapping[Status, frozenset[str]] = MappingProxyType(
    {
        Status.WAITING: frozenset({"withdrawn", "disqualified"}),
        Status.PLACED: frozenset({"forfeited", "cancelled", "disqualified", "displaced"}),
        Status.UNPLACED: frozenset({"cancelled", "disqualified"}),
        Status.LEFT_UNPLACED: frozenset({"lapsed"}),
    }
)
"""Which causes may befall whom; everyone else's story is over."""


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """A file of changes as columns, sorted by number; row i is line i + 2.

    Attributes:
        file: the file's name, for errors.
        numbers: registration numbers, dtype S12.
        causes: an index of CAUSES a row.
    """

    file: str
    numbers: Numbers
    causes: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Who a batch places.

    Attributes:
        standings: where everyone stands once the changes are made and nobody is placed yet.
        replaced: the displaced and the unplaced winners.
        promoted: the waiting numbers that move up.
        freed: stratum → wins that ended in these changes.
        released: stratum → places of released stock.
    """

    standings: Standings
    replaced: Numbers
    promoted: Numbers
    freed: Mapping[str, int]
    released: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A published batch.

    Attributes:
        changes: changes-N.csv.
        released: stratum → places of released stock; strata without any may be left out.
        promotion: promotion-N.csv.
        has_ended: whether the waiting list had ended by then.
    """

    changes: Changes
    released: Mapping[str, int]
    promotion: Placements
    has_ended: bool = False


def read_changes(source: Source, file: str | None = None) -> Changes:
    """Read changes-N.csv: `number,cause`, sorted by number.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.

    Returns:
        The changes in the order of the file.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec A1.
    """
    number, cause = NumberColumn("number"), WordColumn("cause", CAUSES)
    table = read_table(source, name_of(source, file, "changes.csv"), [number, cause])
    table.refuse_unsorted([keys_of(number.values)], field="number")
    table.finish()
    return Changes(table.file, number.values, cause.codes)


def write_changes(causes: Mapping[str, str], stream: Sink) -> int:
    """Write changes-N.csv from number → cause, sorted by number; give the number of lines."""
    return write_table(stream, HEADER, sorted(causes.items()))


def share_released(total: int, quotas: Mapping[str, int]) -> dict[str, int]:
    """Share released places over the strata in proportion to the quotas.

    Each stratum gets the whole part of total × quota / (sum of quotas); what is left over goes, one each, to
    the largest remainders, ties by the stratum's name. Integers only.

    Args:
        total: places released, at least 0.
        quotas: stratum → quota of the commitment.

    Returns:
        Stratum → places; they add up to the total.

    Raises:
        InputError: "bad-released" for what is no whole number from 0, or one that cannot be shared because no
            stratum has a quota.

    Source: spec A5.
    """
    whole = sum(quotas.values())
    if type(total) is not int or total < 0 or (total > 0 and whole == 0):
        raise InputError(
            "bad-released",
            f"{total!r:.60} places cannot be shared over the strata's quotas.",
            field="released",
        )
    shares = {stratum: total * quota // whole if whole else 0 for stratum, quota in sorted(quotas.items())}
    left = total - sum(shares.values())
    by_remainder = sorted(
        shares, key=lambda stratum: (-(total * quotas[stratum] % whole) if whole else 0, stratum)
    )
    for stratum in by_remainder[:left]:
        shares[stratum] += 1
    return shares


def plan_batch(
    standings: Standings,
    changes: Changes,
    released: Mapping[str, int] | None = None,
    *,
    has_ended: bool = False,
) -> Plan:
    """Work out who a batch is to place.

    Args:
        standings: where everyone stands before the batch.
        changes: changes-N.csv.
        released: stratum → places of released stock; strata without any may be left out.
        has_ended: whether the waiting list has ended, a later draw of the round being committed: nobody is
            promoted then, whatever comes free.

    Returns:
        The plan.

    Raises:
        InputError: "unknown-number", "bad-cause" for a cause that cannot befall this number, "lapse-missing"
            where somebody the last batch left unplaced is not in the changes, "bad-released", also for any
            stock once the list has ended.

    Source: spec A2, A6, A9.
    """
    names = standings.result.stratum_names
    shares = _require_released(released or {}, names)
    if has_ended and any(shares.values()):
        raise InputError(
            "bad-released",
            "The waiting list has ended: there is nobody to release stock to.",
            field="released",
        )
    rows = standings.find_rows(changes.numbers)
    refuse_unknown(changes.numbers, rows, file=changes.file)
    _require_causes(standings, changes, rows)
    codes = standings.codes.copy()
    before = codes[rows]
    is_displaced = changes.causes == CAUSES.index("displaced")
    for cause, name in enumerate(CAUSES):
        if name != "displaced":
            codes[rows[changes.causes == cause]] = code_of(Status(name))
    is_freed = (before != code_of(Status.WAITING)) & ~is_displaced
    freed = np.bincount(standings.result.strata[rows[is_freed]], minlength=len(names)).tolist()
    promoted: list[NDArray[np.intp]] = []
    waiting = np.flatnonzero(codes == code_of(Status.WAITING))
    waiting_strata = standings.result.strata[waiting]
    for code, stratum in enumerate(names):
        next_ones = 0 if has_ended else freed[code] + shares[stratum]
        promoted.append(waiting[waiting_strata == code][:next_ones])
    replaced = np.concatenate([rows[is_displaced], np.flatnonzero(codes == code_of(Status.UNPLACED))])
    numbers = standings.result.numbers
    return Plan(
        standings=Standings(
            standings.result, standings.batches, codes, standings.promotions, standings.index, standings.keys
        ),
        replaced=numbers[np.sort(replaced)],
        promoted=numbers[np.sort(np.concatenate([np.empty(0, dtype=np.intp), *promoted]))],
        freed=dict(zip(names, freed, strict=True)),
        released=shares,
    )


def _require_released(released: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    shares = dict.fromkeys(names, 0)
    for stratum, places in released.items():
        if stratum not in shares or type(places) is not int or places < 0:
            raise InputError(
                "bad-released",
                f"{places!r:.60} places cannot be released to {stratum!r:.60}.",
                field="released",
            )
        shares[stratum] = places
    return shares


def _require_causes(standings: Standings, changes: Changes, rows: NDArray[np.intp]) -> None:
    """Check each cause against where its number stands, and that whoever must lapse does."""
    is_allowed = np.zeros((len(STATUSES), len(CAUSES)), dtype=np.bool_)
    for status, causes in ALLOWED.items():
        for cause in causes:
            is_allowed[code_of(status), CAUSES.index(cause)] = True
    is_bad = ~is_allowed[standings.codes[rows], changes.causes]
    if is_bad.any():
        row = int(is_bad.argmax())
        status = STATUSES[standings.codes[rows[row]]]
        raise InputError(
            "bad-cause",
            f"A number that is {status} cannot be {CAUSES[changes.causes[row]]} now.",
            field="cause",
            file=changes.file,
            line=row + 2,
        )
    unmentioned = np.setdiff1d(standings.find(Status.LEFT_UNPLACED), rows)
    if len(unmentioned):
        number = bytes(min(standings.result.numbers[unmentioned].tolist())).decode("ascii")
        raise InputError(
            "lapse-missing",
            f"The last batch left {number} unplaced, so it lapses now; it must be listed as lapsed.",
            field="number",
            file=changes.file,
        )


def place_batch(
    plan: Plan,
    wishes: Wishes,
    room: Iterable[Slot],
    seed: str,
    *,
    hash_numbers: HashNumbers = tickets.hash_numbers,
) -> Placements:
    """Place everyone of a batch: first all displaced and unplaced, then all promoted, each in place order.

    Args:
        plan: who is to be placed.
        wishes: wishes-N.csv, of exactly those.
        room: room-N.csv.
        seed: 64 lower-case hex digits.
        hash_numbers: computes the digests.

    Returns:
        The lines of promotion-N.csv.

    Raises:
        InputError: "bad-seed", "unknown-number" for wishes of somebody else, "wish-missing".

    Source: spec A7.
    """
    return place_in_turn([plan.replaced, plan.promoted], wishes, room, seed, hash_numbers=hash_numbers)


def finish_batch(plan: Plan, promotion: Placements) -> Standings:
    """Say where everyone stands once a batch has taken effect.

    Args:
        plan: who was to be placed.
        promotion: the lines of promotion-N.csv.

    Returns:
        The new standings.

    Raises:
        CheckFailed: "not-the-plan" where the promotion is not of exactly those, the displaced and unplaced
            first.

    Source: spec A8.
    """
    listed = promotion.numbers
    for expected, found, who in (
        (plan.replaced, listed[: len(plan.replaced)], "the displaced and unplaced winners"),
        (plan.promoted, listed[len(plan.replaced) :], "the promoted, after them"),
    ):
        if not np.array_equal(np.sort(expected), np.sort(found)):
            raise CheckFailed("not-the-plan", f"The promotion does not list exactly {who}.")
    before = plan.standings
    number = before.batches + 1
    codes, promotions = before.codes.copy(), before.promotions.copy()
    set_placed(codes, before.find_rows(listed), promotion, if_not=Status.LEFT_UNPLACED)
    promotions[before.find_rows(plan.promoted)] = number
    return Standings(before.result, number, codes, promotions, before.index, before.keys)


def replay(result: Result, allocation: Placements, batches: Iterable[Batch]) -> Standings:
    """Follow a draw from its allocation through its batches.

    Args:
        result: the result of the draw.
        allocation: the lines of allocation.csv.
        batches: the published batches in turn, from the first.

    Returns:
        Where everyone stands after the last.

    Raises:
        InputError: a batch's changes cannot befall those numbers (see `plan_batch`).
        CheckFailed: "not-the-winners" or "not-the-plan": somebody was placed who was not to be, or not placed
            who was.

    Source: spec A1 to A9.
    """
    standings = begin_standings(result, allocation)
    for batch in batches:
        plan = plan_batch(standings, batch.changes, batch.released, has_ended=batch.has_ended)
        standings = finish_batch(plan, batch.promotion)
    return standings
