"""Drawing the winners, and placing them at stores and slots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from maskres.db import files, record, results, rounds, slots
from maskres.db.engine import Transaction
from maskres.db.persons import note_wins
from maskres.errors import StepRefused
from maskres.ledger import bodies
from maskres.ledger.bodies import FileDigest
from maskres.ledger.body_shapes import Kind
from maskres.lottery.allocation import allocate
from maskres.lottery.draw import draw as draw_pool
from maskres.lottery.placements import write_allocation
from maskres.lottery.pool import read_pool
from maskres.lottery.results import read_result, write_result, write_result_by_number
from maskres.lottery.slots import read_slots
from maskres.lottery.wishes import read_wishes
from maskres.rounds.status import DrawStatus, require_draw_step
from maskres.usecases.draw.fairness import labels_beside, publish_fairness
from maskres.usecases.draw.opened_wishes import write_opened_wishes
from maskres.usecases.draw.placing import count_by_slot, place_rows
from maskres.usecases.draw.winners import write_prepared_wishes
from maskres.usecases.record import enter
from maskres.usecases.rounds.committed import (
    read_own_commitment,
    require_all_cosigned,
    require_cosigned_commitment,
    require_cosigned_dice,
)
from maskres.usecases.service import Actor, Service, one_transaction


@one_transaction
def draw_winners(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int
) -> dict[str, int]:
    """Draw: from the committed pool, the committed quotas and the seed, nothing else.

    Returns:
        Winners by stratum.

    Raises:
        StepRefused: "step-out-of-order", "no-seed", "commitment-not-cosigned", "commitment-cosigned-late",
            "dice-not-cosigned", "dice-cosigned-late".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    require_draw_step(draw.status, DrawStatus.DRAWN)
    if draw.seed is None:
        raise StepRefused("no-seed", "The seed is not complete: the beacon's round has not been entered.")
    require_cosigned_commitment(c, round_, draw)
    require_cosigned_dice(c, round_, draw)
    with service.scratch() as folder:
        files.fetch_file(c, draw.id, "pool.csv", folder / "pool.csv")
        seed = draw.seed
        result = draw_pool(read_pool(folder / "pool.csv"), read_own_commitment(c, draw).quotas, seed)
        with (folder / "result.csv").open("wb") as out:
            write_result(result, out)
        published = files.publish_file(c, round_.id, draw.id, "result.csv", folder / "result.csv", now)
        with (folder / "by-number.csv").open("wb") as out:
            write_result_by_number(result, out)
        results.load_result(c, draw.id, folder / "by-number.csv", len(result))
    rounds.move_draw(c, draw, DrawStatus.DRAWN, drawn_at=now)
    won = result.count_winners()
    cutoffs = {stratum: (result.cutoffs or {}).get(stratum) for stratum in won}
    body = bodies.drawn(seed, FileDigest(published.sha256, published.entries), cutoffs)
    enter(c, service, now, Kind.DRAWN, round_slug, draw.draw, body)
    record.log(c, now, actor.name, "draw-drawn", round_slug=round_slug, draw=draw.draw, detail={"won": won})
    return won


@one_transaction
def publish_allocation(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    *,
    prepared: Sequence[str] = (),
) -> dict[str, int]:
    """Open the winners' wishes, place them, and publish where everyone collects.

    Args:
        c: given by the decorator.
        service: the service.
        actor: operator.
        round_slug: the round.
        draw_number: the draw.
        prepared: the parts that have opened the wishes and made the codes already, in order (winners.py).

    Returns:
        How many were "placed" and how many "unplaced".

    Raises:
        StepRefused: "step-out-of-order".
        CheckFailed: "seal-differs"; "part-lost" where what a part made is gone.
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    rounds.move_draw(c, draw, DrawStatus.PUBLISHED, published_at=now)
    with service.scratch() as folder:
        files.fetch_file(c, draw.id, "result.csv", folder / "result.csv")
        files.fetch_file(c, draw.id, "slots.csv", folder / "slots.csv")
        with labels_beside(c, service, round_, draw, folder):
            if prepared:
                codes = write_prepared_wishes(c, service, prepared, folder / "wishes.csv")
            else:
                codes = write_opened_wishes(c, service, round_, draw, folder / "wishes.csv")
            placements = allocate(
                read_result(folder / "result.csv").winners,
                read_wishes(folder / "wishes.csv"),
                read_slots(folder / "slots.csv"),
                str(draw.seed),
            )
            with (folder / "allocation.csv").open("wb") as out:
                write_allocation(placements, out)
        publish_fairness(c, service, round_, draw, folder)
        published = {
            name: publish(c, round_, draw, folder, name, service) for name in ("allocation.csv", "wishes.csv")
        }
    results.insert_places(c, place_rows(draw.id, placements, codes), len(placements))
    slots.take_places(c, draw.id, count_by_slot(placements))
    note_wins(c, draw.id, 0, now, round_.rules.person_data_until.isoformat())
    body = bodies.allocated(published["allocation.csv"], published["wishes.csv"])
    enter(c, service, now, Kind.ALLOCATED, round_slug, draw.draw, body)
    placed = int(placements.is_placed.sum())
    counts = {"placed": placed, "unplaced": len(placements) - placed}
    record.log(c, now, actor.name, "draw-published", round_slug=round_slug, draw=draw.draw, detail=counts)
    return counts


def publish(
    c: Transaction, round_: rounds.Round, draw: rounds.Draw, folder: Path, name: str, service: Service
) -> FileDigest:
    """Publish a file of a folder under its own name."""
    published = files.publish_file(c, round_.id, draw.id, name, folder / name, service.now())
    return FileDigest(published.sha256, published.entries)


@one_transaction
def open_collection(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int
) -> None:
    """Open the counters: from now on tills hand out, by places that notary and witness have cosigned.

    Raises:
        StepRefused: "step-out-of-order", "not-all-cosigned".

    Source: spec E16.
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    rounds.move_draw(c, draw, DrawStatus.COLLECTING)
    require_all_cosigned(c, round_, draw.draw)
    record.log(c, now, actor.name, "collection-opened", round_slug=round_slug, draw=draw.draw)
