"""Facts gathered in parts are those gathered at once, and are not used where the draw goes by other registers."""

from __future__ import annotations

from typing import Any

import pytest

from maskres.db import gathering
from maskres.db import parts as part_rows
from maskres.db.tasks import Task, TaskStatus
from maskres.jobs import runner
from maskres.rounds.status import DrawStatus
from maskres.usecases.eligibility import fact_parts
from maskres.usecases.eligibility.deciding import decide_draw
from maskres.usecases.service import Service
from maskres.usecases.work import tasks
from tests.support.people import make_people, register_row
from tests.support.raw import fetch
from tests.support.world import OPERATOR, ROUND, cosign_all, hours_of, import_people, play_to, set_clock


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(fact_parts, "ENTRIES_A_PART", 5)


def close(service: Service) -> None:
    """Take a draw to where it can be decided; two of its people are one by a register."""
    people = make_people(20)
    play_to(service, DrawStatus.CLOSED)
    linked = register_row("household", people[4], other_id_number=people[7].id_number)
    import_people(service, "household", [*people[:15], linked])
    import_people(service, "insurance", people[::5])
    set_clock(service, hours_of(1, 50))
    cosign_all(service)


def facts(service: Service) -> list[Any]:
    return [tuple(row) for row in fetch(service.database, "SELECT number, mask FROM facts ORDER BY number")]


def gather(service: Service, folder) -> tuple[Task, int]:
    """Ask for the decision and have its parts done; gives the task, yet to be gone on with, and how many they were."""
    task = tasks.ask(service, OPERATOR, "decide-draw", round_slug=ROUND, draw=1)
    assert not runner.run_task(service, task.id, folder)
    with service.database.reading() as c:
        parts = part_rows.list_parts(c, task.id, "gather")
    for part in parts:
        assert runner.run_task(service, part.id, folder)
    return task, len(parts)


def go_on(service: Service, task: Task, folder) -> Any:
    assert runner.run_task(service, task.id, folder)
    done = tasks.find_task(service, task.id)
    assert done.status is TaskStatus.DONE, done.error
    return done.result


@pytest.fixture
def loaded(monkeypatch) -> list[int]:
    """Count how often facts of parts were used."""
    found: list[int] = []
    load = gathering.load_facts

    def load_facts(*args: Any) -> None:
        found.append(1)
        load(*args)

    monkeypatch.setattr(gathering, "load_facts", load_facts)
    return found


def test_a_draw_is_decided_by_parts_as_at_once(postgres_service, sqlite_service, tmp_path, loaded):
    close(postgres_service)
    close(sqlite_service)
    task, count = gather(postgres_service, tmp_path)
    assert count == 4
    assert facts(postgres_service) == []  # nothing is to be seen before it is decided
    result = go_on(postgres_service, task, tmp_path)
    whole = decide_draw(sqlite_service, OPERATOR, ROUND, 1)
    assert result == {"strata": whole.strata, "excluded": whole.excluded}
    assert facts(postgres_service) == facts(sqlite_service) != []
    assert len(loaded) == 1
    # Decided again there is little to gather: no parts.
    again = tasks.ask(postgres_service, OPERATOR, "decide-draw", round_slug=ROUND, draw=1)
    assert go_on(postgres_service, again, tmp_path) == result


def test_facts_of_registers_that_are_not_the_newest_any_more_are_gathered_anew(
    postgres_service, sqlite_service, tmp_path, loaded
):
    close(postgres_service)
    close(sqlite_service)
    task, _ = gather(postgres_service, tmp_path)
    for each in (postgres_service, sqlite_service):
        import_people(each, "household", make_people(9))
    result = go_on(postgres_service, task, tmp_path)
    whole = decide_draw(sqlite_service, OPERATOR, ROUND, 1)
    assert result == {"strata": whole.strata, "excluded": whole.excluded}
    assert facts(postgres_service) == facts(sqlite_service)
    assert loaded == []
