"""Statements given to PostgreSQL straight by libpq: prepared once a connection, each a transaction of its own.

For the few acts that are asked for thousands of times a minute (db/at_once.py). What SQLAlchemy and the driver do
around every statement, looking how each value is written, is a good part of the whole; here a statement says itself how
its values are written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

_TEXT, _BINARY = 0, 1
#: libpq's PGRES_COMMAND_OK and PGRES_TUPLES_OK.
_DONE = (1, 2)


def _write_boolean(value: bool | None) -> bytes | None:
    return None if value is None else b"t" if value else b"f"


def _write_integer(value: int | None) -> bytes | None:
    return None if value is None else b"%d" % value


def _write_text(value: str | None) -> bytes | None:
    return None if value is None else value.encode()


def _write_bytes(value: bytes | None) -> bytes | None:
    return value


#: How a value of each type is sent; of other types its text is.
_WRITE: Mapping[str, Callable[[Any], bytes | None]] = {
    "boolean": _write_boolean,
    "integer": _write_integer,
    "bigint": _write_integer,
    "bytea": _write_bytes,
}


class StraightStatement:
    """A call of a function in the database that gives true or false.

    Args:
        function: its name.
        parameters: name → type in PostgreSQL, in their order.
    """

    def __init__(self, function: str, parameters: Mapping[str, str]) -> None:
        placed = (f"${nth}::{kind}" for nth, kind in enumerate(parameters.values(), 1))
        self.name = function.encode()
        self.sql = f"SELECT {function}({', '.join(placed)})".encode()
        # Bytes go as they are; as text they would be written out in digits here and read again there.
        self.formats = [_BINARY if kind == "bytea" else _TEXT for kind in parameters.values()]
        self._writers = tuple((name, _WRITE.get(kind, _write_text)) for name, kind in parameters.items())

    def write(self, values: Mapping[str, Any]) -> list[bytes | None]:
        """Write values as they are sent: bytes, texts, whole numbers, true or false, None."""
        return [write(values[name]) for name, write in self._writers]


class StatementRefused(Exception):
    """The database refused a statement and goes on.

    Attributes:
        sqlstate: why.
    """

    def __init__(self, sqlstate: str, error: Exception) -> None:
        super().__init__(str(error))
        self.sqlstate = sqlstate
        self.error = error


class ConnectionLost(Exception):
    """The connection ended while a statement was on its way; it may have been done or not."""


class StraightLines:
    """Connections that are kept for such statements: never more than threads that use them at once.

    Args:
        connect: gives a connection of the driver's own, on which every statement is a transaction of its own.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._waiting: deque[_Line] = deque()

    def ask(self, statement: StraightStatement, values: Mapping[str, Any]) -> bool:
        """Do a statement; tells what it gave.

        Raises:
            StatementRefused: the database said why.
            ConnectionLost: nobody said anything.
        """
        try:
            line = self._waiting.pop()
        except IndexError:
            line = _Line(self._connect())
        try:
            return line.ask(statement, values)
        except ConnectionLost:
            self.close()  # whatever ended this one has ended the others
            raise
        finally:
            if not line.connection.closed:
                self._waiting.append(line)

    def close(self) -> None:
        """Close all of them."""
        try:
            while True:
                self._waiting.pop().connection.close()
        except IndexError:
            pass


class _Line:
    """A connection, and what was prepared on it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._prepared: set[bytes] = set()

    def ask(self, statement: StraightStatement, values: Mapping[str, Any]) -> bool:
        libpq = self.connection.pgconn
        if statement.name not in self._prepared:
            self._check(libpq.prepare(statement.name, statement.sql))
            self._prepared.add(statement.name)
        result = libpq.exec_prepared(statement.name, statement.write(values), statement.formats)
        self._check(result)
        return bool(result.get_value(0, 0) == b"t")

    def _check(self, result: Any) -> None:
        if result.status in _DONE:
            return
        # Whoever has SQLite does not wait for the driver of another database.
        from psycopg.errors import error_from_result
        from psycopg.pq import DiagnosticField

        error = error_from_result(result)
        sqlstate = result.error_field(DiagnosticField.SQLSTATE)
        if sqlstate is None or self.connection.closed:
            raise ConnectionLost(str(error))
        raise StatementRefused(sqlstate.decode(), error)
