"""The sources of the seed: dice rolled in public, and a beacon that nobody here controls."""

from __future__ import annotations

from maskres.db import files, record, rounds
from maskres.db.engine import Transaction
from maskres.errors import InputError, StepRefused
from maskres.formats import strict_json
from maskres.formats.values import format_time
from maskres.ledger import bodies
from maskres.ledger.body_shapes import Kind
from maskres.ledger.commitment import LEAD
from maskres.lottery.seed import seed_file, seed_of
from maskres.lottery.source_values import MISSING, Beacon, read_beacon, read_rolls
from maskres.lottery.sources import Dice, Drand
from maskres.rounds.status import DrawStatus
from maskres.usecases.record import enter
from maskres.usecases.rounds.committed import (
    committed_sources,
    counting_network,
    named_successor,
    require_cosigned_commitment,
    require_cosigned_dice,
)
from maskres.usecases.service import Actor, Service, approved_detail, one_transaction


@one_transaction
def enter_dice(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    rolls: str,
    approved: str | None = None,
) -> str:
    """Enter the notary's rolls, once; from then on the outcome is fixed (spec E9 to E11).

    Rolls count only if they come by the time the commitment declared, before the beacon: whoever knew the beacon
    could choose them. "missing" may be entered after that alone: before, it would pass the notary over, who may still
    roll; after, rolls no longer can be, and nothing is left to choose.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who enters them; not the one who committed.
        round_slug: the round.
        draw_number: the draw, committed.
        rolls: as typed, or "missing".
        approved: digest of what was looked at, for the audit log.

    Returns:
        The rolls as they stand in the ledger.

    Raises:
        StepRefused: "step-out-of-order", "no-dice", "same-person"; "commitment-not-cosigned",
            "commitment-cosigned-late"; "dice-too-early", "dice-too-late", "dice-not-due".
        InputError: "bad-rolls", "bad-value".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    rounds.move_draw(c, draw, DrawStatus.DICED)
    if actor.name == draw.committed_by:
        raise StepRefused("same-person", "Whoever committed the draw cannot enter its dice.")
    sources = committed_sources(c, draw)
    dice = next((source for source in sources if isinstance(source, Dice)), None)
    if dice is None:
        raise StepRefused("no-dice", "This draw has no dice; its seed comes from the beacon alone.")
    vouched_at = require_cosigned_commitment(c, round_, draw)
    if rolls.strip() == MISSING:
        value = MISSING
        if len(sources) == 1:
            raise InputError("bad-value", "Without a beacon the draw waits for the dice.", field=dice.name)
        if now <= dice.by:
            raise StepRefused("dice-not-due", f"The dice may still be rolled until {format_time(dice.by)}.")
    else:
        value = read_rolls(rolls, dice)
        if now < vouched_at + LEAD:
            due = format_time(vouched_at + LEAD)
            raise StepRefused(
                "dice-too-early", f"The dice are rolled ten minutes after both cosigned: {due}."
            )
        if now > dice.by and len(sources) > 1:
            raise StepRefused("dice-too-late", f"The rolls had to be entered by {format_time(dice.by)}.")
    values = {"dice": value}
    if len(sources) == 1:
        values["seed"] = _publish_seed(c, service, round_, draw, {dice.name: value})
    rounds.write_draw(c, draw, values)
    enter(c, service, now, Kind.DICE, round_slug, draw.draw, bodies.dice(dice.name, value))
    detail = approved_detail(approved)
    record.log(c, now, actor.name, "dice-entered", round_slug=round_slug, draw=draw.draw, detail=detail)
    return value


@one_transaction
def enter_beacon(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    data: bytes,
    approved: str | None = None,
) -> str:
    """Enter the beacon's round; anyone may hand it in, for it can be only one (spec E13).

    Args:
        c: given by the decorator.
        service: the service.
        actor: who hands it in.
        round_slug: the round.
        draw_number: the draw: diced, or committed where it has no dice.
        data: beacon.json.
        approved: digest of what was looked at, for the audit log.

    Returns:
        The seed.

    Raises:
        StepRefused: "step-out-of-order", "no-beacon", "beacon-too-early", "beacon-entered"; "successor-pending"
            while notary and witness may still cosign that the successor counts; "commitment-not-cosigned",
            "commitment-cosigned-late", "dice-not-cosigned", "dice-cosigned-late".
        InputError: "bad-json", "bad-beacon".
        CheckFailed: "beacon-round", "beacon-randomness", "beacon-point", "beacon-signature".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    sources = committed_sources(c, draw)
    drand = next((source for source in sources if isinstance(source, Drand)), None)
    if drand is None:
        raise StepRefused("no-beacon", "This draw has no beacon; its seed comes from the dice alone.")
    if len(sources) == 1:
        rounds.move_draw(c, draw, DrawStatus.DICED)
    elif draw.status is not DrawStatus.DICED:
        raise StepRefused("step-out-of-order", f"The draw is {draw.status}; the dice come before the beacon.")
    if draw.beacon is not None:
        raise StepRefused("beacon-entered", "The beacon has been entered already.")
    require_cosigned_commitment(c, round_, draw)
    require_cosigned_dice(c, round_, draw)
    network = counting_network(c, round_, draw, drand)
    if drand.successor is not None and network is drand.network:
        is_named = named_successor(c, round_, draw) is not None
        if is_named and now < drand.successor.round_at:
            raise StepRefused("successor-pending", "Whether the successor counts is not settled yet.")
    if now < network.round_at:
        raise StepRefused("beacon-too-early", f"This round comes at {format_time(network.round_at)}.")
    beacon = read_beacon(data, network)
    values = {drand.name: beacon.randomness}
    values |= {source.name: draw.dice or MISSING for source in sources if isinstance(source, Dice)}
    seed = _publish_seed(c, service, round_, draw, values)
    _publish_beacon(c, service, round_, draw, beacon)
    rounds.write_draw(c, draw, {"beacon": beacon.randomness, "seed": seed})
    body = bodies.beacon(drand.name, beacon.round, beacon.signature, beacon.randomness)
    enter(c, service, now, Kind.BEACON, round_slug, draw.draw, body)
    detail = approved_detail(approved)
    record.log(c, now, actor.name, "beacon-entered", round_slug=round_slug, draw=draw.draw, detail=detail)
    return seed


