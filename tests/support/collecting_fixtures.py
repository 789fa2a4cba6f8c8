"""Fixtures of the small world with its counters open (tests/support/collecting.py)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskres.db.engine import Database
from tests.servers.postgres import Postgres
from tests.support.collecting import Counters, play
from tests.support.world import make_service


@pytest.fixture(scope="session")
def collecting_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the round in collection, to be copied."""
    path = tmp_path_factory.mktemp("collecting") / "maskres.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    play(make_service(database))
    database.close()
    return path


@pytest.fixture(scope="session")
def collecting_postgres(postgres_server: Postgres, postgres_template: str) -> str:
    """The name of a PostgreSQL database with the round in collection, to be copied."""
    name = postgres_server.create_database(postgres_template)
    database = Database(postgres_server.url(name))
    play(make_service(database))
    database.close()
    return name


@pytest.fixture
def sqlite_counters(collecting_sqlite: Path, tmp_path: Path) -> Iterator[Counters]:
    """The collection on a new SQLite file; its clock stands at noon of the day before the slots."""
    database = Database(f"sqlite:///{shutil.copy(collecting_sqlite, tmp_path / 'maskres.db')}")
    yield _open(database)
    database.close()


@pytest.fixture
def postgres_counters(postgres_server: Postgres, collecting_postgres: str) -> Iterator[Counters]:
    """The collection on a new PostgreSQL database; its clock stands at noon of the day before the slots."""
    name = postgres_server.create_database(collecting_postgres)
    database = Database(postgres_server.url(name))
    yield _open(database)
    database.close()
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def counters(request: pytest.FixtureRequest) -> Counters:
    """The collection on a new database: the test runs on each kind."""
    kinds = {"sqlite": "sqlite_counters", "postgresql": "postgres_counters"}
    found: Counters = request.getfixturevalue(kinds[request.param])
    return found


def _open(database: Database) -> Counters:
    counters = Counters(make_service(database))
    counters.at(12, days=-1)
    return counters
