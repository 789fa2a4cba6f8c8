"""Publishing a batch: places that came free and new stock go to the waiting, before anybody collects by it.

While a later draw of the round is committed, this draw's waiting list has ended: a batch then only gives displaced
and unplaced winners a place. What counts is the ledger's order, so that anyone can tell for every batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from maskres.db import batches, files, record, results, rounds, slots
from maskres.db.engine import Transaction
from maskres.db.persons import note_wins
from maskres.errors import StepRefused
from maskres.ledger import bodies
from maskres.ledger.body_shapes import Kind
from maskres.lottery.batch import (
    Batch,
    Plan,
    place_batch,
    plan_batch,
    read_changes,
    replay,
    share_released,
    write_changes,
)
from maskres.lottery.placements import Placement, Placements, read_allocation, write_allocation
from maskres.lottery.results import read_result
from maskres.lottery.slots import Slot, check_lead, write_slots
from maskres.lottery.standings import Standings, Status
from maskres.lottery.wishes import read_wishes
from maskres.pickup.codes import CodeMaker, code_digest
from maskres.usecases.draw.drawing import publish
from maskres.usecases.draw.opened_wishes import write_opened_wishes
from maskres.usecases.draw.placing import count_by_slot, place_rows
from maskres.usecases.pickup.afterwards import published_draw
from maskres.usecases.record import enter
from maskres.usecases.rounds.committed import read_own_commitment, require_all_cosigned
from maskres.usecases.rounds.store_files import read_slot_plan
from maskres.usecases.service import Actor, Service, one_transaction


@one_transaction
def publish_batch(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    *,
    room: Path | None = None,
    released: int = 0,
) -> dict[str, int]:
    """Publish the next batch of a draw.

    Args:
        c: given by the decorator.
        service: the service.
        actor: operator.
        round_slug: the round.
        draw_number: the draw, published or collecting.
        room: the places offered, in the form of slots.csv; None for all that are free in slots still to come.
        released: places of newly arrived stock, shared over the strata by their quotas, so that nobody chooses who
            gets them; none once the waiting list has ended.

    Returns:
        "batch", its number; "placed" and "unplaced".

    Raises:
        StepRefused: "step-out-of-order"; "not-all-cosigned" while notary and witness have yet to cosign the places or
            an earlier batch; "waiting-list-ended" for stock released after that.
        CheckFailed: "slot-too-soon".
        InputError: "bad-released", "slot-differs", "slot-closed", and as read_slot_plan.
    """
    now = service.now()
    # The round is locked: a commitment of its next draw, which ends this waiting list, must not come in between.
    round_ = rounds.find_round(c, round_slug, is_locked=True)
    draw = published_draw(c, round_, draw_number)
    require_all_cosigned(c, round_, draw.draw)
    *ended_before, has_ended = _ended_lists(c, round_slug, draw.draw)
    if has_ended and released:
        raise StepRefused(
            "waiting-list-ended",
            "A later draw of this round is committed: this waiting list has ended, and stock is for that draw.",
        )
    earlier = batches.list_batches(c, draw.id)
    number = len(earlier) + 1
    names = {kind: f"{kind}-{number}.csv" for kind in ("changes", "room", "wishes", "promotion")}
    with service.scratch() as folder:
        offered = _room(c, service, round_, draw, room)
        check_lead(offered, now, round_.rules.lead_hours, file=names["room"])
        standings = _replay(c, draw, earlier, ended_before, folder)
        causes = batches.pending_changes(c, draw.id) | _lapses(standings)
        with (folder / names["changes"]).open("wb") as out:
            write_changes(causes, out)
        with (folder / names["room"]).open("wb") as out:
            write_slots(offered, out)
        shares = share_released(released, read_own_commitment(c, draw).quotas)
        plan = plan_batch(standings, read_changes(folder / names["changes"]), shares, has_ended=has_ended)
        placements, codes = _place(c, service, round_, draw, plan, offered, folder / names["wishes"])
        with (folder / names["promotion"]).open("wb") as out:
            write_allocation(placements, out)
        digests = {kind: publish(c, round_, draw, folder, name, service) for kind, name in names.items()}
    slots.insert_slots(c, draw.id, batches.offer_slots(c, draw.id, offered))
    _write_places(c, service, round_, draw, plan, placements, codes, number)
    slots.take_places(c, draw.id, count_by_slot(placements))
    batches.lapse_places(c, draw.id, _lapses(standings))
    batches.publish_changes(c, draw.id, number, causes)
    batches.insert_batch(c, draw.id, number, plan.released, now)
    note_wins(c, draw.id, number, now, round_.rules.person_data_until.isoformat())
    enter(
        c,
        service,
        now,
        Kind.BATCH,
        round_slug,
        draw.draw,
        bodies.batch(number, **digests, released=plan.released),
    )
    placed = int(placements.is_placed.sum())
    counts = {"batch": number, "placed": placed, "unplaced": len(placements) - placed}
    record.log(c, now, actor.name, "batch-published", round_slug=round_slug, draw=draw.draw, detail=counts)
    return counts


def _ended_lists(c: Transaction, round_slug: str, draw_number: int) -> list[bool]:
    """Tell of every batch of a draw, and at the end of one published now, whether its waiting list had ended."""
    later: set[int] = set()
    ended = []
    kinds = (Kind.BATCH, Kind.DRAW_COMMITTED, Kind.DRAW_VOIDED)
    for kind, draw in record.list_steps(c, round_slug, kinds):
        if kind == Kind.BATCH and draw == draw_number:
            ended.append(bool(later))
        elif draw is not None and draw > draw_number and kind == Kind.DRAW_COMMITTED:
            later.add(draw)
        elif draw is not None and kind == Kind.DRAW_VOIDED:
            later.discard(draw)
    return [*ended, bool(later)]


def _room(
    c: Transaction, service: Service, round_: rounds.Round, draw: rounds.Draw, room: Path | None
) -> list[Slot]:
    districts = rounds.store_districts(c, round_.id)
    if room is not None:
        return list(read_slot_plan(room, districts))
    earliest = service.now() + timedelta(hours=round_.rules.lead_hours)
    return [
        Slot(districts[row.store], row.store, row.slot, row.starts_at, row.ends_at, free)
        for row, free in batches.free_slots(c, draw.id, earliest).values()
    ]


def _replay(
    c: Transaction,
    draw: rounds.Draw,
    earlier: list[tuple[int, dict[str, int]]],
    ended_before: list[bool],
    folder: Path,
) -> Standings:
    """Follow the draw through its published files: they, not the tables, say who is where."""
    for name in ("result.csv", "allocation.csv"):
        files.fetch_file(c, draw.id, name, folder / name)
    done = []
    for (number, released), has_ended in zip(earlier, ended_before, strict=True):
        for name in (f"changes-{number}.csv", f"promotion-{number}.csv"):
            files.fetch_file(c, draw.id, name, folder / name)
        changes = read_changes(folder / f"changes-{number}.csv")
        promotion = read_allocation(folder / f"promotion-{number}.csv")
        done.append(Batch(changes, released, promotion, has_ended))
    return replay(read_result(folder / "result.csv"), read_allocation(folder / "allocation.csv"), done)


def _lapses(standings: Standings) -> dict[str, str]:
    rows = standings.find(Status.LEFT_UNPLACED)
    return {number.decode(): "lapsed" for number in standings.result.numbers[rows].tolist()}


def _place(
    c: Transaction,
    service: Service,
    round_: rounds.Round,
    draw: rounds.Draw,
    plan: Plan,
    offered: list[Slot],
    wishes: Path,
) -> tuple[Placements, bytes]:
    """Place everyone of a batch; gives the digests of their first codes too, as unsealing.Opened has them."""
    numbers = sorted(number.decode() for number in [*plan.replaced.tolist(), *plan.promoted.tolist()])
    codes = write_opened_wishes(c, service, round_, draw, wishes, numbers)
    return place_batch(plan, read_wishes(wishes), offered, str(draw.seed)), codes


def _write_places(
    c: Transaction,
    service: Service,
    round_: rounds.Round,
    draw: rounds.Draw,
    plan: Plan,
    placements: Placements,
    codes: bytes,
    number: int,
) -> None:
    replaced = len(plan.replaced)
    moved = list(islice(placements, replaced))
    results.move_places(c, _moves(c, service, round_, draw, moved, number))
    rows = place_rows(draw.id, placements, codes, batch=number, after=replaced)
    results.insert_places(c, rows, len(placements) - replaced)


def _moves(
    c: Transaction,
    service: Service,
    round_: rounds.Round,
    draw: rounds.Draw,
    placements: list[Placement],
    number: int,
) -> Iterator[dict[str, Any]]:
    """Give displaced and unplaced winners their new place, under a new code."""
    maker = CodeMaker(service.keys.round_keys(round_.slug).code, round_.slug, draw.draw)
    versions = results.code_versions(c, draw.id, [placement.number for placement in placements])
    for placement in placements:
        version = versions[placement.number] + 1
        code = maker.code(placement.number, version)
        yield {
            "of_draw": draw.id,
            "of_number": placement.number,
            "new_batch": number,
            "new_status": "assigned" if placement.is_placed else "unplaced",
            "new_store": placement.store or None,
            "new_slot": placement.slot or None,
            "new_choice": placement.choice,
            "new_code_version": version,
            "new_code_digest": code_digest(service.keys.deployment.lookup, code)
            if placement.is_placed
            else None,
        }
