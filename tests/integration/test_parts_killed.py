"""Workers killed inside a part, its rows written but not committed: it is done again, and no row is there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from maskres.db import parts as part_rows
from maskres.db.tasks import TaskStatus
from maskres.jobs import runner
from maskres.jobs import sweeper as sweeping
from maskres.usecases.eligibility.deciding import decide_draw
from maskres.usecases.service import Service
from maskres.usecases.work import parts, tasks
from tests.integration import test_fact_parts as facts_world
from tests.integration import test_parts
from tests.integration.test_parts import told_by
from tests.integration.test_workers import FILES, ask, count_acts, seeded, sweeping_at, wait_for
from tests.support.workers import start_worker, ticking, wait_until
from tests.support.world import OPERATOR, ROUND, published, winners_of

alone = test_parts.alone


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(sweeping, "QUIET_SECONDS", 1)
    monkeypatch.setattr(sweeping, "LONGEST_PAUSE_SECONDS", 0.5)


def end_by_a_second_host(
    service: Service, task_id: str, queue: str, folder: Path, halts_after: str, sizes: Mapping[str, int]
) -> None:
    """Have the parts of a task begun by a host that is killed in the first of them, and all of it done by another."""
    with (
        start_worker(
            service, queue, folder, "first", halts=True, halts_after=halts_after, sizes=sizes
        ) as first,
        sweeping_at(service, queue),
    ):
        wait_until(lambda: first.halted.exists())
        seen = tasks.find_task(service, task_id)
        assert (seen.status, seen.parts_left > 1) == (TaskStatus.RUNNING, True)
        with start_worker(service, queue, folder, "second", sizes=sizes) as second:
            first.kill_half_way()
            wait_for(service, task_id)
            assert second.stop() == 0


def attempts_at(service: Service, task_id: str, step: str) -> Counter[tuple[str, int]]:
    with service.database.reading() as c:
        return Counter((part.status, part.attempts) for part in part_rows.list_parts(c, task_id, step))


def test_a_worker_killed_while_it_writes_to_winners_writes_to_nobody_twice(
    postgres_service, redis_url, alone, tmp_path, monkeypatch
):
    monkeypatch.setattr(parts, "NUMBERS_A_PART", 3)
    at_work = seeded(postgres_service)
    runner.run_task(at_work, ask(at_work, "draw-winners").id, tmp_path)
    task = ask(at_work, "publish-allocation")
    for _ in range(3):  # the wishes are opened in parts, the places published, their notices cut into parts
        for due in tasks.list_due(at_work, quiet_seconds=0):
            runner.run_task(at_work, due.id, tmp_path)
    assert tasks.find_task(at_work, task.id).steps.keys() >= {"publish", "tell"}
    assert told_by(at_work) == Counter()
    sizes = {"maskres.usecases.work.parts.NUMBERS_A_PART": 3}
    end_by_a_second_host(at_work, task.id, redis_url, tmp_path, "maskres.db.placed.load_messages", sizes)
    assert attempts_at(at_work, task.id, "tell") == {
        ("done", 1): len(winners_of(at_work)) // 3 - 1,
        ("done", 2): 1,
    }
    assert told_by(at_work) == told_by(alone)
    assert set(told_by(at_work).values()) == {1}
    assert [published(at_work, name) for name in FILES] == [published(alone, name) for name in FILES]
    assert count_acts(at_work, "draw-published") == 1


def test_a_worker_killed_while_it_gathers_facts_leaves_the_same_facts(
    postgres_service, sqlite_service, redis_url, tmp_path
):
    for each in (postgres_service, sqlite_service):
        facts_world.close(each)
    at_work = ticking(postgres_service)
    task = tasks.ask(at_work, OPERATOR, "decide-draw", round_slug=ROUND, draw=1)
    sizes = {"maskres.usecases.eligibility.fact_parts.ENTRIES_A_PART": 5}
    end_by_a_second_host(at_work, task.id, redis_url, tmp_path, "maskres.db.parts.write_output", sizes)
    assert attempts_at(at_work, task.id, "gather") == {("done", 1): 3, ("done", 2): 1}
    whole = decide_draw(sqlite_service, OPERATOR, ROUND, 1)
    done = tasks.find_task(at_work, task.id)
    assert done.result == {"strata": whole.strata, "excluded": whole.excluded}
    assert facts_world.facts(at_work) == facts_world.facts(sqlite_service) != []
    assert count_acts(at_work, "draw-decided") == 1
