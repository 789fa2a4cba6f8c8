"""A real PostgreSQL for the tests: its own cluster in a temporary folder, on a free port of this machine."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.guard import Guard, free_port, refuse_or_skip

_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
timezone = 'UTC'
"""
#: Tests may lose everything in a power cut; benchmarks must pay for durability like a deployment.
_CARELESS = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""
#: As docs/deploying.md asks for it.
_DURABLE = """
max_wal_size = '8GB'
wal_compression = on
"""


class Postgres:
    """A running server, in which tests make and drop databases."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._counter = itertools.count(1)

    def url(self, database: str) -> str:
        """Give SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """Make a database as a copy of another, to which nobody may be connected, and give its name."""
        name = f"test_{next(self._counter)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, and the connections to it that were left open."""
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def _run(self, statement: str, *names: str) -> None:
        query = sql.SQL(statement).format(*map(sql.Identifier, names))
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(query)


@contextmanager
def running_postgres(*, is_durable: bool = False) -> Iterator[Postgres]:
    """Start a cluster, and stop and remove it afterwards.

    Args:
        is_durable: whether what it commits survives a power cut, as PostgreSQL does unless told otherwise.
    """
    binaries = _find_binaries()
    user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="maskres-postgres-"))
    if user is not None:
        shutil.chown(folder, user, user)
    data = folder / "data"
    pg_ctl = [str(binaries / "pg_ctl"), "-D", str(data)]
    guard = Guard([*pg_ctl, "stop", "-m", "immediate"], folder, user)
    try:
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync"]
        _call([*initdb, "--locale=C.UTF-8", "--encoding=UTF8"], folder, user)
        port = free_port()
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS.format(port=port) + (_DURABLE if is_durable else _CARELESS))
        log = folder / "log"
        _call([*pg_ctl, "start", "-w", "-l", str(log)], folder, user, log)
        yield Postgres(port)
    finally:
        guard.stop()


@contextmanager
def running_replica(primary: Postgres) -> Iterator[int]:
    """Start a standby that follows a server by streaming replication, give its port, and remove it afterwards."""
    binaries = _find_binaries()
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="maskres-replica-"))
    if user is not None:
        shutil.chown(folder, user, user)
    data, port = folder / "data", free_port()
    pg_ctl = [str(binaries / "pg_ctl"), "-D", str(data)]
    guard = Guard([*pg_ctl, "stop", "-m", "immediate"], folder, user)
    try:
        copy = [str(binaries / "pg_basebackup"), "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres"]
        _call([*copy, "-D", str(data), "-X", "stream", "-R", "-c", "fast", "--no-sync"], folder, user)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"port = {port}\n")
        log = folder / "log"
        _call([*pg_ctl, "start", "-w", "-l", str(log)], folder, user, log)
        yield port
    finally:
        guard.stop()


def _find_binaries() -> Path:
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    for initdb in sorted(installed, key=lambda path: int(path.parts[-3]), reverse=True):
        return initdb.parent
    on_path = shutil.which("initdb")
    if on_path is None:
        refuse_or_skip("PostgreSQL")
    return Path(on_path).resolve().parent


def _call(command: list[str], folder: Path, user: str | None, log: Path | None = None) -> None:
    """Run a program of PostgreSQL's as its user, deaf to the PG* settings of whoever runs the tests."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        check=False,
    )
    if done.returncode:
        detail = log.read_text(errors="replace") if log is not None and log.exists() else ""
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{detail}")
