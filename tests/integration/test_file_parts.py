"""Large files in parts: what comes of them is what comes of the file read whole, whoever is killed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from maskres.db import parts as part_rows
from maskres.db.tasks import Task, TaskStatus
from maskres.errors import CheckFailed
from maskres.formats import office_csv
from maskres.formats.values import parse_time
from maskres.jobs import runner
from maskres.usecases.eligibility.registers import import_register
from maskres.usecases.imports import ImportRefused
from maskres.usecases.service import Service
from maskres.usecases.work import file_parts, tasks
from maskres.usecases.work.tasks import describe_error
from maskres.usecases.work.uploads import keep_upload, read_bytes
from tests.integration.test_bulk_registering import contacts, fill_always, prepare, registrations, rows_of
from tests.integration.test_bulk_registering import import_rows as register_rows
from tests.integration.test_register_import import NewerKeys, plain
from tests.support.people import make_people, register_row, write_register, write_registrations
from tests.support.raw import fetch
from tests.support.world import COUNTER, OPERATOR, REGISTER_DATE, ROUND, pass_time, set_clock


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(office_csv, "BLOCK_BYTES", 200)
    monkeypatch.setattr(file_parts, "BYTES_A_PART", 150)


def ask(service: Service, kind: str, path: Path, payload: dict[str, str]) -> Task:
    upload = keep_upload(service, OPERATOR, path.name, BytesIO(path.read_bytes()))
    return tasks.ask(service, COUNTER, kind, payload | {"upload": upload.id}, round_slug=ROUND)


def killed(*_args) -> None:
    raise KeyboardInterrupt  # as SIGKILL: nothing of ours catches it


def work_off(service: Service, task: Task, folder: Path, monkeypatch) -> Task:
    """Do a task and its parts; whoever is the first at each is killed when it would be noted as done."""
    while not tasks.find_task(service, task.id).status.is_ended:
        for due in tasks.list_due(service, quiet_seconds=0):
            with monkeypatch.context() as patch:
                patch.setattr(tasks, "finish", killed)
                with suppress(KeyboardInterrupt):
                    runner.run_task(service, due.id, folder)
            pass_time(service, seconds=tasks.LEASE_SECONDS)
            runner.run_task(service, due.id, folder)
    with service.database.reading() as c:
        parts = part_rows.list_parts(c, task.id, "read")
    assert len(parts) > 2
    assert [part.attempts for part in parts] == [2] * len(parts)
    return tasks.find_task(service, task.id)


@pytest.mark.parametrize("is_filling", [False, True])
def test_registrations_in_parts(postgres_service, sqlite_service, tmp_path, monkeypatch, is_filling):
    if is_filling:
        fill_always(monkeypatch)
    people = make_people(8)
    for each in (postgres_service, sqlite_service):
        prepare(each, people)
    bad = [*rows_of(people), {"sex": "X"}, *rows_of(people)[:3], {"name": "no more"}]
    path = write_registrations(tmp_path / "registrations.csv", bad)
    refused = work_off(
        postgres_service, ask(postgres_service, "import-registrations", path, {}), tmp_path, monkeypatch
    )
    with pytest.raises(ImportRefused) as caught:
        register_rows(sqlite_service, tmp_path, bad)
    assert refused.status is TaskStatus.FAILED
    assert refused.error == describe_error(caught.value)
    assert refused.error["bad_count"] == 2
    path = write_registrations(tmp_path / "registrations.csv", rows_of(people))
    task = ask(postgres_service, "import-registrations", path, {})
    done = work_off(postgres_service, task, tmp_path, monkeypatch)
    ((taken_at,),) = fetch(postgres_service.database, "SELECT max(changed_at) FROM registrations")
    set_clock(sqlite_service, parse_time(taken_at, field="time"))
    whole = register_rows(sqlite_service, tmp_path, rows_of(people))
    assert done.result == {
        "rows": whole.rows,
        "created": whole.created,
        "changed": whole.changed,
        "is_new": True,
    }
    assert registrations(postgres_service) == registrations(sqlite_service)
    assert contacts(postgres_service) == contacts(sqlite_service)
    persons = "SELECT count(*) FROM persons"
    assert fetch(postgres_service.database, persons) == fetch(sqlite_service.database, persons)
    again = ask(postgres_service, "import-registrations", path, {})
    assert runner.run_task(postgres_service, again.id, tmp_path)
    assert tasks.find_task(postgres_service, again.id).result["is_new"] is False


def stored(service: Service) -> list[Any]:
    """Give what stands of the registers, and what leads from document to document."""
    rows = "SELECT id_digest, name_digest, line, months FROM register_rows ORDER BY line, id_digest"
    links = "SELECT id_digest, group_digest FROM identity_links ORDER BY id_digest"
    versions = "SELECT version, rows, key_version FROM register_versions ORDER BY version"
    return [plain(fetch(service.database, query)) for query in (rows, links, versions)]


def test_a_register_in_parts(postgres_service, sqlite_service, tmp_path, monkeypatch):
    service, people = postgres_service, make_people(20)
    rows = [register_row("household", each) for each in people]
    rows[3] = register_row("household", people[3], other_id_type="passport", other_id_number="GBR:123456789")
    payload = {"register": "household", "as_of": REGISTER_DATE.isoformat()}
    bad = write_register(
        tmp_path / "bad.csv", "household", [*rows, register_row("household", people[0], name="")]
    )
    refused = work_off(service, ask(service, "import-register", bad, payload), tmp_path, monkeypatch)
    assert (refused.error["code"], [row["line"] for row in refused.error["bad_rows"]]) == ("bad-rows", [22])
    assert stored(service) == [[], [], []]
    path = write_register(tmp_path / "good.csv", "household", rows)
    done = work_off(service, ask(service, "import-register", path, payload), tmp_path, monkeypatch)
    assert (done.result["version"], done.result["rows"], done.result["is_new"]) == (1, 20, True)
    import_register(sqlite_service, OPERATOR, "household", path, REGISTER_DATE)
    assert stored(service) == stored(sqlite_service)
    again = ask(service, "import-register", path, payload)
    assert runner.run_task(service, again.id, tmp_path)
    assert tasks.find_task(service, again.id).result["is_new"] is False


def test_what_was_digested_under_other_keys_is_not_put_together(postgres_service, tmp_path):
    service = postgres_service
    path = write_register(tmp_path / "r.csv", "household", make_people(20))
    payload = {"register": "household", "as_of": REGISTER_DATE.isoformat()}
    task = ask(service, "import-register", path, payload)
    assert not runner.run_task(service, task.id, tmp_path)
    rotated = replace(service, keys=NewerKeys("tests"))
    for due in tasks.list_due(service, quiet_seconds=0):
        assert runner.run_task(rotated, due.id, tmp_path)
    assert runner.run_task(service, task.id, tmp_path)
    assert tasks.find_task(service, task.id).error["code"] == "keys-rotated"
    assert stored(service) == [[], [], []]


def test_any_bytes_of_an_upload_can_be_read(service, monkeypatch):
    monkeypatch.setattr("maskres.usecases.work.uploads.PIECE_BYTES", 10)
    data = bytes(range(35))
    upload = keep_upload(service, OPERATOR, "x.csv", BytesIO(data))
    with service.database.reading() as c:
        for begins, ends in ((0, 35), (0, 10), (9, 11), (10, 20), (7, 33), (34, 35)):
            assert read_bytes(c, service, upload.id, begins, ends) == data[begins:ends]
        with pytest.raises(CheckFailed) as caught:
            read_bytes(c, service, upload.id, 30, 36)
    assert caught.value.code == "upload-damaged"
