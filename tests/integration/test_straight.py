"""Statements that go straight to PostgreSQL: how values are written, what a refusal and a lost connection come to."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from maskres.db.straight import StraightStatement
from maskres.errors import ConfigurationError
from maskres.usecases.service import Service

PAIRS = [
    ("bytea", b"\x00\xff'\\", b"\x00"),
    ("text", "厦门 'a\\b'", ""),
    ("bigint", (1 << 62) + 1, -1),
    ("boolean", True, False),
]
EQUAL = {"bytea": "byteaeq", "text": "texteq", "bigint": "int8eq", "boolean": "booleq"}


def statement(kind: str) -> StraightStatement:
    return StraightStatement(EQUAL[kind], {"one": kind, "other": kind})


@pytest.mark.parametrize(("kind", "value", "another"), PAIRS)
def test_values_arrive_as_they_are(postgres_service: Service, kind: str, value: Any, another: Any):
    database = postgres_service.database
    # The driver writes the other side by its own means.
    with database.reading() as c:
        read = c.exec_driver_sql(f"SELECT %(value)s::{kind}", {"value": value}).scalar_one()
    read = bytes(read) if kind == "bytea" else read
    assert database.do_at_once(statement(kind), {"one": value, "other": read})
    assert not database.do_at_once(statement(kind), {"one": value, "other": another})
    assert not database.do_at_once(statement(kind), {"one": value, "other": None}), "NULL is not true"


def test_a_refusal_is_the_drivers_own_error_and_the_connection_goes_on(postgres_service: Service):
    database = postgres_service.database
    role = StraightStatement("pg_has_role", {"user": "name", "role": "name", "right": "text"})
    with pytest.raises(psycopg.errors.UndefinedObject):
        database.do_at_once(role, {"user": "nobody-here", "role": "nobody-here", "right": "usage"})
    assert database.do_at_once(statement("text"), {"one": "a", "other": "a"})


def test_a_lost_connection_is_told_plainly_and_the_next_statement_has_a_new_one(postgres_service: Service):
    database = postgres_service.database
    end = StraightStatement("pg_terminate_backend", {"pid": "integer"})
    own = StraightStatement("int4eq", {"one": "integer", "other": "integer"})
    assert database.do_at_once(own, {"one": 1, "other": 1})
    (line,) = database._straight._waiting
    with pytest.raises(ConfigurationError) as caught:
        database.do_at_once(end, {"pid": line.connection.info.backend_pid})
    assert caught.value.code == "no-database"
    assert database.do_at_once(own, {"one": 1, "other": 1})
