"""`worker` and `sweeper` as processes, as an operator runs them: set up, at work, stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from maskres.cli import deployment as opened
from maskres.cli.main import main
from maskres.config import read_settings
from maskres.db.engine import Database
from maskres.db.tasks import TaskStatus
from maskres.db.upgrade import upgrade
from maskres.jobs.embedded import embedded_queue
from maskres.usecases.opening import open_service
from maskres.usecases.telling.messages import write_message
from maskres.usecases.work import tasks
from tests.support.workers import wait_until
from tests.support.world import OPERATOR

PYTHON = [sys.executable, "-m", "maskres"]


def settings_of(tmp_path: Path, **more: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MASKRES_")}
    return clean | {"MASKRES_INSTANCE": str(tmp_path / "instance")} | more


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PYTHON, *arguments], env=environment, capture_output=True, text=True, timeout=60)


@contextmanager
def running(environment: dict[str, str], command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen([*PYTHON, command], env=environment, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory) -> Path:
    """A folder with keys and database."""
    folder = tmp_path_factory.mktemp("deployment")
    environment = settings_of(folder)
    assert run(environment, "keys", "init").returncode == 0
    arguments = ("database", "init", "--origin", "rehearsal/work", "--as", "li")
    assert run(environment, *arguments).returncode == 0
    return folder


def test_worker_and_sweeper_do_what_was_asked_for_and_stop_when_told(deployment):
    with embedded_queue(deployment / "instance") as url:
        environment = settings_of(deployment, MASKRES_REDIS_URL=url, MASKRES_SMS_GATEWAY="file")
        logs = {name: deployment / f"{name}.log" for name in ("worker", "sweeper")}
        with (
            running(environment, "worker", logs["worker"]) as worker,
            running(environment, "sweeper", logs["sweeper"]) as sweeper,
            open_service(read_settings(environment)) as service,
        ):
            message_id = service.database.write(
                lambda c: write_message(c, service, "phone-code", "+8613812345678", "482913")
            )
            task = tasks.ask(service, OPERATOR, "open-round", round_slug="none-of-this-name")
            sms = deployment / "instance" / "sms.jsonl"
            wait_until(lambda: sms.exists() and message_id in sms.read_text())
            wait_until(lambda: tasks.find_task(service, task.id).status is TaskStatus.FAILED)
            for process in (worker, sweeper):
                process.terminate()
            assert (worker.wait(20), sweeper.wait(20)) == (0, 0)
    for log in logs.values():
        assert "Traceback" not in log.read_text()
        assert "13812345678" not in log.read_text()
    assert '"event": "worker-ends"' in logs["worker"].read_text()


@pytest.mark.parametrize(
    ("arguments", "given", "missing"),
    [
        (["worker"], {}, "MASKRES_REDIS_URL"),
        (["worker"], {"MASKRES_REDIS_URL": "redis://127.0.0.1:1/0"}, "MASKRES_SMS_GATEWAY"),
        (["sweeper"], {}, "MASKRES_REDIS_URL"),
        (["worker", "--queue", "tasks"], {"MASKRES_REDIS_URL": "redis://127.0.0.1:1/0"}, "keys init"),
    ],
)
def test_they_say_what_is_missing(tmp_path, arguments, given, missing, monkeypatch, capsys):
    for name in list(os.environ):
        if name.startswith("MASKRES_"):
            monkeypatch.delenv(name)
    for name, value in {**given, "MASKRES_INSTANCE": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    opened.settings.cache_clear()
    with_tables = Database(f"sqlite:///{tmp_path / 'maskres.sqlite'}")
    upgrade(with_tables)
    with_tables.close()
    try:
        assert main(arguments) == 2
    finally:
        opened.settings.cache_clear()
    assert missing in capsys.readouterr().err
