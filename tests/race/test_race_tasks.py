"""Tasks raced for real: one wish is one task, one turn is one worker's, one message is sent by one."""

from __future__ import annotations

from datetime import timedelta

from maskres.db import messages, record
from maskres.db import tasks as rows
from maskres.usecases.telling.messages import deliver_due, write_message
from maskres.usecases.work import tasks
from tests.support.racing import CarelessDatabase, apart, barrier, race
from tests.support.world import OPERATOR, ROUND, open_round, pass_time

WISH = {"once": f"close/{ROUND}/1", "round_slug": ROUND, "draw": 1}
MANY = 10


def ask(service):
    return tasks.ask(service, OPERATOR, "close-draw", **WISH)


def test_asked_for_ten_times_at_once_it_is_one_task(service):
    with apart(service, MANY) as services:
        answers = race(services, lambda each, _nth: ask(each).id)
    assert len(set(answers)) == 1
    assert len(tasks.list_tasks(service)) == 1


def test_ten_workers_at_once_and_one_has_the_turn(service):
    task = ask(service)
    with apart(service, MANY) as services:
        turns = race(services, lambda each, _nth: tasks.lease(each, task.id))
    assert sum(turn is not None for turn in turns) == 1
    assert tasks.find_task(service, task.id).attempts == 1


def test_a_lost_turn_is_taken_over_by_one(service):
    task = ask(service)
    tasks.lease(service, task.id)
    pass_time(service, seconds=tasks.LEASE_SECONDS)
    with apart(service, MANY) as services:
        turns = race(services, lambda each, _nth: tasks.lease(each, task.id))
    assert sum(turn is not None for turn in turns) == 1
    assert tasks.find_task(service, task.id).attempts == 2


def test_the_careless_twin_gives_the_turn_to_two(service):
    """Who looks whether the turn is free and then takes it without asking again shares it with others."""
    task = ask(service)
    looked = barrier(2)

    def take(each, nth):
        with each.database.engine.connect() as c:
            is_free = rows.find_task(c, task.id).status == "waiting"
            looked.wait()
            until = each.now() + timedelta(seconds=30)
            values = {"status": "running", "lease": f"{nth}", "lease_until": until}
            c.execute(rows.tasks.update().where(rows.tasks.c.id == task.id).values(**values))
            return is_free

    with apart(service, 2, CarelessDatabase) as services:
        assert race(services, take) == [True, True]


def test_a_worker_that_lost_its_turn_does_not_commit_beside_the_one_that_has_it(service):
    open_round(service)
    task = ask(service)
    lost = tasks.lease(service, task.id)
    pass_time(service, seconds=tasks.LEASE_SECONDS)
    turn = tasks.lease(service, task.id)

    def step(each, nth):
        def note(c):
            record.log(c, each.now(), OPERATOR.name, "something-done")
            return nth

        whose = (lost, turn)[nth]
        return tasks.run_step(each, whose, "step", lambda inner: inner.database.write(note), int)

    with apart(service, 2) as services:
        answers = race(services, step)
    assert isinstance(answers[0], tasks.TurnLost)
    assert answers[1] == 1
    with service.database.reading() as c:
        assert len(record.read_log(c, act="something-done")) == 1


def test_ten_who_deliver_at_once_send_each_message_once(service):
    def write(c):
        return [write_message(c, service, "phone-code", "+8613812345678", "hello") for _ in range(5)]

    ids = service.database.write(write)
    sent: list[str] = []

    class Phone:
        def send(self, message_id: str, phone: str, words: str) -> None:
            sent.append(message_id)

    with apart(service, MANY) as services:
        race(services, lambda each, _nth: deliver_due(each, Phone()).sent)
    assert sorted(sent) == sorted(ids)
    with service.database.reading() as c:
        assert messages.count_by_status(c) == {"sent": 5}
