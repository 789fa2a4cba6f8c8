"""Databases and servers for every test. Servers start when the first test asks, once a test process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from redis import Redis

from maskres.db.engine import Database
from maskres.usecases.service import Service
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.redis import running_redis
from tests.support.lender import Lender
from tests.support.world import make_service, make_template

# No deadline: how long an example takes on a busy machine says nothing. CI tries the same examples each time.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")

#: Tests that drive browsers, servers and processes of their own.
_DRIVING = tuple(Path(__file__).parent / name for name in ("browser", "integration"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On CI, walk a second time what failed once among the tests that drive others, and name it in the summary.

    Such a test meets a machine's own timing, which is no part of what is tested; but what is listed as "RERUN" has a
    fault all the same, in the product or in the test: look for it. Elsewhere it fails at once. Races, properties,
    vectors and the pure rooms are never tried twice.
    """
    if os.environ.get("CI") != "true":
        return
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _DRIVING):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why a test had to be tried again: its fault may not show itself soon again."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"tried again: {report.nodeid} ({report.when})")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A running PostgreSQL, in which to make databases."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """SQLAlchemy's URL of a new, empty PostgreSQL database."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """SQLAlchemy's URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'maskres.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLAlchemy's URL of a new, empty database: the test runs on each kind."""
    url: str = request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a running Redis."""
    with running_redis() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an emptied Redis."""
    with Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "maskres.db"
    make_template(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_lender(postgres_server: Postgres) -> Lender:
    """Lends PostgreSQL databases with all tables, one at a time to this process."""
    return Lender(postgres_server, make_template)


@pytest.fixture
def sqlite_service(sqlite_template: Path, tmp_path: Path) -> Iterator[Service]:
    """A service on a new SQLite file with all tables (tests/support/world.py)."""
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'maskres.db')}")
    yield make_service(database)
    database.close()


@pytest.fixture
def postgres_service(postgres_lender: Lender) -> Iterator[Service]:
    """A service on a PostgreSQL database with all tables, empty as a new one (tests/support/world.py)."""
    with postgres_lender.lent() as url:
        database = Database(url)
        yield make_service(database)
        database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest) -> Service:
    """A service on a new database with all tables: the test runs on each kind."""
    kinds = {"sqlite": "sqlite_service", "postgresql": "postgres_service"}
    found: Service = request.getfixturevalue(kinds[request.param])
    return found
