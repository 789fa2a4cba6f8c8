"""Steps done in parts by workers who share nothing but a database and a queue, one of them killed half-way."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from io import BytesIO

import pytest
from sqlalchemy import select

from maskres.db import parts as part_rows
from maskres.db.engine import Database, Transaction
from maskres.db.tables import messages, part_outputs, places
from maskres.db.tasks import TaskStatus
from maskres.errors import CheckFailed, MaskresError
from maskres.jobs import runner
from maskres.jobs import sweeper as sweeping
from maskres.rounds.status import DrawStatus
from maskres.usecases.eligibility.registers import import_register
from maskres.usecases.service import Service
from maskres.usecases.telling.notices_of_places import tell_placed
from maskres.usecases.work import parts
from maskres.usecases.work import tasks as task_steps
from maskres.usecases.work.health import read_health
from maskres.usecases.work.parts import Part, cut_numbers
from maskres.usecases.work.uploads import keep_upload
from tests.integration.test_workers import FILES, ask, count_acts, seeded, sweeping_at, wait_for
from tests.support.people import make_people, write_register
from tests.support.raw import fetch
from tests.support.workers import start_worker, wait_until
from tests.support.world import (
    OPERATOR,
    REGISTER_DATE,
    ROUND,
    make_service,
    pass_time,
    play_to,
    published,
    winners_of,
)

#: So few that the nine winners of the small world are four parts, and a register of forty lines several.
NUMBERS_A_PART = 2
SIZES = {
    "maskres.usecases.work.parts.NUMBERS_A_PART": NUMBERS_A_PART,
    "maskres.usecases.work.file_parts.BYTES_A_PART": 150,
    "maskres.formats.office_csv.BLOCK_BYTES": 200,
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(sweeping, "QUIET_SECONDS", 1)
    monkeypatch.setattr(sweeping, "LONGEST_PAUSE_SECONDS", 0.5)


def parts_of(service: Service, task_id: str) -> list[tuple[str, int, str, int]]:
    with service.database.reading() as c:
        return [
            (step, nth, part.status, part.attempts)
            for step in ("prepare", "read", "tell")
            for nth, part in enumerate(part_rows.list_parts(c, task_id, step))
        ]


def codes_of(service: Service) -> list[tuple[str, bytes]]:
    with service.database.reading() as c:
        return [
            (row.number, bytes(row.code_digest))
            for row in c.execute(select(places.c.number, places.c.code_digest).order_by(places.c.number))
        ]


def rows_of(service: Service) -> list[tuple[bytes, bytes, int]]:
    query = (
        "SELECT r.id_digest, r.name_digest, r.line FROM register_rows r JOIN register_versions v"
        " ON v.id = r.version_id AND v.kind = 'employment' ORDER BY r.line"
    )
    return [(bytes(row[0]), bytes(row[1]), row[2]) for row in fetch(service.database, query)]


def told_by(service: Service) -> Counter[tuple[str, str]]:
    """Give what was written to which phone, however often."""
    with service.database.reading() as c:
        found = c.execute(select(messages).where(messages.c.kind == "placed").order_by(messages.c.id)).all()
    opened = (
        json.loads(service.cipher.decrypt(row.content, bound_to=f"message/{row.id}".encode()))
        for row in found
    )
    return Counter((phone, words) for phone, words in opened)


@pytest.fixture
def alone(sqlite_template, tmp_path):
    """The same draw as one process publishes it whole."""
    path = tmp_path / "alone.db"
    path.write_bytes(sqlite_template.read_bytes())
    with closing(Database(f"sqlite:///{path}")) as database:
        twin = make_service(database)
        play_to(twin, DrawStatus.PUBLISHED)
        tell_placed(twin, ROUND, 1, 0)
        yield twin


def test_three_hosts_do_what_one_would_though_one_is_killed_half_way(
    postgres_service, redis_url, alone, tmp_path
):
    at_work = seeded(postgres_service)
    runner.run_task(at_work, ask(at_work, "draw-winners").id, tmp_path)
    register = write_register(tmp_path / "register.csv", "employment", make_people(40))
    upload = keep_upload(at_work, OPERATOR, register.name, BytesIO(register.read_bytes()))
    payload = {"register": "employment", "as_of": REGISTER_DATE.isoformat(), "upload": upload.id}
    importing = task_steps.ask(at_work, OPERATOR, "import-register", payload)
    task = ask(at_work, "publish-allocation")
    with (
        start_worker(
            at_work,
            redis_url,
            tmp_path,
            "first",
            halts=True,
            halts_after="maskres.db.parts.write_output",
            sizes=SIZES,
        ) as first,
        sweeping_at(at_work, redis_url),
    ):
        wait_until(lambda: first.halted.exists())
        of_two = [task_steps.find_task(at_work, each.id) for each in (task, importing)]
        assert (TaskStatus.RUNNING, True) in [(seen.status, seen.parts_left > 0) for seen in of_two]
        with (
            start_worker(at_work, redis_url, tmp_path, "second", sizes=SIZES) as second,
            start_worker(at_work, redis_url, tmp_path, "third", sizes=SIZES) as third,
        ):
            first.kill_half_way()
            done = wait_for(at_work, task.id)
            assert wait_for(at_work, importing.id).result["rows"] == 40
            assert (second.stop(), third.stop()) == (0, 0)
    winners = winners_of(at_work)
    assert done.result["told"] == len(winners)
    found, of_register = parts_of(at_work, task.id), parts_of(at_work, importing.id)
    assert len(of_register) > 2
    assert [(step, nth) for step, nth, _, _ in found] == [
        (step, nth) for step in ("prepare", "tell") for nth in range(len(winners) // NUMBERS_A_PART)
    ]
    assert {status for *_, status, _ in found + of_register} == {"done"}
    assert sorted(attempts for *_, attempts in found + of_register)[-2:] == [1, 2]
    import_register(alone, OPERATOR, "employment", register, REGISTER_DATE)
    assert rows_of(at_work) == rows_of(alone)
    assert [published(at_work, name) for name in FILES] == [published(alone, name) for name in FILES]
    assert codes_of(at_work) == codes_of(alone)
    assert told_by(at_work) == told_by(alone)
    assert set(told_by(at_work).values()) == {1}
    assert count_acts(at_work, "draw-published") == 1
    assert count_outputs(at_work) == 0
    # Nothing passed from host to host but by the database: the first left nothing behind, one other has the bundle.
    kept = {host: sorted(path.name for path in (tmp_path / host).iterdir()) for host in ("second", "third")}
    assert sorted(kept.values()) == [[], ["bundles"]]


def cut_in_three(_service):
    return [Part({"nth": nth}, 10) for nth in range(3)]


@pytest.fixture
def counting(service, monkeypatch):
    """Ask for a task that adds up what its three parts give; the second one fails where it is told to."""
    errors: list[MaskresError] = []

    def count(run):
        return {"sum": sum(part.result["nth"] for part in run.divided("count", "count-one", cut_in_three))}

    def count_one(run):
        def keep(c: Transaction) -> int:
            parts.keep_output(c, run.service, run.task.id, "nth", b"x")
            return run.given("nth", int)

        nth = run.step("one", lambda inner: inner.database.write(keep))
        if nth == 1 and errors:
            raise errors[0]
        return {"nth": nth}

    monkeypatch.setitem(runner.KINDS, "count", count)
    monkeypatch.setitem(runner.PART_KINDS, "count-one", count_one)
    return task_steps.ask(service, OPERATOR, "count", round_slug=ROUND, draw=1), errors


def due(service: Service) -> list[str]:
    return [task.id for task in task_steps.list_due(service, quiet_seconds=0)]


def test_a_step_goes_on_once_all_its_parts_are_done_and_its_page_sums_them_up(service, counting, tmp_path):
    task, _ = counting
    assert not runner.run_task(service, task.id, tmp_path)
    with service.database.reading() as c:
        found = [part.id for part in part_rows.list_parts(c, task.id, "count")]
    assert sorted(due(service)) == sorted(found)
    assert [each.id for each in task_steps.list_tasks(service)] == [task.id]
    assert task_steps.find_task(service, task.id).status is TaskStatus.WAITING
    for nth, part in enumerate(found):
        assert not runner.run_task(service, task.id, tmp_path)
        assert runner.run_task(service, part, tmp_path)
        if nth == 0:
            assert (read_health(service).tasks.running, read_health(service).tasks.waiting) == (1, 2)
        if nth < 2:
            seen = task_steps.find_task(service, task.id)
            figures = (seen.status, seen.stage, seen.rows_done, seen.rows_total, seen.parts_left)
            assert figures == (TaskStatus.RUNNING, "count", 10 * (nth + 1), 30, 2 - nth)
            assert task.id not in due(service)
    assert due(service) == [task.id]
    assert runner.run_task(service, task.id, tmp_path)
    done = task_steps.find_task(service, task.id)
    assert (done.status, done.result) == (TaskStatus.DONE, {"sum": 3})
    assert count_outputs(service) == 0


def test_a_part_that_fails_fails_its_task_when_the_others_are_done(service, counting, tmp_path):
    task, errors = counting
    errors.append(CheckFailed("seal-differs", "It differs.", line=7))
    assert not runner.run_task(service, task.id, tmp_path)
    for part in due(service):
        assert runner.run_task(service, part, tmp_path)
    assert count_outputs(service) == 3
    assert runner.run_task(service, task.id, tmp_path)
    failed = task_steps.find_task(service, task.id)
    assert (failed.status, failed.error["code"], failed.error["line"]) == (
        TaskStatus.FAILED,
        "seal-differs",
        7,
    )
    assert count_outputs(service) == 0


def test_a_part_that_kills_its_workers_is_given_up_and_its_task_with_it(service, counting, tmp_path):
    task, _ = counting
    assert not runner.run_task(service, task.id, tmp_path)
    bad, *others = due(service)
    for part in others:
        assert runner.run_task(service, part, tmp_path)
    for _ in range(task_steps.MOST_ATTEMPTS):
        assert task_steps.lease(service, bad) is not None
        pass_time(service, seconds=task_steps.LEASE_SECONDS)
    assert task_steps.lease(service, bad) is None
    assert runner.run_task(service, task.id, tmp_path)
    assert task_steps.find_task(service, task.id).error["code"] == "worker-lost"


def count_outputs(service: Service) -> int:
    with service.database.reading() as c:
        return len(c.execute(select(part_outputs.c.task_id)).all())


def test_ranges_of_numbers_leave_none_out_and_share_none(monkeypatch):
    monkeypatch.setattr(parts, "NUMBERS_A_PART", 10)
    assert cut_numbers(19) == []
    for count in (20, 70, 20_000, 10**9):
        ranges = [(part.payload["first"], part.payload["before"]) for part in cut_numbers(count)]
        assert len(ranges) == min(count // 10, 1024)
        assert (ranges[0][0], ranges[-1][1]) == ("00", None)
        assert [before for _, before in ranges[:-1]] == [first for first, _ in ranges[1:]]
        assert ranges == sorted(ranges, key=lambda each: each[0])
