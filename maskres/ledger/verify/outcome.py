"""What followed: winners, places, batches, the audit's sample, all computed anew.

Source: spec T1 to T6, P1 to P6, A1 to A9, U1, U3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from maskres.errors import CheckFailed, InputError, MaskresError
from maskres.formats import strict_json
from maskres.formats.number_arrays import Numbers
from maskres.formats.values import sha256_hex
from maskres.ledger.body_shapes import Kind
from maskres.ledger.entries import Entry
from maskres.ledger.members import object_of, refuse
from maskres.ledger.verify.committed import Case
from maskres.ledger.verify.comparing import compare_file
from maskres.ledger.verify.events import has_list_ended
from maskres.ledger.verify.history import check_file_digests
from maskres.lottery.allocation import place_in_turn
from maskres.lottery.audit import audit_sample
from maskres.lottery.batch import finish_batch, plan_batch, read_changes, share_released
from maskres.lottery.draw import draw
from maskres.lottery.placements import Placements, read_allocation, write_allocation
from maskres.lottery.pool import Pool
from maskres.lottery.results import Result, read_result, write_result
from maskres.lottery.slots import Slot, read_slots
from maskres.lottery.standings import Standings, begin_standings
from maskres.lottery.wishes import Wishes, find_unopened, read_wishes

RESULT, WISHES, ALLOCATION, AUDIT = "result.csv", "wishes.csv", "allocation.csv", "audit.json"


def check_outcome(case: Case, pool: Pool, slots: Sequence[Slot], seed: str) -> None:
    """Draw, place, follow the batches and sample again, as far as the bundle goes.

    Args:
        case: the committed draw.
        pool: with its seals.
        slots: slots.csv.
        seed: 64 lower-case hex digits.
    """
    result = _check_result(case, pool, seed)
    files = case.bundle.files
    if WISHES in files or ALLOCATION in files or case.of(Kind.ALLOCATED):
        placements = case.findings.attempt(
            ALLOCATION, lambda: _check_places(case, pool, [result.winners], slots, seed, WISHES, ALLOCATION)
        )
        if placements is not None:
            _check_batches(case, pool, result, placements, seed)
    if AUDIT in files or case.of(Kind.AUDITED):
        case.findings.attempt(AUDIT, lambda: _check_audit(case, result, seed))


def _check_result(case: Case, pool: Pool, seed: str) -> Result:
    result = draw(pool, case.commitment.quotas, seed)
    entries = case.of(Kind.DRAWN)
    if not entries and RESULT not in case.bundle.files:
        return result
    case.findings.attempt(
        RESULT,
        lambda: compare_file(
            case.bundle.path(RESULT),
            lambda sink: write_result(result, sink),
            read_result,
            code="result-differs",
            findings=case.findings,
        ),
    )
    cutoffs = {stratum: (result.cutoffs or {}).get(stratum) for stratum in case.commitment.quotas}
    for entry in entries:
        where = f"Line {entry.seq + 1} of the ledger"
        check_file_digests(case.bundle, {RESULT: entry.body["result"]}, where, case.findings)
        if entry.body["cutoffs"] != cutoffs:
            case.wrong(entry, "cutoffs-differ", f"The cutoffs are {cutoffs}.")
    return result


def _check_places(
    case: Case,
    pool: Pool,
    groups: Sequence[Numbers],
    slots: Sequence[Slot],
    seed: str,
    wishes_file: str,
    file: str,
) -> Placements:
    """Open the seals and place groups again; give the placements."""
    wishes = case.findings.attempt(wishes_file, lambda: read_wishes(case.bundle.path(wishes_file)))
    if wishes is None:
        raise CheckFailed("not-recomputed", "It cannot be recomputed without the wishes.", file=file)
    _check_seals(case, wishes, pool)
    try:
        placements = place_in_turn(groups, wishes, slots, seed)
    except MaskresError as error:
        case.findings.take(error, wishes_file)
        raise CheckFailed("not-recomputed", "It cannot be recomputed with those wishes.", file=file) from None
    compare_file(
        case.bundle.path(file),
        lambda sink: write_allocation(placements, sink),
        read_allocation,
        code="promotion-differs" if file != ALLOCATION else "allocation-differs",
        findings=case.findings,
    )
    return placements


def _check_seals(case: Case, wishes: Wishes, pool: Pool) -> None:
    """Note every line that does not open the seal of its number. Source: spec P6."""
    for row, district in enumerate(wishes.districts.tolist()):
        case.check_district(wishes.file, row + 2, wishes.district_names[district])
    unknown, differing = find_unopened(wishes, pool)
    for row in np.flatnonzero(unknown).tolist():
        case.findings.add(wishes.file, row + 2, "unknown-number", f"{wishes.number(row)} is not in the pool.")
    for row in np.flatnonzero(differing).tolist():
        said = f"Holder and wishes do not open the seal of {wishes.number(row)}."
        case.findings.add(wishes.file, row + 2, "seal-differs", said)


def _check_batches(case: Case, pool: Pool, result: Result, placements: Placements, seed: str) -> None:
    standings = begin_standings(result, placements)
    for turn, entry in enumerate(case.of(Kind.BATCH), start=1):
        if entry.body["batch"] != turn:
            case.wrong(entry, "wrong-order", f"This must be batch {turn}.")
            return
        try:
            standings = _check_batch(case, pool, standings, entry, seed)
        except MaskresError as error:
            case.findings.take(error, f"promotion-{turn}.csv")
            case.findings.unchecked.append(f"batch {turn} and later ones")
            return


def _check_batch(case: Case, pool: Pool, standings: Standings, entry: Entry, seed: str) -> Standings:
    turn, released = entry.body["batch"], entry.body["released"]
    has_ended = has_list_ended(case.history.entries, case.commitment.draw, entry)
    _check_released(case, entry, released, has_ended=has_ended)
    changes = read_changes(case.bundle.path(f"changes-{turn}.csv"))
    plan = plan_batch(standings, changes, {} if has_ended else released, has_ended=has_ended)
    room = read_slots(case.bundle.path(f"room-{turn}.csv"))
    _check_room(case, entry, room, f"room-{turn}.csv")
    groups = [plan.replaced, plan.promoted]
    promotion = f"promotion-{turn}.csv"
    placements = _check_places(case, pool, groups, room, seed, f"wishes-{turn}.csv", promotion)
    return finish_batch(plan, placements)


def _check_released(case: Case, entry: Entry, released: Mapping[str, int], *, has_ended: bool) -> None:
    quotas = case.commitment.quotas
    total = sum(released.values())
    try:
        shares = share_released(0 if has_ended else total, quotas)
    except InputError:
        shares = {}
    if dict.fromkeys(quotas, 0) | dict(released) != shares:
        case.wrong(entry, "bad-released", "The places are not shared in proportion to the quotas.")


def _check_room(case: Case, entry: Entry, room: Sequence[Slot], file: str) -> None:
    for line, slot in enumerate(room, start=2):
        case.check_district(file, line, slot.district)
        if (slot.starts_at - entry.at).total_seconds() < 3600 * case.rules.lead_hours:
            case.findings.add(file, line, "slot-too-soon", "The slot starts too soon after the batch.")


def _check_audit(case: Case, result: Result, seed: str) -> None:
    data = case.bundle.read(AUDIT)
    value = strict_json.loads(data, file=AUDIT, is_published=True)

    def exactly(wanted: object) -> object:
        def check(found: object, path: str) -> None:
            if type(found) is not type(wanted) or found != wanted:
                raise refuse(path, f"This must be {wanted}.")

        return check

    def sound(found: object, path: str) -> None:
        if not isinstance(found, dict) or any(type(one) is not bool for one in found.values()):
            raise refuse(path, "This must be an object of numbers, each true or false.")

    said = case.commitment
    object_of({"round": exactly(said.round), "draw": exactly(said.draw), "sound": sound})(value, "")  # type: ignore[dict-item]
    sample = set(audit_sample(result, seed, case.rules.audit_size))
    for number in sorted(sample ^ set(value["sound"])):
        what = "is missing" if number in sample else "is not of the sample"
        case.findings.add(AUDIT, None, "not-the-sample", f"{number[:40]} {what}.")
    unsound = sum(not is_sound for is_sound in value["sound"].values())
    if unsound:
        case.findings.notes.append(f"the audit found {unsound} of {len(value['sound'])} winners unsound")
    for entry in case.of(Kind.AUDITED):
        if (entry.body["sample"], entry.body["unsound"]) != (len(value["sound"]), unsound):
            case.wrong(entry, "count-differs", f"{unsound} of {len(value['sound'])} are unsound.")
        if entry.body["audit_sha256"] != sha256_hex(data):
            case.findings.add(
                AUDIT, None, "digest-differs", f"Line {entry.seq + 1} of the ledger says another."
            )
