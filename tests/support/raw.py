"""Behind the code's back: plain SQL as an administrator of the database would write it, and dumps of all tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.exc import IntegrityError

from maskres.db.engine import Database


def run(database: Database, statement: str, **values: Any) -> int:
    """Run a statement and commit; gives the number of rows."""
    with database.engine.begin() as c:
        return c.execute(text(statement), values).rowcount


def fetch(database: Database, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Give the rows of a query."""
    with database.engine.begin() as c:
        return [tuple(row) for row in c.execute(text(statement), values)]


def refusal(database: Database, statement: str, **values: Any) -> str | None:
    """Try a statement and undo it; gives what the database says where it refuses, None where it would be done."""
    with database.engine.connect() as c:
        attempt = c.begin()
        try:
            c.execute(text(statement), values)
        except IntegrityError as error:
            return str(error.orig).splitlines()[0]
        finally:
            attempt.rollback()
    return None


def without_guards(database: Database, table: str, statement: str, **values: Any) -> int:
    """Run a statement as somebody who first took the guards of its table away, as whoever owns the tables can."""
    with database.engine.begin() as c:
        if database.is_sqlite:
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
            for name in c.execute(text(named), {"table": table}).scalars().all():
                c.execute(text(f"DROP TRIGGER {name}"))
        else:
            c.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return c.execute(text(statement), values).rowcount


def dump(database: Database) -> dict[str, list[Mapping[str, Any]]]:
    """Give every row of every table."""
    with database.engine.begin() as c:
        return {
            table: [dict(row._mapping) for row in c.execute(text(f'SELECT * FROM "{table}"'))]
            for table in inspect(c).get_table_names()
        }


@contextmanager
def count_statements() -> Iterator[Callable[[], int]]:
    """Count the statements that any database of this process is asked while the block lasts."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield lambda: len(asked)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
