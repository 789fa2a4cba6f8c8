"""Twenty winners and one place left: moving to a slot, and a batch that offers what is free."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from sqlalchemy import select, update

from maskres.db import batches
from maskres.db.engine import Database
from maskres.db.tables import slots
from maskres.errors import StepRefused
from maskres.usecases.pickup import afterwards, moving
from maskres.usecases.pickup.batches import publish_batch
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.service import RESIDENT, Service
from tests.support.collecting import CAPACITY, Counters
from tests.support.people import STORES
from tests.support.racing import PATIENCE_SECONDS, CarelessDatabase, apart, barrier, codes, race
from tests.support.raw import fetch
from tests.support.world import OPERATOR, published

pytest_plugins = ("tests.support.collecting_fixtures",)

MOVERS = 20
STORE, SLOT = "siming-1", "am"


def move(service: Service, counters: Counters, number: str, store: str = STORE, slot: str = SLOT) -> str:
    """Move a winner, whose card staff have seen."""
    return moving.move_place(
        service, RESIDENT, counters.slug, counters.draw, number, store=store, slot=slot, proof=SEEN_BY_STAFF
    )


def fill(counters: Counters, *, leaving: int) -> list[str]:
    """Fill the slot but for so many places; gives the others, in order of their numbers."""
    others = [place["number"] for place in counters.places(status="assigned") if not is_there(place)]
    wanted = CAPACITY - counters.slot(STORE, SLOT)["taken"] - leaving
    for number in others[:wanted]:
        move(counters.service, counters, number)
    return others[wanted:]


def is_there(place: dict[str, object]) -> bool:
    return (place["store"], place["slot"]) == (STORE, SLOT)


def count_there(counters: Counters) -> int:
    return len(counters.numbers(store=STORE, slot=SLOT))


def taken_by_slot(counters: Counters) -> dict[tuple[str, str], int]:
    """Give what the slots say is taken; counted at the places it must be the same."""
    statement = "SELECT store, slot, taken FROM slots WHERE draw_id = :draw"
    rows = fetch(counters.service.database, statement, draw=counters.draw_id)
    return {(store, slot): taken for store, slot, taken in rows if taken}


def placed_by_slot(counters: Counters) -> dict[tuple[str, str], int]:
    return dict(Counter((place["store"], place["slot"]) for place in counters.places()))


def move_all(counters: Counters, kind: type[Database]) -> list[str | Exception]:
    """Let twenty winners move to the last place at once."""
    movers = fill(counters, leaving=1)[:MOVERS]
    assert len(movers) == MOVERS
    with apart(counters.service, MOVERS, kind) as services:
        return race(services, lambda service, nth: move(service, counters, movers[nth]))


def test_the_last_place_of_a_slot_goes_to_one(counters: Counters):
    answers = move_all(counters, Database)
    assert Counter(codes(answers)) == {"done": 1, "slot-full": MOVERS - 1}
    assert count_there(counters) == counters.slot(STORE, SLOT)["taken"] == CAPACITY
    assert taken_by_slot(counters) == placed_by_slot(counters)


def test_twin_that_looks_and_then_takes_gives_it_to_everybody(counters: Counters, monkeypatch):
    everybody_has_looked = barrier(MOVERS)

    def take_carelessly(c, draw_id, store, slot, not_before):
        here = (slots.c.draw_id == draw_id, slots.c.store == store, slots.c.slot == slot)
        row = c.execute(select(slots).where(*here)).one()
        if row.taken >= row.capacity:
            return False
        everybody_has_looked.wait()
        c.execute(update(slots).where(*here).values(taken=row.taken + 1))
        return True

    movers_before = fill(counters, leaving=1)
    assert len(movers_before) >= MOVERS
    monkeypatch.setattr(batches, "take_place", take_carelessly)
    answers = move_all(counters, CarelessDatabase)
    assert codes(answers) == ["done"] * MOVERS
    assert count_there(counters) == CAPACITY - 1 + MOVERS  # and the slot's own row says nothing is wrong
    assert counters.slot(STORE, SLOT)["taken"] == CAPACITY


def test_winners_who_change_places_crosswise_all_get_there(counters: Counters):
    """Each wants what another holds: nobody gets stuck, and nobody waits for the database to break a knot."""
    here, there = ("huli-1", "am"), ("siming-2", "pm")
    room = min(CAPACITY - counters.slot(*slot)["taken"] for slot in (here, there))
    movers = [(number, there) for number in counters.numbers(store=here[0], slot=here[1])[:room]]
    movers += [(number, here) for number in counters.numbers(store=there[0], slot=there[1])[:room]]
    assert len(movers) >= 4
    with apart(counters.service, len(movers)) as services:
        answers = race(
            services, lambda service, nth: move(service, counters, movers[nth][0], *movers[nth][1])
        )
    assert codes(answers) == ["done"] * len(movers)
    if not counters.service.database.is_sqlite:
        knots = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert fetch(counters.service.database, knots) == [(0,)]
    assert taken_by_slot(counters) == placed_by_slot(counters)
    for number, (store, slot) in movers:
        assert (counters.place(number)["store"], counters.place(number)["slot"]) == (store, slot)


def test_what_a_batch_offers_nobody_takes_meanwhile(counters: Counters, monkeypatch):
    """A place offered in a published room is there for whom the batch places, or the room says less."""
    leaving = fill(counters, leaving=1)
    giver, mover = leaving[0], leaving[1]
    afterwards.give_back(counters.service, RESIDENT, counters.slug, 1, giver, SEEN_BY_STAFF)
    capacities = {
        (store, slot): counters.slot(store, slot)["capacity"] for store, _ in STORES for slot in ("am", "pm")
    }
    has_looked, has_moved = threading.Event(), threading.Event()
    real = batches.free_slots

    def look_and_wait(c, draw_id, earliest):
        found = real(c, draw_id, earliest)
        has_looked.set()
        has_moved.wait(1)  # on a database that lets the mover in now, long enough for them to be gone
        return found

    monkeypatch.setattr(batches, "free_slots", look_and_wait)

    def act(service, nth):
        if nth == 0:
            return publish_batch(service, OPERATOR, counters.slug, counters.draw)
        has_looked.wait(PATIENCE_SECONDS)
        try:
            return move(service, counters, mover)
        finally:
            has_moved.set()

    with apart(counters.service, 2) as services:
        published_batch, moved = race(services, act)
    assert published_batch == {"batch": 1, "placed": 1, "unplaced": 0}
    assert isinstance(moved, str) or moved.code == "slot-full"
    for (store, slot), capacity in capacities.items():
        assert counters.slot(store, slot)["capacity"] == capacity
    assert taken_by_slot(counters) == placed_by_slot_open(counters)
    room = published(counters.service, "room-1.csv").decode().splitlines()[1:]
    assert all(int(line.rsplit(",", 1)[1]) >= 1 for line in room)


def placed_by_slot_open(counters: Counters) -> dict[tuple[str, str], int]:
    """Count the places that hold one of a slot: a place given back does not."""
    return dict(Counter((each["store"], each["slot"]) for each in counters.places(status="assigned")))


def test_a_full_slot_says_so(counters: Counters):
    late = fill(counters, leaving=0)
    with pytest.raises(StepRefused) as refused:
        move(counters.service, counters, late[0])
    assert refused.value.code == "slot-full"
