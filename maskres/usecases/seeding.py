"""The sources of the seed: dice rolled in public, and a beacon that nobody here controls."""

from __future__ import annotations

from datetime import datetime

from maskres.db import files, record, rounds
from maskres.db.engine import Transaction
from maskres.errors import InputError, StepRefused
from maskres.formats import strict_json
from maskres.formats.values import format_time
from maskres.ledger import bodies
from maskres.ledger.body_shapes import Kind
from maskres.ledger.commitment import LEAD, Commitment, read_commitment
from maskres.ledger.note_keys import read_verifier_key
from maskres.lottery.seed import seed_file, seed_of
from maskres.lottery.source_values import MISSING, Beacon, read_beacon, read_rolls
from maskres.lottery.sources import DeclaredSource, Dice, Drand
from maskres.rounds.status import DrawStatus
from maskres.usecases.record import enter
from maskres.usecases.service import Actor, Service, one_transaction


def committed_sources(c: Transaction, draw: rounds.Draw) -> tuple[DeclaredSource, ...]:
    """Give the sources that a draw's commitment declares.

    Raises:
        InputError: "not-published" where there is no commitment yet.
    """
    return read_own_commitment(c, draw).sources


def read_own_commitment(c: Transaction, draw: rounds.Draw) -> Commitment:
    """Read the commitment of a draw. Raises as committed_sources."""
    return read_commitment(files.fetch_bytes(c, draw.id, "commitment.json"))


def first_known_at(c: Transaction, round_: rounds.Round, draw: rounds.Draw) -> datetime:
    """Give the time from which the first source of a committed draw may be known to somebody.

    A beacon is known when its round has come. Dice are known when they fall: that may be from ten minutes after notary
    and witness have both cosigned the commitment, and at the latest when they are due.
    """
    times = [
        source.by if isinstance(source, Dice) else source.network.round_at
        for source in committed_sources(c, draw)
    ]
    if any(isinstance(source, Dice) for source in committed_sources(c, draw)):
        names = [read_verifier_key(text).name for _role, text in round_.cosigners]
        cosigned_at = record.cosigned_by_all_at(c, Kind.DRAW_COMMITTED, round_.slug, draw.draw, names)
        if cosigned_at is not None:
            times.append(cosigned_at + LEAD)
    return min(times)


@one_transaction
def enter_dice(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int, rolls: str
) -> str:
    """Enter the notary's rolls, once; from then on the outcome is fixed.

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

    Returns:
        The rolls as they stand in the ledger.

    Raises:
        StepRefused: "step-out-of-order", "no-dice", "dice-too-late", "dice-not-due", "same-person".
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
    if rolls.strip() == MISSING:
        value = MISSING
        if len(sources) == 1:
            raise InputError("bad-value", "Without a beacon the draw waits for the dice.", field=dice.name)
        if now <= dice.by:
            raise StepRefused("dice-not-due", f"The dice may still be rolled until {format_time(dice.by)}.")
    else:
        value = read_rolls(rolls, dice)
        if now > dice.by and len(sources) > 1:
            raise StepRefused("dice-too-late", f"The rolls had to be entered by {format_time(dice.by)}.")
    values = {"dice": value}
    if len(sources) == 1:
        values["seed"] = _publish_seed(c, service, round_, draw, {dice.name: value})
    rounds.write_draw(c, draw, values)
    enter(c, service, now, Kind.DICE, round_slug, draw.draw, bodies.dice(dice.name, value))
    record.log(c, now, actor.name, "dice-entered", round_slug=round_slug, draw=draw.draw)
    return value


@one_transaction
def enter_beacon(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int, data: bytes
) -> str:
    """Enter the beacon's round; anyone may hand it in, for it can be only one.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who hands it in.
        round_slug: the round.
        draw_number: the draw: diced, or committed where it has no dice.
        data: beacon.json.

    Returns:
        The seed.

    Raises:
        StepRefused: "step-out-of-order", "no-beacon", "beacon-too-early", "beacon-entered".
        InputError: "bad-json", "bad-beacon".
        CheckFailed: "beacon-round", "beacon-randomness", "beacon-signature".
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
    if now < drand.network.round_at:
        raise StepRefused("beacon-too-early", f"This round comes at {format_time(drand.network.round_at)}.")
    beacon = read_beacon(data, drand.network, verify=service.verify_beacon)
    values = {drand.name: beacon.randomness}
    values |= {source.name: draw.dice or MISSING for source in sources if isinstance(source, Dice)}
    seed = _publish_seed(c, service, round_, draw, values)
    _publish_beacon(c, service, round_, draw, beacon)
    rounds.write_draw(c, draw, {"beacon": beacon.randomness, "seed": seed})
    body = bodies.beacon(drand.name, beacon.round, beacon.signature, beacon.randomness)
    enter(c, service, now, Kind.BEACON, round_slug, draw.draw, body)
    record.log(c, now, actor.name, "beacon-entered", round_slug=round_slug, draw=draw.draw)
    return seed


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
    document = {"round": beacon.round, "signature": beacon.signature, "randomness": beacon.randomness}
    with service.scratch() as folder:
        (folder / "beacon.json").write_bytes(strict_json.dumps(document))
        files.publish_file(c, round_.id, draw.id, "beacon.json", folder / "beacon.json", service.now())
