"""Many rows at once: COPY on PostgreSQL, batches on SQLite; nothing here goes through an object per row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    Table,
    TextClause,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    true,
)

from maskres.db.tables import metadata
from maskres.formats.copy_text import spell_rows

BATCH_ROWS = 20_000
#: A block of rows as its database takes it fastest: spelled for COPY, or tuples.
ReadyRows = bytes | list[tuple[Any, ...]]
#: PostgreSQL's settings for statements over everything: it sorts and joins in memory, and does not compile its plans,
#: which takes longer than most of them run. Our keys are unique or few: a tenth of the usual sample tells.
_FOR_MUCH = {"work_mem": "64MB", "jit": "off", "default_statistics_target": "10"}


def load_rows(
    c: Connection, table: Table | str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Insert rows.

    Args:
        c: a writing transaction.
        table: a table, or the name of a temporary one.
        columns: names of the columns, in the order of a row's values.
        rows: plain values: str, int, bytes, bool or None; times as the protocol writes them.

    Returns:
        How many rows there were.
    """
    total = 0

    def counted() -> Iterator[Sequence[Any]]:
        nonlocal total
        for row in rows:
            total += 1
            yield row

    load_ready(c, table, columns, make_ready(c, counted()))
    return total


def make_ready(c: Connection, rows: Iterable[Sequence[Any]]) -> Iterator[ReadyRows]:
    """Cut rows into blocks that are ready for load_ready."""
    is_spelled = takes_spelled(c)
    for batch in in_batches(rows, BATCH_ROWS):
        yield spell_rows(batch) if is_spelled else [tuple(row) for row in batch]


def takes_spelled(c: Connection) -> bool:
    """Tell whether load_ready wants rows as copy_text.spell_rows gives them; else it wants tuples."""
    return c.dialect.name == "postgresql"


def load_ready(
    c: Connection, table: Table | str, columns: Sequence[str], blocks: Iterable[ReadyRows]
) -> None:
    """Insert rows that are ready for the database.

    Args:
        c: a writing transaction.
        table: as for load_rows.
        columns: as for load_rows.
        blocks: of rows, ready in the way takes_spelled tells.
    """
    name = table if isinstance(table, str) else table.name
    if not takes_spelled(c):
        statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        for block in blocks:
            if block:
                c.exec_driver_sql(statement, cast("list[tuple[Any, ...]]", block))
        return
    driver: Any = c.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for block in blocks:
            copy.write(block)


def insert_rows(c: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows that somebody else may be inserting at this moment; values as for load_rows.

    COPY would be no faster for so few, and its errors are not those by which a transaction is run again.
    """
    if not rows:
        return
    into = f"INSERT INTO {table.name} ({', '.join(columns)})"
    if c.dialect.name == "postgresql":
        c.exec_driver_sql(f"{into} SELECT * FROM {_from_arrays(table, columns)}", _as_arrays(rows))
    else:
        c.exec_driver_sql(f"{into} VALUES ({', '.join('?' * len(columns))})", [tuple(row) for row in rows])


def is_among(c: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Say that a column has one of some values, in a text that is the same for any number of them.

    So PostgreSQL plans the statement once, and not for every number of values anew.
    """
    if c.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))
    return column.in_(list(values))


def is_one_of(column: Column[Any], name: str, *, is_postgresql: bool) -> ColumnElement[bool]:
    """Say the same of values that are given by a name when the statement is executed: so it is written only once."""
    if is_postgresql:
        return column == any_(bindparam(name, type_=ARRAY(column.type)))
    return column.in_(bindparam(name, expanding=True))


def find_by_key(c: Connection, key: Column[Any], values: Collection[Any]) -> CursorResult[Any]:
    """Give the rows of a table whose unique key is among some values, each looked up by itself.

    PostgreSQL plans such a statement once and keeps the plan. Made while the table was empty, a plan for is_among
    reads all of it ever after; this one goes by the index, however much the table grows.
    """
    return c.execute(_select_by_key(key, c.dialect.name == "postgresql"), {"keys": list(values)})


@cache
def _select_by_key(key: Column[Any], is_postgresql: bool) -> Select[Any]:
    table = key.table
    if not is_postgresql:
        return select(table).where(is_one_of(key, "keys", is_postgresql=False))
    given = func.unnest(bindparam("keys", type_=ARRAY(key.type)))
    wanted = given.table_valued("key", name="wanted").render_derived()
    found = select(table).where(key == wanted.c.key).limit(literal_column("1")).lateral("found")
    return select(found).select_from(wanted.join(found, true()))


