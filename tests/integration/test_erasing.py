"""Erasing a round: what leads to a person is gone, the bundle still verifies, and what outlives a round stays."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from threading import Event

import pytest

from maskres.db import rounds, tasks
from maskres.errors import ConfigurationError, StepRefused
from maskres.jobs.queue import connect
from maskres.jobs.runner import run_task
from maskres.jobs.sweeper import Sweeper
from maskres.ledger.bundle import check_sums
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.usecases.draw.bundles import export_bundle
from maskres.usecases.keeping.erasing import erase_round, request_due_erasures
from maskres.usecases.rounds import steps as round_steps
from tests.support.raw import fetch, run
from tests.support.world import OPERATOR, ROUND, play_to, set_clock

AFTERWARDS = datetime(2031, 1, 1, tzinfo=UTC)


def finish(service) -> None:
    play_to(service, DrawStatus.FINISHED)
    round_steps.finish_round(service, OPERATOR, ROUND)


def test_a_round_is_erased_only_when_its_date_has_come(service):
    play_to(service, DrawStatus.DECIDED)
    with pytest.raises(StepRefused) as refused:
        erase_round(service, OPERATOR, ROUND)
    assert refused.value.code == "step-out-of-order"
    assert fetch(service.database, "SELECT count(*) FROM registrations") != [(0,)]


def test_a_finished_round_waits_for_its_date(service):
    finish(service)
    with pytest.raises(StepRefused) as refused:
        erase_round(service, OPERATOR, ROUND)
    assert refused.value.code == "too-early-to-erase"
    assert service.keys.round_keys(ROUND)


def test_erasure_takes_the_personal_data_and_the_keys_and_leaves_the_bundle(service, tmp_path):
    finish(service)
    with service.database.reading() as c:
        before = export_bundle(service, ROUND, 1, tmp_path / "before")
        count = len(list(c.exec_driver_sql("SELECT number FROM registrations")))
    set_clock(service, AFTERWARDS)
    assert erase_round(service, OPERATOR, ROUND) == count
    for table in ("registrations", "entries", "facts", "disputes"):
        assert fetch(service.database, f"SELECT count(*) FROM {table}") == [(0,)], table
    assert fetch(service.database, "SELECT count(*) FROM documents") == [(0,)], "even their own date is past"
    with pytest.raises(ConfigurationError):
        service.keys.round_keys(ROUND)
    with service.database.reading() as c:
        assert rounds.find_round(c, ROUND).status is RoundStatus.ERASED
    after = export_bundle(service, ROUND, 1, tmp_path / "after")
    check_sums(after.folder)
    unchanged = {name: digest for name, digest in before.sums.items() if name.endswith(".csv")}
    assert unchanged
    assert {name: after.sums[name] for name in unchanged} == unchanged
    assert erase_round(service, OPERATOR, ROUND) == 0, "a repeat finds nothing left to do"


def test_who_is_to_be_remembered_outlives_the_round(service):
    finish(service)
    remembered = fetch(
        service.database, "SELECT count(*) FROM persons WHERE last_win_at IS NOT NULL OR rounds_waited > 0"
    )
    ((until,),) = fetch(service.database, "SELECT max(retained_until) FROM persons")
    set_clock(service, datetime.fromisoformat(until + "T00:00:00+00:00"))
    erase_round(service, OPERATOR, ROUND)
    assert remembered != [(0,)]
    assert fetch(service.database, "SELECT count(*) FROM persons") == remembered
    assert fetch(service.database, "SELECT count(DISTINCT person_id) FROM documents") == remembered


def test_no_message_of_the_round_is_left(service):
    """Ended ones of its time go, whatever phone they went to; later ones to phones of its registrations go too."""
    finish(service)
    ((phone,), *_) = fetch(
        service.database, "SELECT phone_digest FROM registrations WHERE phone_digest IS NOT NULL"
    )
    late, early = "2030-12-31T00:00:00Z", "2020-01-01T00:00:00Z"
    other = bytes(16)
    rows = [
        ("early", other, early, "sent"),
        ("failed", other, early, "failed"),
        ("hers", phone, late, "sent"),
        ("of-another-round", other, late, "sent"),
        ("waits", phone, late, "waiting"),
    ]
    for name, digest, at, status in rows:
        run(
            service.database,
            "INSERT INTO messages (id, kind, phone_digest, content, data_version, status, created_at, due_at)"
            " VALUES (:name, 'won', :digest, :content, 1, :status, :at, :at)",
            name=name,
            digest=digest,
            content=b"x",
            status=status,
            at=at,
        )
    set_clock(service, AFTERWARDS)
    erase_round(service, OPERATOR, ROUND)
    assert fetch(service.database, "SELECT id FROM messages ORDER BY id") == [
        ("of-another-round",),
        ("waits",),
    ]


def run_due(service, folder) -> list[str]:
    """Let a worker do what is due; gives how each task ended."""
    with service.database.reading() as c:
        due = [each.id for each in tasks.list_tasks(c, is_open=True)]
    for task in due:
        run_task(service, task, folder)
    with service.database.reading() as c:
        return [str(tasks.find_task(c, task).status) for task in due]


class OneRound(Event):
    """Stops a sweeper when it first pauses."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def sweep_once(service, url: str) -> None:
    with connect(url) as connection:
        Sweeper(service, connection).run(OneRound())


def test_a_round_is_erased_by_a_job_on_its_date_and_its_persons_on_theirs(service, tmp_path, redis_url):
    finish(service)
    with service.database.reading() as c:
        rules = rounds.find_round(c, ROUND).rules
    last_day = datetime.combine(rules.personal_data_until, time(23, 59), UTC)
    set_clock(service, last_day)
    assert request_due_erasures(service) == 0, "on the last day everything is still there"
    set_clock(service, last_day + timedelta(minutes=1))
    sweep_once(service, redis_url)
    assert request_due_erasures(service) == 0, "asked for already"
    assert run_due(service, tmp_path) == ["done"]
    assert fetch(service.database, "SELECT count(*) FROM registrations") == [(0,)]
    assert fetch(service.database, "SELECT count(*) FROM persons") != [(0,)]
    assert request_due_erasures(service) == 0
    set_clock(service, datetime.combine(rules.person_data_until, time(0, 1), UTC) + timedelta(days=1))
    assert request_due_erasures(service) == 1
    assert run_due(service, tmp_path) == ["done"]
    assert fetch(service.database, "SELECT count(*) FROM persons") == [(0,)]
    set_clock(service, datetime.combine(rules.person_data_until, time(0, 1), UTC) + timedelta(days=9))
    assert request_due_erasures(service) == 0, "nothing is left to erase"


def test_an_erasure_that_failed_is_asked_for_again_the_next_day(sqlite_service, tmp_path, monkeypatch):
    service = sqlite_service
    finish(service)
    set_clock(service, AFTERWARDS)
    assert request_due_erasures(service) == 1

    def refuse(_slug: str) -> None:
        raise ConfigurationError("no-key", "The folder of the keys cannot be written.")

    monkeypatch.setattr(service.keys, "destroy_round_keys", refuse, raising=True)
    assert run_due(service, tmp_path) == ["failed"]
    assert request_due_erasures(service) == 0
    monkeypatch.undo()
    set_clock(service, AFTERWARDS + timedelta(days=1))
    assert request_due_erasures(service) == 1
    assert run_due(service, tmp_path) == ["done"]
