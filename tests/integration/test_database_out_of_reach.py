"""A database that is not there, whose machine says nothing, or whose name nobody knows: all are told the same way."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import psycopg
import pytest
import structlog

from maskres.app import bare_app
from maskres.db.engine import ANSWERING, Database
from maskres.db.extension import database_of
from maskres.errors import ConfigurationError
from maskres.usecases.service import Service
from tests.servers.guard import free_port
from tests.support.web import make_app
from tests.support.world import make_service


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a machine that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def require_told(url: str) -> None:
    """See that every way to a database says that it cannot be reached."""
    database = Database(url, patience={**ANSWERING, "connect_timeout": 2})
    for way in (database.reading, database.looking, database.writing):
        with pytest.raises(ConfigurationError) as caught, way():
            pass
        assert caught.value.code == "no-database"
    database.close()


def test_a_database_out_of_reach_is_told_plainly(silent: int):
    require_told(f"postgresql+psycopg://maskres@127.0.0.1:{free_port()}/maskres")
    require_told(f"postgresql+psycopg://maskres@127.0.0.1:{silent}/maskres")
    require_told("postgresql+psycopg://maskres@database.invalid/maskres")


@pytest.mark.parametrize("sqlstate", ["53100", "53200", "57P01"])
def test_a_database_at_its_end_is_told_as_one_out_of_reach(postgres_service: Service, sqlstate: str):
    end = f"DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '{sqlstate}'; END $$"
    with pytest.raises(ConfigurationError) as caught, postgres_service.database.writing() as c:
        c.exec_driver_sql(end)
    assert caught.value.code == "no-database"


def test_whoever_comes_after_a_restart_is_served(postgres_service: Service):
    database = postgres_service.database
    ways = (database.reading, database.looking, database.writing)
    for way in ways:
        with way() as c:
            assert c.exec_driver_sql("SELECT 1").scalar_one() == 1
        end_connections(postgres_service)
        with way() as c:
            assert c.exec_driver_sql("SELECT 1").scalar_one() == 1


def end_connections(service: Service) -> None:
    """End all connections at rest, as PostgreSQL does when it is stopped."""
    url = service.database.url.replace("+psycopg", "")
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    end = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute(end).fetchall()


def test_no_stranger_learns_where_the_database_is():
    """Programs are told that it cannot be done; the log says why."""
    gone = make_service(Database(f"postgresql+psycopg://inner-role@127.0.0.1:{free_port()}/inner-name"))
    client = make_app(gone).test_client()
    for path in ("/api/v1/checkpoints", "/api/v1/rounds", "/", "/readyz"):
        with structlog.testing.capture_logs() as lines:
            answer = client.get(path)
        assert answer.status_code == 503
        assert not any(word in answer.text for word in ("inner-", "127.0.0.1", "refused"))
        assert path == "/readyz" or any("127.0.0.1" in line.get("said", "") for line in lines)


def test_whoever_answers_people_has_less_patience_than_a_task(postgres_service: Service):
    answering = database_of(bare_app(), postgres_service.database.url)
    waits = []
    for database in (answering, Database(postgres_service.database.url)):
        for way in (database.reading, database.looking):
            with way() as c:
                waits.append(c.connection.driver_connection.info.get_parameters())
        database.close()
    assert [each.get("tcp_user_timeout") for each in waits] == ["10000", "10000", None, None]
    assert [each["connect_timeout"] for each in waits] == ["3", "3", "10", "10"]
    assert {each["keepalives_idle"] for each in waits} == {"30"}