def update_rows(
    c: Connection,
    table: Table,
    key: str,
    seen: Sequence[str],
    changed: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> int:
    """Change many rows, each only where it stands as it was seen.

    Args:
        c: a writing transaction.
        table: the table.
        key: the column that a row is found by.
        seen: columns that must still have the value given.
        changed: columns that get the value given.
        rows: plain values, as for load_rows: of the key, of `seen`, of `changed`.

    Returns:
        How many rows were changed.
    """
    names = (key, *seen, *changed)
    write = _update_from_arrays if c.dialect.name == "postgresql" else _update_one_by_one
    return sum(write(c, table, names, len(seen), batch) for batch in in_batches(rows, BATCH_ROWS))


def _update_from_arrays(
    c: Connection, table: Table, names: Sequence[str], seen: int, rows: Sequence[Sequence[Any]]
) -> int:
    given = list(zip(names, (f"v.v{at}" for at in range(len(names))), strict=True))
    (key, key_value), as_seen, changed = given[0], given[1 : seen + 1], given[seen + 1 :]
    changes = ", ".join(f"{name} = {value}" for name, value in changed)
    stands = "".join(f" AND {table.name}.{name} IS NOT DISTINCT FROM {value}" for name, value in as_seen)
    statement = (
        f"UPDATE {table.name} SET {changes} FROM {_from_arrays(table, names)}"
        f" WHERE {table.name}.{key} = {key_value}{stands}"
    )
    return c.exec_driver_sql(statement, _as_arrays(rows)).rowcount


def _from_arrays(table: Table, names: Sequence[str]) -> str:
    """Write the rows v (v0, v1, …) of one array a column; the driver's own rows take four times as long."""
    arrays = ", ".join(f"%s::{_ARRAYS[table.c[name].type.python_type]}" for name in names)
    return f"unnest({arrays}) AS v ({', '.join(f'v{at}' for at in range(len(names)))})"


def _as_arrays(rows: Iterable[Sequence[Any]]) -> tuple[str, ...]:
    return tuple(
        "{" + ",".join([_SPELL_ELEMENT[type(value)](value) for value in values]) + "}"
        for values in zip(*rows, strict=True)
    )


# An array's text, spelled here for the same reason as COPY's.
_SPELL_ELEMENT: dict[type, Callable[[Any], str]] = {
    str: lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"',
    int: str,
    bytes: lambda value: '"\\\\x' + value.hex() + '"',
    bool: lambda value: "t" if value else "f",
    type(None): lambda value: "NULL",
}
_ARRAYS: dict[type, str] = {
    str: "text[]",
    datetime: "text[]",
    int: "bigint[]",
    bytes: "bytea[]",
    bool: "boolean[]",
}


def _update_one_by_one(
    c: Connection, table: Table, names: Sequence[str], seen: int, rows: Sequence[Sequence[Any]]
) -> int:
    where = " AND ".join(f"{name} IS ?" for name in names[: seen + 1])
    changes = ", ".join(f"{name} = ?" for name in names[seen + 1 :])
    statement = f"UPDATE {table.name} SET {changes} WHERE {where}"
    return c.exec_driver_sql(statement, [(*row[seen + 1 :], *row[: seen + 1]) for row in rows]).rowcount


def write_csv(c: Connection, header: str, statement: Select[Any], path: Path) -> None:
    """Write what a statement selects as one of the protocol's CSV files.

    The values are such that no quoting can arise: numbers, slugs, digits and hex.

    Args:
        c: a transaction.
        header: the header line, without LF.
        statement: selects the columns in the header's order, ordered as the file must be.
        path: the file to write.
    """
    _set_for_much(c)
    with path.open("wb") as out:
        out.write(header.encode() + b"\n")
        if c.dialect.name == "postgresql":
            _copy_out(c, statement, out)
        else:
            for batch in in_batches(stream(c, statement), BATCH_ROWS):
                out.write("".join([",".join(map(str, row)) + "\n" for row in batch]).encode())


def _copy_out(c: Connection, statement: Select[Any], out: BinaryIO) -> None:
    # COPY takes no parameters; the statement's own are integers and fixed words of ours.
    query = statement.compile(dialect=c.dialect, compile_kwargs={"literal_binds": True})
    driver: Any = c.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (DELIMITER ',', NULL '')") as copy,
    ):
        for block in copy:
            out.write(block)


def stream(c: Connection, statement: Select[Any] | TextClause) -> Iterator[Any]:
    """Give the rows of a statement without holding them all."""
    # Else a cursor is planned for its first rows: what is joined is looked up one by one.
    _set_for_much(c, cursor_tuple_fraction="1")
    result = c.execute(statement.execution_options(yield_per=BATCH_ROWS))
    yield from result


def in_batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Cut an iterable into lists of at most so many."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def make_temporary(c: Connection, name: str, columns: str) -> None:
    """Make an empty temporary table of this connection, dropping a leftover one."""
    c.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
    c.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({columns})")


def refresh_statistics(c: Connection, *tables: str) -> None:
    """Let the database count again before a statement over everything: a plan for empty tables is quadratic.

    For the rest of the transaction PostgreSQL has the settings for such statements.
    """
    _set_for_much(c)
    for table in tables:
        if c.dialect.name == "postgresql" and table in metadata.tables:
            # Only a table's owner may count it, which the service need not be: the migration left a way.
            c.exec_driver_sql(f"SELECT count_table('{table}')")
        else:
            c.exec_driver_sql(f"ANALYZE {table}")


def _set_for_much(c: Connection, **more: str) -> None:
    """Give PostgreSQL its settings for statements over everything, for the rest of the transaction."""
    if c.dialect.name == "postgresql":
        settings = (f"set_config('{name}', '{value}', true)" for name, value in (_FOR_MUCH | more).items())
        c.exec_driver_sql(f"SELECT {', '.join(settings)}")


def expect_much(c: Connection) -> None:
    """Let PostgreSQL join by hashing or sorting for the rest of the transaction, never by looking up row by row.

    What was counted before an empty table is filled says that looking up costs nothing; while the statement fills
    it, that becomes quadratic.
    """
    if c.dialect.name == "postgresql":
        c.exec_driver_sql("SET LOCAL enable_nestloop = off")


def has_more(c: Connection, table: Table, count: int) -> bool:
    """Tell whether a table has more rows than so many, without looking at all of them."""
    some = select(next(iter(table.primary_key))).limit(count + 1).subquery()
    return int(c.execute(select(func.count()).select_from(some)).scalar_one()) > count
