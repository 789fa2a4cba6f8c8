"""Registering at once: nobody twice, nobody beyond a phone's limit, nobody lost at the closing."""

from __future__ import annotations

import threading
from collections import Counter

from maskres.db import people, rounds
from maskres.db.engine import Database
from maskres.registration.applications import Application
from maskres.rounds.status import DrawStatus
from maskres.usecases.eligibility import deciding
from maskres.usecases.registration import registering
from maskres.usecases.registration.registering import Registered
from maskres.usecases.service import RESIDENT, Service
from tests.support.people import Person, make_application, make_people
from tests.support.racing import PATIENCE_SECONDS, CarelessDatabase, apart, barrier, codes, race
from tests.support.raw import fetch
from tests.support.world import OPERATOR, ROUND, hours_of, open_round, play_to, published, set_clock

FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")


def somebody_with_an_x() -> Person:
    return next(person for person in make_people(40) if person.id_number.endswith("X"))


def spellings(person: Person) -> list[Application]:
    """Spell one person's application in twenty ways, as keyboards, forms and offices do."""
    bare = person.id_number
    parted = f"{bare[:6]} {bare[6:14]} {bare[14:]}"
    numbers = [bare, bare.lower(), parted, parted.lower(), parted.replace(" ", "-")]
    numbers += [number.translate(FULL_WIDTH) for number in numbers]
    names = (person.name, f"{person.name[0]} {person.name[1:]}")
    written = [make_application(person, id_number=number, name=name) for name in names for number in numbers]
    assert len({(each.document.canonical) for each in written}) == 1
    assert len(set(numbers)) * len(set(names)) == 20
    return written


def register_all(service: Service, applications: list[Application], kind: type[Database] = Database):
    """Hand in applications at once, each from a machine of its own."""
    with apart(service, len(applications), kind) as services:
        return race(
            services,
            lambda mine, nth: registering.register(mine, RESIDENT, ROUND, applications[nth]),
        )


def rows(service: Service) -> list[tuple[object, ...]]:
    return fetch(service.database, "SELECT number, person_id FROM registrations")


def test_threat_many_entries_one_person_in_many_spellings_at_once_is_one_row(service: Service):
    open_round(service)
    answers = register_all(service, spellings(somebody_with_an_x()))
    assert Counter(answer.outcome for answer in answers) == {"registered": 1, "unchanged": 19}
    ((number, _),) = rows(service)
    # Whoever came second showed nothing to prove who they are, and learns nothing.
    told = {(answer.outcome, answer.number) for answer in answers}
    assert told == {("registered", number), ("unchanged", None)}
    for table in ("persons", "documents"):
        assert fetch(service.database, f"SELECT count(*) FROM {table}") == [(1,)]


def test_twin_that_looks_and_then_registers_makes_twenty_rows(service: Service, monkeypatch):
    """Nobody is found by any of them; then each is entered, under a number of their own, for the first is taken."""
    open_round(service, entries_per_phone=100)
    everybody_has_looked, turn = barrier(20), threading.Lock()
    real, holder_of = people.find_person, people.holder_of

    def look_first(c, digests):
        found = real(c, digests)
        everybody_has_looked.wait()
        turn.acquire()
        return found

    monkeypatch.setattr(people, "find_person", look_first)
    monkeypatch.setattr(people, "holder_of", lambda *where: holder_of(*where) and b"whoever")
    applications = spellings(somebody_with_an_x())

    def act(mine: Service, nth: int) -> Registered:
        try:
            return registering.register(mine, RESIDENT, ROUND, applications[nth])
        finally:
            turn.release()

    with apart(service, 20, CarelessDatabase) as services:
        answers = race(services, act)
    assert [answer.outcome for answer in answers] == ["registered"] * 20
    assert len({number for number, _ in rows(service)}) == 20


def same_phone() -> list[Application]:
    return [make_application(person, phone="13900000000") for person in make_people(20)]


def test_a_phone_registers_no_more_than_its_limit_at_once(service: Service):
    open_round(service, entries_per_phone=3)
    answers = register_all(service, same_phone())
    assert Counter(codes(answers)) == {"done": 3, "too-many-by-phone": 17}
    assert len(rows(service)) == 3


def test_twin_that_counts_and_then_registers_exceeds_the_limit(service: Service, monkeypatch):
    open_round(service, entries_per_phone=3)
    everybody_has_counted = barrier(20)
    real = people.count_by_phone

    def count_first(c, round_id, digest):
        count = real(c, round_id, digest)
        everybody_has_counted.wait()
        return count

    monkeypatch.setattr(people, "count_by_phone", count_first)
    assert codes(register_all(service, same_phone(), CarelessDatabase)) == ["done"] * 20
    assert len(rows(service)) == 20


def registered_csv(service: Service) -> set[str]:
    return set(published(service, "registered.csv").decode().splitlines()[1:])


def test_whoever_was_told_registered_is_in_the_closed_draw(service: Service):
    """Six counters register one after the other while the draw closes under their hands."""
    play_to(service, DrawStatus.OPEN, people=[])
    set_clock(service, hours_of(1, 47))  # an hour before the announced time: only the act ends registration
    queues = [make_people(400, start=1000 * nth) for nth in range(6)]
    under_way = threading.Event()
    told: list[str] = []
    refused: list[str] = []

    def act(mine: Service, nth: int) -> object:
        if nth == len(queues):
            under_way.wait(PATIENCE_SECONDS)
            return deciding.close_draw(mine, OPERATOR, ROUND, 1)
        for done, person in enumerate(queues[nth]):
            try:
                application = make_application(person)
                told.append(registering.register(mine, RESIDENT, ROUND, application).number)
            except registering.StepRefused as error:
                refused.append(error.code)
                return done
            if done == 3:
                under_way.set()
        raise AssertionError("the draw never closed")

    with apart(service, len(queues) + 1) as services:
        *done, count = race(services, act)
    assert refused == ["registration-closed"] * len(queues)
    assert len(told) >= 4  # the closing began after one of them had registered four
    assert sum(done) == len(told) == count
    assert registered_csv(service) == set(told)


def test_twin_without_the_lock_loses_who_registers_at_the_closing(service: Service, monkeypatch):
    play_to(service, DrawStatus.OPEN, people=make_people(3))
    set_clock(service, hours_of(1, 47))  # an hour before the announced time: only the act ends registration
    late = make_people(1, start=500)[0]
    has_looked, has_closed = threading.Event(), threading.Event()
    real = rounds.open_draw_of

    def look_and_wait(c, round_id):
        draw = real(c, round_id)
        has_looked.set()
        has_closed.wait(PATIENCE_SECONDS)
        return draw

    def act(mine: Service, nth: int) -> object:
        if nth == 0:
            return registering.register(mine, RESIDENT, ROUND, make_application(late))
        has_looked.wait(PATIENCE_SECONDS)
        try:
            return deciding.close_draw(mine, OPERATOR, ROUND, 1)
        finally:
            has_closed.set()

    monkeypatch.setattr(rounds, "open_draw_of", look_and_wait)
    with apart(service, 2, CarelessDatabase) as services:
        answer, count = race(services, act)
    assert answer.outcome == "registered"
    assert count == 3
    assert answer.number not in registered_csv(service)
