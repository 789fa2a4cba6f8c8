"""Steps of a draw taken by several at once: each is taken once, and stands in the ledger once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from sqlalchemy import update

from maskres.db import record, rounds
from maskres.db.engine import Transaction
from maskres.db.rounds import Draw
from maskres.db.tables import draws
from maskres.errors import ConflictError
from maskres.formats.values import sha256_hex
from maskres.ledger import bodies
from maskres.ledger.bodies import FileDigest
from maskres.ledger.body_shapes import Kind
from maskres.rounds.status import DrawStatus, require_draw_step
from maskres.usecases.draw import drawing, seeding
from maskres.usecases.eligibility import deciding
from maskres.usecases.record import enter
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import Service
from tests.support.people import make_people
from tests.support.racing import apart, barrier, codes, race
from tests.support.raw import fetch
from tests.support.world import (
    NOTARY,
    OPERATOR,
    ROLLS,
    ROUND,
    beacon_json,
    create_round,
    drand_source,
    hours_of,
    play_to,
    published,
    set_clock,
    status_of,
)

AT_ONCE = 8


def entries_of(service: Service, kind: str) -> list[dict[str, object]]:
    """Give the ledger's entries of a kind."""
    with service.database.reading() as c:
        lines = [json.loads(line) for line in record.ledger_lines(c)]
    return [line for line in lines if line["kind"] == kind]


def take(service: Service, step: Callable[[Service, int], object]) -> list[str]:
    """Let several take a step at once; gives what each was told."""
    with apart(service, AT_ONCE) as services:
        return codes(race(services, step))


def take_carelessly(service: Service, then: DrawStatus, append: Callable[[Transaction], object]) -> None:
    """Let several look whether a step may be taken, and take it once all have looked.

    As a program does that checks first and then runs a job, and runs it again where it met somebody else's.
    """
    everybody_has_looked = barrier(AT_ONCE)

    def step(mine: Service, nth: int) -> None:
        with mine.database.reading() as c:
            draw = find_draw(c)
        require_draw_step(draw.status, then)
        everybody_has_looked.wait()

        def write(c: Transaction) -> None:
            append(c)
            c.execute(update(draws).where(draws.c.id == draw.id).values(status=then))

        while True:
            try:
                return mine.database.write(write)
            except ConflictError:
                continue

    assert take(service, step) == ["done"] * AT_ONCE


def find_draw(c: Transaction) -> Draw:
    return rounds.find_draw(c, rounds.find_round(c, ROUND), 1)


def test_a_draw_closed_by_eight_at_once_closes_once(service: Service):
    play_to(service, DrawStatus.OPEN, people=make_people(6), draws=2)
    set_clock(service, hours_of(1, 48))
    told = take(service, lambda mine, nth: deciding.close_draw(mine, OPERATOR, ROUND, 1))
    assert Counter(told) == {"done": 1, "step-out-of-order": AT_ONCE - 1}
    (entry,) = entries_of(service, "draw-closed")
    assert entry["body"]["registered"]["sha256"] == sha256_hex(published(service, "registered.csv"))
    assert status_of(service, draw=1) == "closed"
    assert fetch(service.database, "SELECT draw, status FROM draws ORDER BY draw") == [
        (1, "closed"),
        (2, "open"),
    ]


def test_twin_that_looks_and_then_closes_closes_eight_times(service: Service):
    play_to(service, DrawStatus.OPEN, people=make_people(6))
    body = bodies.draw_closed(FileDigest(sha256_hex(b"number\n"), 0))
    now = service.now()
    take_carelessly(
        service, DrawStatus.CLOSED, lambda c: enter(c, service, now, Kind.DRAW_CLOSED, ROUND, 1, body)
    )
    assert len(entries_of(service, "draw-closed")) == AT_ONCE


def play_to_seed(service: Service) -> str:
    """Take a draw to where all that is missing is the drawing; gives the seed."""
    play_to(service, DrawStatus.DICED)
    set_clock(service, hours_of(1, 91))
    return seeding.enter_beacon(service, OPERATOR, ROUND, 1, beacon_json(drand_source()))


def test_eight_who_draw_at_once_draw_once(service: Service):
    seed = play_to_seed(service)
    told = take(service, lambda mine, nth: drawing.draw_winners(mine, OPERATOR, ROUND, 1))
    assert Counter(told) == {"done": 1, "step-out-of-order": AT_ONCE - 1}
    (entry,) = entries_of(service, "drawn")
    assert entry["body"]["seed"] == seed
    result = published(service, "result.csv")
    assert entry["body"]["result"]["sha256"] == sha256_hex(result)
    rows = fetch(service.database, "SELECT rank, number FROM results ORDER BY rank")
    listed = [line.split(",")[:2] for line in result.decode().splitlines()[1:]]
    assert [[str(rank), number] for rank, number in rows] == listed


def test_twin_that_looks_and_then_draws_enters_eight_results(service: Service):
    seed = play_to_seed(service)
    body = bodies.drawn(seed, FileDigest(sha256_hex(b""), 0), {"elderly": None, "general": None})
    now = service.now()
    take_carelessly(service, DrawStatus.DRAWN, lambda c: enter(c, service, now, Kind.DRAWN, ROUND, 1, body))
    assert len(entries_of(service, "drawn")) == AT_ONCE


def test_eight_who_allocate_at_once_place_everybody_once(service: Service):
    play_to(service, DrawStatus.DRAWN)
    told = take(service, lambda mine, nth: drawing.publish_allocation(mine, OPERATOR, ROUND, 1))
    assert Counter(told) == {"done": 1, "step-out-of-order": AT_ONCE - 1}
    assert len(entries_of(service, "allocated")) == 1
    counted = fetch(
        service.database, "SELECT count(*), count(DISTINCT number), count(DISTINCT code_digest) FROM places"
    )
    winners = published(service, "result.csv").decode().count(",won\n")
    assert counted == [(winners, winners, winners)]


def test_dice_entered_by_eight_at_once_count_once(service: Service):
    """Each has other rolls: one of them stands, and it is the one in the ledger."""
    play_to(service, DrawStatus.COMMITTED)
    set_clock(service, hours_of(1, 88))
    rolls = [ROLLS[nth:] + ROLLS[:nth] for nth in range(AT_ONCE)]
    told = take(service, lambda mine, nth: seeding.enter_dice(mine, NOTARY, ROUND, 1, rolls[nth]))
    assert told.count("done") == 1
    assert set(told) <= {"done", "step-out-of-order", "done-elsewhere"}
    (entry,) = entries_of(service, "dice")
    assert entry["body"]["rolls"] == rolls[told.index("done")]
    assert fetch(service.database, "SELECT dice FROM draws") == [(rolls[told.index("done")],)]


def test_rounds_opened_at_once_all_stand_in_the_ledger(service: Service):
    """Steps of different rounds have nothing to do with each other but the ledger they are entered in."""
    slugs = [f"xiamen-2020-{nth}" for nth in range(1, AT_ONCE + 1)]
    for slug in slugs:
        create_round(service, slug)
    assert (
        take(service, lambda mine, nth: round_steps.open_round(mine, OPERATOR, slugs[nth]))
        == ["done"] * AT_ONCE
    )
    entries = entries_of(service, "round-opened")
    assert [entry["seq"] for entry in entries] == list(range(AT_ONCE))
    assert sorted(entry["round"] for entry in entries) == slugs
