"""Writing to winners is the last step of a publication, and is asked for alone where it alone failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maskres.db import placed
from maskres.db.engine import Transaction
from maskres.db.tasks import Task, TaskStatus
from maskres.jobs import runner
from maskres.rounds.status import DrawStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.service import Service
from maskres.usecases.work import parts, tasks
from tests.integration.test_parts import told_by
from tests.support.office import Desk
from tests.support.world import OPERATOR, ROUND, pass_time, play_to, status_of, winners_of

PAGE = f"/operator/rounds/{ROUND}/draws/1/tell"
LONGEST_WAIT_SECONDS = tasks.FIRST_WAIT_SECONDS * 4 ** (tasks.MOST_ATTEMPTS - 1)


def work_until_ended(service: Service, task_id: str, folder: Path) -> Task:
    """Do whatever is due, as workers do, until a task has ended."""
    while not (found := tasks.find_task(service, task_id)).status.is_ended:
        pass_time(service, seconds=LONGEST_WAIT_SECONDS)
        for due in tasks.list_due(service, quiet_seconds=0):
            runner.run_task(service, due.id, folder)
    return found


def test_telling_that_failed_five_times_is_asked_for_alone_and_nobody_is_told_twice(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL it fails in one part of three: the other winners were written to already."""
    monkeypatch.setattr(parts, "NUMBERS_A_PART", 3)
    play_to(service, DrawStatus.DRAWN)
    winners = sorted(winners_of(service))
    load, attempts = placed.load_messages, []

    def load_messages(c: Transaction, rows: list[dict[str, Any]]) -> int:
        if any(row["once"].endswith(f"/{winners[0]}") for row in rows):
            attempts.append(1)
            raise OSError
        return load(c, rows)

    with monkeypatch.context() as patch:
        patch.setattr(placed, "load_messages", load_messages)
        asked = tasks.ask(service, OPERATOR, TaskKind.PUBLISH_ALLOCATION, round_slug=ROUND, draw=1)
        failed = work_until_ended(service, asked.id, tmp_path)
    assert (failed.status, len(attempts)) == (TaskStatus.FAILED, tasks.MOST_ATTEMPTS)
    assert status_of(service) is DrawStatus.PUBLISHED
    told_before = told_by(service).total()
    assert 0 < told_before < len(winners) if not service.database.is_sqlite else told_before == 0

    desk = Desk(service, tmp_path)
    page = desk.get("operator", f"/operator/tasks/{asked.id}").text
    left = page.partition("What was left can be asked for alone:")[2].partition("</ul>")[0]
    assert PAGE in left and "bundle" not in left
    for expected in (len(winners) - told_before, 0):
        desk.post("operator", PAGE, {})
        newest = tasks.list_tasks(service, limit=1)[0]
        assert newest.kind == TaskKind.TELL_WINNERS
        assert work_until_ended(service, newest.id, tmp_path).result == {"told": expected}
    assert set(told_by(service).values()) == {1}
    assert told_by(service).total() == len(winners)
