"""The statements of SQL give the reference's winners, cutoffs and order for every pool."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import InputError
from maskres.lottery.disk_draw import statement_for
from maskres.lottery.pool import count_pool, read_pool
from tests.properties.lottery.test_draw_properties import pools, seeds
from tests.reference import plain_draw
from tests.reference.lottery_files import pool_file

Entry = tuple[str, str, int]


def draw_in(engine: str, database: Any, entries: list[Entry], quotas: dict[str, int], seed: str) -> Any:
    """Fill the three tables, run the statement, give the lines of result.csv and the cutoffs."""
    database.execute("CREATE TABLE pool (number VARCHAR(12), stratum VARCHAR(40), tickets INTEGER)")
    database.execute("CREATE TABLE quotas (stratum VARCHAR(40), quota BIGINT)")
    database.execute("CREATE TABLE seeds (seed VARCHAR(64))")
    for table, rows in (("pool", entries), ("quotas", sorted(quotas.items())), ("seeds", [(seed,)])):
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    database.execute(statement_for(engine))
    lines = database.execute(
        "SELECT rank, number, stratum, substr(value, 1, 16), outcome FROM drawn ORDER BY rank"
    ).fetchall()
    cutoffs = database.execute(
        "SELECT stratum, max(value) FROM drawn WHERE outcome = 'won' GROUP BY stratum"
    ).fetchall()
    return lines, dict(cutoffs)


@given(pools(), seeds)
def test_sqlite_with_a_function(pool: tuple[list[Entry], dict[str, int]], seed: str) -> None:
    entries, quotas = pool
    database = sqlite3.connect(":memory:")
    database.create_function("sha256", 1, lambda text: hashlib.sha256(text.encode("ascii")).hexdigest())
    assert draw_in("sqlite", database, entries, quotas, seed) == plain_draw.draw(entries, quotas, seed)
    database.close()


@given(pools(), seeds)
def test_duckdb(pool: tuple[list[Entry], dict[str, int]], seed: str) -> None:
    entries, quotas = pool
    with duckdb.connect() as database:
        assert draw_in("duckdb", database, entries, quotas, seed) == plain_draw.draw(entries, quotas, seed)


@given(pools(), st.integers(1, 400), st.data())
def test_counting_block_by_block_finds_what_reading_whole_finds(
    pool: tuple[list[Entry], dict[str, int]], block_bytes: int, data: st.DataObject
) -> None:
    file = pool_file(pool[0])
    assert count_pool(file, block_bytes=block_bytes) == read_pool(file).count_by_stratum()
    lines = file.splitlines(keepends=True)
    if len(lines) < 3:
        return
    row = data.draw(st.integers(1, len(lines) - 2), label="moved")
    lines.insert(data.draw(st.sampled_from([row, row + 1]), label="to"), lines.pop(row + 1))
    spoiled = b"".join(lines)
    try:
        counted: object = count_pool(spoiled, block_bytes=block_bytes)
    except InputError as error:
        with pytest.raises(InputError) as refused:
            read_pool(spoiled)
        assert (error.code, error.line, error.file) == (
            refused.value.code,
            refused.value.line,
            refused.value.file,
        )
    else:
        assert counted == read_pool(spoiled).count_by_stratum()
