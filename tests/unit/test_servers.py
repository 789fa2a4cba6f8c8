"""The test servers themselves: real, empty for each test, and gone when the process that started them is."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import Redis

from tests.servers.postgres import Postgres

ROOT = Path(__file__).parents[2]

START_AND_SAY_WHERE = """
import time
from tests.servers.{module} import running_{module}
with running_{module}() as server:
    print(getattr(server, "port", None) or server.split(":")[2].split("/")[0], flush=True)
    time.sleep(600)
"""


def test_postgres_is_a_recent_one_in_utf8(postgres_url: str):
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection:
        assert int(connection.scalar(sa.text("SHOW server_version_num"))) >= 150000
        assert connection.scalar(sa.text("SHOW server_encoding")) == "UTF8"
        assert connection.scalar(sa.text("SELECT '𠮷·鼓浪屿'")) == "𠮷·鼓浪屿"
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_database(database_url: str, turn: int):
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE left_behind (turn integer)"))
    engine.dispose()


def test_a_database_left_in_use_can_be_dropped(postgres_server: Postgres):
    name = postgres_server.create_database()
    engine = sa.create_engine(postgres_server.url(name))
    left_open = engine.connect()
    postgres_server.drop_database(name)
    with pytest.raises(sa.exc.OperationalError):
        left_open.execute(sa.text("SELECT 1"))
    left_open.invalidate()
    engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_gets_an_empty_redis(redis_url: str, turn: int):
    with Redis.from_url(redis_url) as client:
        assert client.ping()
        assert client.dbsize() == 0
        client.set("left-behind", turn)


@pytest.mark.parametrize("module", ["postgres", "redis"])
def test_a_server_ends_with_a_killed_test_process(module: str, request: pytest.FixtureRequest):
    request.getfixturevalue(f"{module}_url")  # skips, or fails in CI, where the server is not installed
    process = subprocess.Popen(
        [sys.executable, "-c", START_AND_SAY_WHERE.format(module=module)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as lines:
        port = int(lines.readline())
    assert is_listening(port)
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 30
    while is_listening(port):
        assert time.monotonic() < deadline, "the server outlived the process that started it"
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
