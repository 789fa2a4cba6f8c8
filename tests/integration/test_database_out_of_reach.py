"""A database that is not there, whose machine says nothing, or whose name nobody knows: all are told the same way."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from maskres.app import bare_app
from maskres.db.engine import ANSWERING, Database
from maskres.db.extension import database_of
from maskres.errors import ConfigurationError
from maskres.usecases.service import Service
from tests.servers.guard import free_port


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
