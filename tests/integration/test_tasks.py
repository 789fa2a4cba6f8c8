"""Tasks: asked for once, one worker's turn at a time, taken over when it is lost, ended once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from maskres.db import record
from maskres.db.tasks import TaskStatus
from maskres.errors import InputError, StepRefused
from maskres.jobs import queue, runner, sweeper
from maskres.usecases.service import Service
from maskres.usecases.work import tasks
from maskres.usecases.work.tasks import LEASE_SECONDS, MOST_ATTEMPTS, TurnLost, ask, lease, run_step
from tests.support.world import OPERATOR, ROUND, open_round, pass_time


def ask_close(service: Service, **more):
    return ask(service, OPERATOR, "close-draw", once=f"close/{ROUND}/1", round_slug=ROUND, draw=1, **more)


def note_something(c, service):
    record.log(c, service.now(), OPERATOR.name, "something-done")
    return 7


def something(service: Service) -> int:
    return service.database.write(lambda c: note_something(c, service))


def times_done(service: Service) -> int:
    with service.database.reading() as c:
        return len(record.read_log(c, act="something-done"))


def test_asking_again_gives_the_same_task_until_it_has_ended(service, tmp_path):
    open_round(service)
    first = ask_close(service)
    assert first.status is TaskStatus.WAITING
    assert ask_close(service).id == first.id
    turn = lease(service, first.id)
    assert ask_close(service).id == first.id
    tasks.finish(service, turn, {})
    assert ask_close(service).id != first.id
    with service.database.reading() as c:
        assert len(record.read_log(c, act="task-requested")) == 2


def test_a_task_goes_with_its_cause(service):
    def cause(c):
        tasks.request_task(c, service, OPERATOR, "close-draw", round_slug=ROUND, draw=1)
        raise RuntimeError("the cause failed")

    with pytest.raises(RuntimeError):
        service.database.write(cause)
    assert tasks.list_tasks(service) == []


def test_a_payload_too_long_is_refused(service):
    with pytest.raises(InputError) as caught:
        ask(service, OPERATOR, "commit-draw", {"quotas": "x" * 200_000})
    assert caught.value.code == "bad-task"


def test_one_worker_has_the_turn(service):
    task = ask_close(service)
    assert lease(service, task.id) is not None
    assert lease(service, task.id) is None
    assert tasks.list_due(service, quiet_seconds=0) == []


def test_a_turn_that_ran_out_is_taken_over_and_the_old_worker_writes_nothing_more(service):
    task = ask_close(service)
    lost = lease(service, task.id)
    pass_time(service, seconds=LEASE_SECONDS)
    assert [due.id for due in tasks.list_due(service, quiet_seconds=0)] == [task.id]
    turn = lease(service, task.id)
    assert turn is not None
    assert turn.task.attempts == 2
    assert not tasks.renew(service, lost)
    for write in (
        lambda: run_step(service, lost, "step", something, int),
        lambda: tasks.finish(service, lost, {}),
        lambda: tasks.fail(service, lost, StepRefused("step-out-of-order", "No.")),
        lambda: tasks.postpone(service, lost, StepRefused("step-out-of-order", "No.")),
    ):
        with pytest.raises(TurnLost):
            write()
    assert times_done(service) == 0
    tasks.finish(service, turn, {"registered": 3})
    found = tasks.find_task(service, task.id)
    assert (found.status, found.result, found.error) == (TaskStatus.DONE, {"registered": 3}, None)


def test_a_turn_that_is_renewed_is_kept(service):
    task = ask_close(service)
    turn = lease(service, task.id)
    pass_time(service, seconds=LEASE_SECONDS - 1)
    assert tasks.renew(service, turn)
    pass_time(service, seconds=LEASE_SECONDS - 1)
    assert lease(service, task.id) is None


def test_a_step_that_was_done_is_not_done_again_by_the_next_worker(service):
    task = ask_close(service)
    first = lease(service, task.id)
    assert run_step(service, first, "step", something, lambda count: {"count": count}) == {"count": 7}
    # Killed here, after the commit and before the task was ended.
    pass_time(service, seconds=LEASE_SECONDS)
    second = lease(service, task.id)
    again = run_step(service, second, "step", something, lambda count: {"count": count})
    assert again == {"count": 7}
    assert times_done(service) == 1


def test_a_step_that_writes_elsewhere_is_noted_as_well(service):
    task = ask_close(service)
    times: list[Service] = []

    def write(inner: Service) -> int:
        times.append(inner)
        return 7

    for _ in range(2):
        turn = lease(service, task.id)
        assert run_step(service, turn, "step", write, int) == 7
        pass_time(service, seconds=LEASE_SECONDS)
    assert len(times) == 1


def test_a_step_that_fails_leaves_neither_its_work_nor_the_note_of_it(service):
    task = ask_close(service)
    turn = lease(service, task.id)

    def breaking(inner: Service) -> int:
        def work(c):
            note_something(c, inner)
            raise StepRefused("step-out-of-order", "No.")

        return inner.database.write(work)

    with pytest.raises(StepRefused):
        run_step(service, turn, "step", breaking, int)
    assert times_done(service) == 0
    assert tasks.find_task(service, task.id).steps == {}


def test_progress_is_seen_while_the_step_runs(service):
    task = ask_close(service)
    turn = lease(service, task.id)

    def slow(inner: Service) -> int:
        def work(c):
            note_something(c, inner)
            tasks.note_progress(service, turn, "import", 500, 2000)
            seen = tasks.find_task(service, task.id)
            assert (seen.stage, seen.rows_done, seen.rows_total) == ("import", 500, 2000)
            return 1

        return inner.database.write(work)

    run_step(service, turn, "step", slow, int)
    tasks.finish(service, turn, {})
    assert tasks.find_task(service, task.id).status is TaskStatus.DONE


def test_an_expected_error_fails_the_task_at_once_and_says_why(service, tmp_path):
    open_round(service)
    task = ask(service, OPERATOR, "draw-winners", round_slug=ROUND, draw=1)
    assert runner.run_task(service, task.id, tmp_path)
    found = tasks.find_task(service, task.id)
    assert (found.status, found.attempts) == (TaskStatus.FAILED, 1)
    assert found.error["code"] == "step-out-of-order"
    assert found.error["message"]
    assert found.ended_at == service.now()


@pytest.mark.parametrize(
    ("kind", "payload", "field"),
    [
        ("no-such-kind", {}, "kind"),
        ("close-draw", {}, "round"),
        ("import-register", {"register": "household"}, "as_of"),
        ("import-register", {"register": "household", "as_of": "tomorrow"}, "as_of"),
        ("import-register", {"register": "household", "as_of": "2020-02-06"}, "upload"),
        ("commit-draw", {"quotas": []}, "quotas"),
    ],
)
def test_a_task_that_lacks_something_names_it(sqlite_service, tmp_path, kind, payload, field):
    task = ask(sqlite_service, OPERATOR, kind, payload)
    assert runner.run_task(sqlite_service, task.id, tmp_path)
    error = tasks.find_task(sqlite_service, task.id).error
    assert (error["code"], error["field"]) == ("bad-task", field)


def test_an_unexpected_error_is_tried_again_later_and_then_given_up(service, tmp_path, monkeypatch):
    def break_down(run):
        raise ZeroDivisionError("this may not be shown: 350211199001011234")

    monkeypatch.setitem(runner.KINDS, "breaks", break_down)
    task = ask(service, OPERATOR, "breaks")
    waits = []
    for attempt in range(1, MOST_ATTEMPTS + 1):
        ended = runner.run_task(service, task.id, tmp_path)
        found = tasks.find_task(service, task.id)
        assert found.attempts == attempt
        assert found.error["code"] == "unexpected-error"
        if attempt < MOST_ATTEMPTS:
            assert not ended
            assert found.status is TaskStatus.WAITING
            assert lease(service, task.id) is None
            waits.append(found.not_before - service.now())
            pass_time(service, seconds=waits[-1].total_seconds())
    assert found.status is TaskStatus.FAILED
    assert waits == sorted(waits) and waits[0] > timedelta(0)
    assert "350211" not in str(found.error)


def test_a_task_that_kills_its_workers_is_given_up(service):
    task = ask_close(service)
    for _ in range(MOST_ATTEMPTS):
        assert lease(service, task.id) is not None
        pass_time(service, seconds=LEASE_SECONDS)
    assert lease(service, task.id) is None
    found = tasks.find_task(service, task.id)
    assert (found.status, found.error["code"]) == (TaskStatus.FAILED, "worker-lost")


def test_tasks_are_listed_by_round_and_by_whether_they_have_ended(service, tmp_path):
    open_round(service)
    closing = ask_close(service)
    pass_time(service, seconds=1)
    importing = ask(service, OPERATOR, "import-register")
    assert [task.id for task in tasks.list_tasks(service)] == [importing.id, closing.id]
    assert [task.id for task in tasks.list_tasks(service, round_slug=ROUND)] == [closing.id]
    runner.run_task(service, importing.id, tmp_path)
    assert [task.id for task in tasks.list_tasks(service, is_open=True)] == [closing.id]
    assert [task.id for task in tasks.list_tasks(service, is_open=False)] == [importing.id]


def test_what_stands_in_the_queue_is_not_due_for_a_while(service):
    task = ask_close(service)
    tasks.note_enqueued(service, [task.id])
    assert tasks.list_due(service, quiet_seconds=5) == []
    pass_time(service, seconds=5)
    assert [due.id for due in tasks.list_due(service, quiet_seconds=5)] == [task.id]


def test_an_unknown_task_is_said_so(service, tmp_path):
    assert not runner.run_task(service, "0" * 32, Path(tmp_path))
    with pytest.raises(InputError) as caught:
        tasks.find_task(service, "0" * 32)
    assert caught.value.code == "unknown-task"


def test_the_times_add_up_to_a_take_over_within_a_minute():
    """A turn just begun, a sweep that was troubled, an id that a lost worker took out of the queue, begun again."""
    waits = (LEASE_SECONDS, sweeper.QUIET_SECONDS, sweeper.LONGEST_PAUSE_SECONDS, queue.LOST_AFTER_SECONDS)
    assert sum(waits) < 60
