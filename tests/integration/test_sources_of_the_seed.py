"""Dice and beacon: entered by the right person in their time, once, and then the outcome is fixed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from maskres.errors import CheckFailed, InputError, StepRefused
from maskres.formats import strict_json
from maskres.ledger.body_shapes import Kind
from maskres.ledger.checkpoints import cosign
from maskres.lottery.drand_networks import QUICKNET
from maskres.lottery.sources import DeclaredSource, Dice, Drand
from maskres.rehearsal.parts import RehearsedBeacon, beacon_network, cosigner_keys
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw import committing, drawing, seeding
from maskres.usecases.draw.cosigning import ledger_pages
from maskres.usecases.record import add_cosignature
from maskres.usecases.service import Service
from tests.reference import plain_draw
from tests.support.raw import fetch
from tests.support.world import (
    DEPUTY,
    NOTARY,
    OPERATOR,
    ROLLS,
    ROUND,
    SEED,
    beacon_json,
    cosign_all,
    default_quotas,
    dice_source,
    drand_source,
    hours_of,
    play_to,
    published,
    set_clock,
    set_slots,
    status_of,
    winners_of,
)

DRAND = drand_source()
ROUND_AT = DRAND.network.round_at


def committed(service: Service, sources: list[DeclaredSource] | None = None) -> None:
    play_to(service, DrawStatus.COMMITTED, sources=sources)
    set_clock(service, hours_of(1, 88))


def expected_seed(service: Service, *values: str) -> tuple[bytes, str]:
    commitment = hashlib.sha256(published(service, "commitment.json")).hexdigest()
    text = "".join(f"{line}\n" for line in ("maskres-draw-1", f"commitment {commitment}", *values))
    return text.encode(), hashlib.sha256(text.encode()).hexdigest()


def randomness() -> str:
    return RehearsedBeacon.randomness(RehearsedBeacon(SEED).signature(DRAND.network.round))


def test_dice_then_beacon_make_the_seed(service: Service):
    committed(service)
    typed = " ".join(ROLLS[at : at + 5] for at in range(0, 39, 5))
    assert seeding.enter_dice(service, NOTARY, ROUND, 1, typed) == ROLLS
    assert status_of(service) is DrawStatus.DICED
    cosign_all(service)
    assert fetch(service.database, "SELECT dice, beacon, seed FROM draws") == [(ROLLS, None, None)]
    with pytest.raises(StepRefused) as unfinished:
        drawing.draw_winners(service, OPERATOR, ROUND, 1)
    assert unfinished.value.code == "no-seed"
    set_clock(service, ROUND_AT)
    seed = seeding.enter_beacon(service, OPERATOR, ROUND, 1, beacon_json(DRAND))
    text, expected = expected_seed(service, f"notary-dice {ROLLS}", f"drand {randomness()}")
    assert (published(service, "seed.txt"), seed) == (text, expected)
    assert json.loads(published(service, "beacon.json"))["randomness"] == randomness()
    assert fetch(service.database, "SELECT dice, beacon, seed FROM draws") == [(ROLLS, randomness(), seed)]
    lines = [
        json.loads(bytes(row[0]))
        for row in fetch(service.database, "SELECT line FROM ledger_entries ORDER BY seq")
    ]
    assert [line["kind"] for line in lines[-2:]] == ["dice", "beacon"]
    assert lines[-2]["body"] == {"source": "notary-dice", "rolls": ROLLS}


def test_whoever_committed_does_not_enter_the_dice(service: Service):
    committed(service)
    with pytest.raises(StepRefused) as refused:
        seeding.enter_dice(service, OPERATOR, ROUND, 1, ROLLS)
    assert refused.value.code == "same-person"
    with pytest.raises(StepRefused) as missing:
        seeding.enter_dice(service, OPERATOR, ROUND, 1, "missing")
    assert missing.value.code == "same-person"
    assert fetch(service.database, "SELECT status, dice FROM draws") == [("committed", None)]


def test_dice_are_entered_once(service: Service):
    committed(service)
    seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    for rolls in (ROLLS, ROLLS[::-1], "missing"):
        with pytest.raises(StepRefused) as refused:
            seeding.enter_dice(service, NOTARY, ROUND, 1, rolls)
        assert refused.value.code == "step-out-of-order"
    assert fetch(service.database, "SELECT dice FROM draws") == [(ROLLS,)]


def test_rolls_are_as_many_as_declared(service: Service):
    committed(service)
    for rolls in ("", ROLLS[:-1], f"{ROLLS}1", f"{ROLLS[:-1]}X", "Missing"):
        with pytest.raises(InputError) as refused:
            seeding.enter_dice(service, NOTARY, ROUND, 1, rolls)
        assert refused.value.code == "bad-rolls"
    assert status_of(service) is DrawStatus.COMMITTED


def test_threat_dice_ground_dice_that_come_too_late_do_not_count_but_missing_does(service: Service):
    """Whoever waits for the beacon and then rolls could choose: after the declared time only "missing" is taken."""
    committed(service)
    set_clock(service, hours_of(1, 91))
    with pytest.raises(StepRefused, match="2020-02-11T18:00:00Z") as refused:
        seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    assert refused.value.code == "dice-too-late"
    assert seeding.enter_dice(service, NOTARY, ROUND, 1, " missing ") == "missing"
    seed = seeding.enter_beacon(service, OPERATOR, ROUND, 1, beacon_json(DRAND))
    assert seed == expected_seed(service, "notary-dice missing", f"drand {randomness()}")[1]
    drawing.draw_winners(service, OPERATOR, ROUND, 1)


def test_dice_are_not_missing_while_they_may_still_be_rolled(service: Service):
    committed(service)
    set_clock(service, dice_source().by)
    with pytest.raises(StepRefused) as refused:
        seeding.enter_dice(service, NOTARY, ROUND, 1, "missing")
    assert refused.value.code == "dice-not-due"
    assert seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS) == ROLLS


def test_dice_are_in_time_at_the_very_second(service: Service):
    committed(service)
    set_clock(service, dice_source().by)
    assert seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS) == ROLLS


def test_dice_alone_make_the_seed_and_are_waited_for(service: Service):
    committed(service, [dice_source()])
    with pytest.raises(InputError) as waited_for:
        seeding.enter_dice(service, NOTARY, ROUND, 1, "missing")
    assert waited_for.value.code == "bad-value"
    with pytest.raises(StepRefused) as refused:
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))
    assert refused.value.code == "no-beacon"
    set_clock(service, hours_of(1, 100))  # late, but no beacon could tell anybody what to roll
    seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    with pytest.raises(StepRefused) as alone:
        drawing.draw_winners(service, OPERATOR, ROUND, 1)
    assert alone.value.code == "dice-not-cosigned"
    cosign_all(service)
    text, seed = expected_seed(service, f"notary-dice {ROLLS}")
    assert published(service, "seed.txt") == text
    assert fetch(service.database, "SELECT beacon, seed FROM draws") == [(None, seed)]
    assert sum(drawing.draw_winners(service, OPERATOR, ROUND, 1).values()) > 0


def test_a_beacon_alone_makes_the_seed(service: Service):
    committed(service, [DRAND])
    with pytest.raises(StepRefused) as refused:
        seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    assert refused.value.code == "no-dice"
    set_clock(service, ROUND_AT)
    seeding.enter_beacon(service, OPERATOR, ROUND, 1, beacon_json(DRAND))
    text, seed = expected_seed(service, f"drand {randomness()}")
    assert published(service, "seed.txt") == text
    assert fetch(service.database, "SELECT status, dice, seed FROM draws") == [("diced", None, seed)]
    drawing.draw_winners(service, OPERATOR, ROUND, 1)


def test_the_dice_come_before_the_beacon(service: Service):
    committed(service)
    set_clock(service, ROUND_AT)
    with pytest.raises(StepRefused, match="the dice come before") as refused:
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))
    assert refused.value.code == "step-out-of-order"


def test_a_beacon_is_taken_from_its_own_time_on_and_once(service: Service):
    play_to(service, DrawStatus.DICED)
    with pytest.raises(StepRefused) as early:
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))
    assert early.value.code == "beacon-too-early"
    set_clock(service, ROUND_AT)
    seed = seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))
    with pytest.raises(StepRefused) as twice:
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))
    assert twice.value.code == "beacon-entered"
    assert fetch(service.database, "SELECT seed FROM draws") == [(seed,)]


def test_a_beacon_that_is_not_the_declared_one_is_refused(service: Service):
    play_to(service, DrawStatus.DICED)
    set_clock(service, ROUND_AT)
    good = json.loads(beacon_json(DRAND))
    forged = bytes(48)
    later = RehearsedBeacon(SEED).signature(DRAND.network.round + 1)
    for changes, code in (
        ({"round": DRAND.network.round + 1, "signature": later.hex()}, "beacon-round"),
        ({"randomness": "0" * 64}, "beacon-randomness"),
        ({"signature": forged.hex(), "randomness": hashlib.sha256(forged).hexdigest()}, "beacon-point"),
        ({"signature": later.hex(), "randomness": hashlib.sha256(later).hexdigest()}, "beacon-signature"),
    ):
        with pytest.raises(CheckFailed) as refused:
            seeding.enter_beacon(service, DEPUTY, ROUND, 1, strict_json.dumps(good | changes))
        assert refused.value.code == code
    for data, code in (
        (b"{", "bad-json"),
        (strict_json.dumps(good | {"more": 1}), "bad-beacon"),
        (strict_json.dumps(good | {"round": str(good["round"])}), "bad-beacon"),
        (beacon_json(DRAND).replace(b'"round"', b'"round":1,"round"'), "bad-json"),
    ):
        with pytest.raises(InputError) as malformed:
            seeding.enter_beacon(service, DEPUTY, ROUND, 1, data)
        assert malformed.value.code == code
    assert fetch(service.database, "SELECT beacon, seed FROM draws") == [(None, None)]
    assert fetch(
        service.database, "SELECT count(*) FROM artifacts WHERE name IN ('seed.txt', 'beacon.json')"
    ) == [(0,)]


SUCCESSOR = replace(beacon_network(SEED, hours_of(1, 95)), chain="ab" * 32)
WITH_SUCCESSOR = Drand("drand", DRAND.network, SUCCESSOR)


def ended(service: Service) -> None:
    """Commit with a successor, enter the dice, and let the network end."""
    committed(service, [dice_source(), WITH_SUCCESSOR])
    seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    cosign_all(service)
    set_clock(service, hours_of(1, 92))
    assert seeding.name_successor(service, DEPUTY, ROUND, 1) == SUCCESSOR.round


def test_the_successor_counts_once_it_is_cosigned_before_its_round(service: Service):
    ended(service)
    with pytest.raises(
        StepRefused
    ) as pending:  # whoever may still cosign could choose between the two otherwise
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))
    assert pending.value.code == "successor-pending"
    cosign_all(service, Kind.BEACON)
    with pytest.raises(StepRefused) as early:
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))
    assert early.value.code == "beacon-too-early"
    set_clock(service, SUCCESSOR.round_at)
    with pytest.raises(CheckFailed) as old:  # what the old network publishes later no longer counts
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))
    assert old.value.code == "beacon-round"
    seed = seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(Drand("drand", SUCCESSOR)))
    said = RehearsedBeacon.randomness(RehearsedBeacon(SEED).signature(SUCCESSOR.round))
    assert seed == expected_seed(service, f"notary-dice {ROLLS}", f"drand {said}")[1]
    bodies = [
        json.loads(bytes(row[0]))["body"]
        for row in fetch(
            service.database, "SELECT line FROM ledger_entries WHERE kind = 'beacon' ORDER BY seq"
        )
    ]
    assert bodies[0] == {"source": "drand", "successor_round": SUCCESSOR.round}
    assert (bodies[1]["source"], bodies[1]["round"]) == ("drand", SUCCESSOR.round)


def test_a_successor_nobody_cosigned_in_time_does_not_count(service: Service):
    ended(service)
    set_clock(service, SUCCESSOR.round_at)
    with pytest.raises(CheckFailed):
        seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(Drand("drand", SUCCESSOR)))
    seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))


def test_a_successor_is_named_once_in_its_time_where_one_was_declared(service: Service):
    committed(service, [dice_source(), WITH_SUCCESSOR])
    set_clock(service, SUCCESSOR.round_at)
    with pytest.raises(StepRefused) as late:
        seeding.name_successor(service, DEPUTY, ROUND, 1)
    assert late.value.code == "successor-too-late"
    set_clock(service, hours_of(1, 92))
    seeding.name_successor(service, DEPUTY, ROUND, 1)
    with pytest.raises(StepRefused) as twice:
        seeding.name_successor(service, DEPUTY, ROUND, 1)
    assert twice.value.code == "successor-named"


def test_a_successor_that_was_not_declared_cannot_be_named(service: Service):
    committed(service)
    with pytest.raises(StepRefused) as refused:
        seeding.name_successor(service, DEPUTY, ROUND, 1)
    assert refused.value.code == "no-successor"


def test_a_network_under_a_known_name_is_not_committed(service: Service):
    play_to(service, DrawStatus.DECIDED)
    set_slots(service)
    set_clock(service, hours_of(1, 87))
    forged = Drand("drand", replace(DRAND.network, chain=QUICKNET.chain))
    with pytest.raises(InputError) as refused:
        committing.commit_draw(service, OPERATOR, ROUND, 1, default_quotas(service), [dice_source(), forged])
    assert (refused.value.code, refused.value.field) == ("bad-source", "drand.public_key")


def uncosigned(service: Service, *, hours: float = 88) -> None:
    """Commit without anybody cosigning it."""
    play_to(service, DrawStatus.DECIDED)
    set_slots(service)
    set_clock(service, hours_of(1, 87))
    sources = [dice_source(), DRAND]
    committing.commit_draw(service, OPERATOR, ROUND, 1, default_quotas(service), sources)
    set_clock(service, hours_of(1, hours))


def cosign_newest(service: Service, at: datetime, *roles: int) -> None:
    """Let notary (0) and witness (1) cosign the newest checkpoint at a moment."""
    page = ledger_pages(service)[0]
    for role in roles:
        key = cosigner_keys(SEED)[role]
        add_cosignature(service, NOTARY, page.size, cosign(page.note.encode(), key, at), key.verifier.text)


def refusal_of(step: Callable[[], object]) -> str:
    with pytest.raises(StepRefused) as refused:
        step()
    return refused.value.code


def test_no_dice_before_notary_and_witness_have_cosigned_the_commitment(service: Service):
    """Whoever shows the commitment to nobody could still exchange it."""
    uncosigned(service)
    enter = lambda: seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS)  # noqa: E731
    assert refusal_of(enter) == "commitment-not-cosigned"
    cosign_newest(service, hours_of(1, 88), 0)
    assert refusal_of(enter) == "commitment-not-cosigned"
    cosign_newest(service, hours_of(1, 88), 1)
    assert refusal_of(enter) == "dice-too-early"
    set_clock(service, hours_of(1, 88) + timedelta(minutes=10))
    assert enter() == ROLLS


def test_a_commitment_cosigned_too_late_leads_to_no_draw(service: Service):
    uncosigned(service, hours=91)
    missing = lambda: seeding.enter_dice(service, NOTARY, ROUND, 1, "missing")  # noqa: E731
    assert refusal_of(missing) == "commitment-not-cosigned"
    cosign_newest(service, dice_source().by - timedelta(minutes=10) + timedelta(seconds=1), 0, 1)
    assert refusal_of(missing) == "commitment-cosigned-late"
    assert status_of(service) is DrawStatus.COMMITTED


def test_a_commitment_cosigned_in_time_and_handed_in_late_counts(service: Service):
    uncosigned(service, hours=91)
    cosign_newest(service, dice_source().by - timedelta(minutes=10), 0, 1)
    assert seeding.enter_dice(service, NOTARY, ROUND, 1, "missing") == "missing"


def test_a_beacon_alone_waits_for_the_cosigned_commitment(service: Service):
    play_to(service, DrawStatus.DECIDED)
    set_slots(service)
    set_clock(service, hours_of(1, 87))
    committing.commit_draw(service, OPERATOR, ROUND, 1, default_quotas(service), [DRAND])
    set_clock(service, ROUND_AT)
    enter = lambda: seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))  # noqa: E731
    assert refusal_of(enter) == "commitment-not-cosigned"
    cosign_newest(service, ROUND_AT - timedelta(minutes=10), 0, 1)
    enter()


def test_rolls_that_were_not_cosigned_before_the_beacon_are_not_drawn_from(service: Service):
    """Operator and notary together could otherwise wait for the beacon and grind the dice."""
    committed(service)
    seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    set_clock(service, ROUND_AT)
    enter = lambda: seeding.enter_beacon(service, DEPUTY, ROUND, 1, beacon_json(DRAND))  # noqa: E731
    cosign_newest(service, dice_source().by, 0)
    assert refusal_of(enter) == "dice-not-cosigned"
    cosign_newest(service, dice_source().by + timedelta(seconds=1), 1)
    assert refusal_of(enter) == "dice-cosigned-late"
    assert refusal_of(lambda: seeding.enter_dice(service, NOTARY, ROUND, 1, "missing")) == "step-out-of-order"
    assert fetch(service.database, "SELECT seed FROM draws") == [(None,)]


def test_sources_come_after_the_commitment(service: Service):
    play_to(service, DrawStatus.DECIDED)
    with pytest.raises(StepRefused) as dice:
        seeding.enter_dice(service, NOTARY, ROUND, 1, ROLLS)
    assert dice.value.code == "step-out-of-order"
    with pytest.raises(InputError) as beacon:
        seeding.enter_beacon(service, NOTARY, ROUND, 1, beacon_json(DRAND))
    assert beacon.value.code == "not-published"


@pytest.mark.parametrize("sides", [6, 8])
def test_other_dice_serve_too(service: Service, sides: int):
    rolls = {6: 50, 8: 43}[sides]
    committed(service, [Dice("dice", sides, rolls, hours_of(1, 89)), DRAND])
    typed = ("123456" * 9)[:rolls]
    with pytest.raises(InputError):
        seeding.enter_dice(service, NOTARY, ROUND, 1, "0" * rolls)
    assert seeding.enter_dice(service, NOTARY, ROUND, 1, typed) == typed


def test_the_result_is_what_the_specification_says_of_pool_and_seed(service: Service):
    """Drawn again by a second implementation from the published files alone."""
    play_to(service, DrawStatus.DRAWN)
    seed = hashlib.sha256(published(service, "seed.txt")).hexdigest()
    quotas = json.loads(published(service, "commitment.json"))["quotas"]
    pool = [line.split(",") for line in published(service, "pool.csv").decode().splitlines()[1:]]
    lines, cutoffs = plain_draw.draw([(n, stratum, int(t)) for n, stratum, t, _seal in pool], quotas, seed)
    assert published(service, "result.csv") == plain_draw.result_file(lines)
    stored = fetch(
        service.database, "SELECT rank, number, stratum, ticket, outcome FROM results ORDER BY rank"
    )
    assert stored == lines
    ((line,),) = fetch(service.database, "SELECT line FROM ledger_entries WHERE kind = 'drawn'")
    assert json.loads(bytes(line))["body"]["cutoffs"] == cutoffs
    assert len(winners_of(service)) == sum(quotas.values())