@one_transaction
def name_successor(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    approved: str | None = None,
) -> int:
    """Say that the declared network has ended and the round of its declared successor counts.

    It does once notary and witness have cosigned this before that round's time: nobody knows its value then.

    Returns:
        The successor's round.

    Raises:
        StepRefused: "step-out-of-order", "no-successor", "beacon-entered", "successor-named", "successor-too-late".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    if draw.status not in (DrawStatus.COMMITTED, DrawStatus.DICED):
        raise StepRefused("step-out-of-order", f"The draw is {draw.status}; it waits for no beacon.")
    drand = next((each for each in committed_sources(c, draw) if isinstance(each, Drand)), None)
    if drand is None or drand.successor is None:
        raise StepRefused("no-successor", "This draw was committed without a successor of its beacon.")
    if draw.beacon is not None:
        raise StepRefused("beacon-entered", "The beacon has been entered already.")
    if named_successor(c, round_, draw) is not None:
        raise StepRefused("successor-named", "The ledger says already that the successor counts.")
    if now >= drand.successor.round_at:
        due = format_time(drand.successor.round_at)
        raise StepRefused("successor-too-late", f"The successor's round was known from {due} on.")
    body = bodies.beacon_succeeded(drand.name, drand.successor.round)
    enter(c, service, now, Kind.BEACON, round_slug, draw.draw, body)
    detail = approved_detail(approved)
    record.log(c, now, actor.name, "successor-named", round_slug=round_slug, draw=draw.draw, detail=detail)
    return drand.successor.round


def _publish_seed(
    c: Transaction, service: Service, round_: rounds.Round, draw: rounds.Draw, values: dict[str, str]
) -> str:
    commitment = files.list_files(c, draw.id)["commitment.json"]
    data = seed_file(commitment.sha256, committed_sources(c, draw), values)
    with service.scratch() as folder:
        (folder / "seed.txt").write_bytes(data)
        files.publish_file(c, round_.id, draw.id, "seed.txt", folder / "seed.txt", service.now())
    return seed_of(data)


def _publish_beacon(
    c: Transaction, service: Service, round_: rounds.Round, draw: rounds.Draw, beacon: Beacon
) -> None:
    with service.scratch() as folder:
        (folder / "beacon.json").write_bytes(strict_json.dumps(beacon.to_json()))
        files.publish_file(c, round_.id, draw.id, "beacon.json", folder / "beacon.json", service.now())
