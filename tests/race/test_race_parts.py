"""Parts raced for real: those that end at once are all counted, and nobody goes on before them."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import text, update

from maskres.db import parts as part_rows
from maskres.db.tables import tasks as task_table
from maskres.db.tasks import TaskStatus
from maskres.usecases.work import parts, tasks
from maskres.usecases.work.parts import Part
from tests.support.racing import CarelessDatabase, apart, barrier, race
from tests.support.workers import wait_until
from tests.support.world import OPERATOR, ROUND, pass_time

MANY = 8


def divided(service, count):
    """Give a task of so many parts, and a turn at each of them."""
    task = tasks.ask(service, OPERATOR, "publish-allocation", round_slug=ROUND, draw=1)
    turn = tasks.lease(service, task.id)
    parts.divide(service, turn, "prepare", "prepare-winners", [Part({}, 10)] * count)
    return task, [tasks.lease(service, part.id) for part in found_parts(service, task)]


def found_parts(service, task):
    with service.database.reading() as c:
        return part_rows.list_parts(c, task.id, "prepare")


def is_somebody_waiting(service):
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with service.database.reading() as c:
        return c.execute(text(query)).scalar_one() > 0


def parts_left(service, task):
    return tasks.find_task(service, task.id).parts_left


def test_parts_that_end_at_once_are_all_counted_and_then_one_worker_goes_on(service):
    task, turns = divided(service, MANY)
    assert tasks.lease(service, task.id) is None
    with apart(service, MANY) as services:
        race(services, lambda each, nth: tasks.finish(each, turns[nth], {}))
        assert parts_left(service, task) == 0
        again = race(services, lambda each, _nth: tasks.lease(each, task.id))
    assert sum(turn is not None for turn in again) == 1
    assert [part.status for part in found_parts(service, task)] == [TaskStatus.DONE] * MANY


def test_the_careless_twin_loses_count_and_nobody_goes_on(service):
    """Who looks how many parts are left and then writes one less forgets who did so at the same moment."""
    task, turns = divided(service, 2)
    looked = barrier(2)

    def finish(each, nth):
        with each.database.engine.connect() as c:
            left = tasks.rows.find_task(c, task.id).parts_left
            looked.wait()
            mine, its = task_table.c.id == turns[nth].task.id, task_table.c.id == task.id
            c.execute(update(task_table).where(mine).values(status="done", lease=None))
            c.execute(update(task_table).where(its).values(parts_left=left - 1))

    with apart(service, 2, CarelessDatabase) as services:
        race(services, finish)
    assert parts_left(service, task) == 1
    assert tasks.lease(service, task.id) is None
    assert tasks.list_due(service, quiet_seconds=0) == []


def test_a_part_that_two_workers_end_is_counted_once(service):
    task, turns = divided(service, 2)
    with apart(service, 2) as services:
        answers = race(services, lambda each, _nth: tasks.finish(each, turns[0], {}))
    assert sum(isinstance(answer, tasks.TurnLost) for answer in answers) == 1
    assert parts_left(service, task) == 1


@pytest.mark.parametrize("service", ["postgresql"], indirect=True)
def test_who_takes_a_lost_turn_over_while_it_is_divided_gets_none(service):
    """They wait for the row, and look at it again: at the row alone, for parts they would not see yet."""
    task = tasks.ask(service, OPERATOR, "publish-allocation", round_slug=ROUND, draw=1)
    turn = tasks.lease(service, task.id)
    pass_time(service, seconds=tasks.LEASE_SECONDS)
    taken = []
    with apart(service, 1) as (other,):
        with service.database.engine.begin() as c:
            parts._divide.__wrapped__(c, service, turn, "prepare", "prepare-winners", [Part({}, 10)] * 2)
            waiting = Thread(target=lambda: taken.append(tasks.lease(other, task.id)))
            waiting.start()
            wait_until(lambda: is_somebody_waiting(service))
        waiting.join(20)
    assert taken == [None]
    assert parts_left(service, task) == 2
