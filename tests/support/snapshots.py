"""Contents of a database, taken once and put back many times: most tests begin where another began.

A database lent to tests on PostgreSQL is emptied and filled again instead of made anew, for making one copies hundreds
of files. What a test does to tables, triggers or functions themselves cannot be put back so; `shape_of` tells.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from maskres.db.engine import Database

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
_COLUMNS = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
#: Everything but the rows: tables, columns, constraints, triggers, functions, and who may what.
_SHAPE = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
        SELECT concat(oid, relname, relkind, relacl, relhastriggers, reloptions) AS line FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat(attrelid, attname, atttypid, attnotnull, attisdropped) FROM pg_attribute
            WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        UNION ALL SELECT concat(oid, conname, contype, convalidated) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat(oid, tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT concat(oid, proname, md5(prosrc), proacl) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
    ) AS shape"""
#: A test's own connection that was forgotten would hold its rows.
_CUT_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


@dataclass(frozen=True, slots=True)
class Contents:
    """The rows of a PostgreSQL database, and how to put them back.

    Attributes:
        clearing: statements that empty every table and set every sequence to where it stood.
        rows: of each table with any, the statement that takes them in, and they themselves.
    """

    clearing: sql.Composed
    rows: Sequence[tuple[sql.Composed, bytes]]


Snapshot = Contents | sqlite3.Connection


def take(database: Database) -> Snapshot:
    """Take the contents of a database in which nothing is being written."""
    if database.is_sqlite:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(_path(database))) as source:
            source.backup(kept)
        return kept
    return read_contents(database.url)


def read_contents(url: str) -> Contents:
    """Take the contents of a PostgreSQL database."""
    with psycopg.connect(_address(url)) as connection:
        return _read(connection)


def put_back(database: Database, snapshot: Snapshot) -> None:
    """Replace the contents of a database, whose tables are as they were, by those that were taken of another."""
    if isinstance(snapshot, sqlite3.Connection):
        with closing(sqlite3.connect(_path(database))) as target:
            snapshot.backup(target)
        return
    with psycopg.connect(_address(database.url)) as connection:
        _write(connection, snapshot)


def renew(url: str, contents: Contents) -> None:
    """Put contents back into a PostgreSQL database for the next test; whoever is connected to it still is cut off."""
    with psycopg.connect(_address(url)) as connection:
        connection.execute(_CUT_OTHERS)
        connection.execute("SET lock_timeout = '10s'")
        _write(connection, contents)


def shape_of(url: str) -> str:
    """Digest everything of a PostgreSQL database but its rows."""
    with psycopg.connect(_address(url)) as connection:
        row = connection.execute(_SHAPE).fetchone()
    assert row is not None
    return str(row[0])


def count_rows(database: Database) -> dict[str, int]:
    """Count the rows of every table."""
    with database.reading() as c:
        query = _TABLES if not database.is_sqlite else "SELECT name FROM sqlite_schema WHERE type = 'table'"
        names = [name for (name,) in c.exec_driver_sql(query) if not name.startswith(("sqlite_", "alembic"))]
        union = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in sorted(names))
        return {str(name): int(count) for name, count in c.exec_driver_sql(union)}


def _read(connection: psycopg.Connection) -> Contents:
    # Neither guards nor foreign keys are asked: what is put back was whole when it was taken.
    clearing: list[sql.Composable] = [sql.SQL("SET LOCAL session_replication_role = replica")]
    rows = []
    for (table,) in connection.execute(_TABLES).fetchall():
        clearing.append(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        if _has_rows(connection, table):
            out_of, into = (_copy(connection, table, way) for way in ("TO STDOUT", "FROM STDIN"))
            with connection.cursor().copy(out_of) as copied:
                rows.append((into, b"".join(map(bytes, copied))))
    for sequence, value in connection.execute(_SEQUENCES).fetchall():
        name = sql.Literal(f'public."{sequence}"')
        stood = sql.SQL("SELECT setval({}, {}, {})").format(name, value or 1, value is not None)
        clearing.append(stood)
    return Contents(sql.SQL("; ").join(clearing), rows)


def _has_rows(connection: psycopg.Connection, table: str) -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(table))
    row = connection.execute(query).fetchone()
    return row is not None and bool(row[0])


def _write(connection: psycopg.Connection, contents: Contents) -> None:
    connection.execute(contents.clearing)
    for statement, data in contents.rows:
        with connection.cursor().copy(statement) as into:
            into.write(data)


def _copy(connection: psycopg.Connection, table: str, way: str) -> sql.Composed:
    columns = [name for (name,) in connection.execute(_COLUMNS, (f'public."{table}"',)).fetchall()]
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {} (FORMAT binary)").format(sql.Identifier(table), listed, sql.SQL(way))


def _path(database: Database) -> Path:
    return Path(str(database.engine.url.database))


def _address(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
