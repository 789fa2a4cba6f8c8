"""Parts of loading, each a program of its own that load_bench measures: `python -m benchmarks.load_parts PART …`.

digest KIND FILE            parse and hash a register as its import does, with no database
csv FILE, duckdb FILE       only read the file: Python's csv module; DuckDB
copy URL TABLE ROWS LIKE    COPY a file of rows into a bare table of the same columns, without indexes
decide URL DRAW             DuckDB gathers the facts of a draw from PostgreSQL and writes them back
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import deque
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from maskres.eligibility.registers import read_lines
from maskres.usecases.eligibility.digesting import DigestingSetting, prepare_digesting
from maskres.usecases.processes import map_pieces

AS_OF = date(2020, 3, 1)


def digest(kind: str, path: str) -> None:
    """Parse and hash a register."""
    setting = DigestingSetting(kind, AS_OF, 1, True, 1, bytes(32))
    with Path(path).open("rb") as stream:
        deque(map_pieces(prepare_digesting, setting, read_lines(kind, stream, file=path)), maxlen=0)


def read_by_csv(path: str) -> None:
    """Read a file with the csv module."""
    with Path(path).open(encoding="gb18030" if "household" in path else "utf-8-sig", newline="") as file:
        deque(csv.reader(file), maxlen=0)


def read_by_duckdb(path: str) -> None:
    """Read a file in UTF-8 with DuckDB."""
    duckdb.execute("CREATE TABLE lines AS SELECT * FROM read_csv(?, all_varchar = true)", [path])


def copy(url: str, table: str, rows: str, like: str) -> None:
    """COPY rows into a bare table, as fast as the driver can."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor, Path(rows).open("rb") as file:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(f"CREATE TABLE {table} AS SELECT * FROM {like} LIMIT 0")
        with cursor.copy(f"COPY {table} FROM STDIN") as into:
            while block := file.read(1 << 18):
                into.write(block)


def decide(url: str, draw: str) -> None:
    """Let DuckDB gather facts: COPY out of PostgreSQL, joins in DuckDB, COPY back.

    Its own extension for PostgreSQL would have to be fetched when it is used, so the rows go through files.
    """
    with tempfile.TemporaryDirectory() as name, psycopg.connect(url) as connection:
        folder, db = Path(name), duckdb.connect()
        sources = {
            "entries": "SELECT number, encode(id_digest, 'hex') AS id, encode(name_digest, 'hex') AS name, age,"
            f" is_withdrawn FROM entries WHERE draw_id = {int(draw)}",
            "register_rows": "SELECT version_id, encode(id_digest, 'hex') AS id, encode(name_digest, 'hex') AS name,"
            " valid_from, valid_until, months, is_deceased FROM register_rows WHERE version_id IN"
            f" (SELECT version_id FROM pinned_registers WHERE draw_id = {int(draw)})",
        }
        for table, query in sources.items():
            copy_out(connection, query, folder / table, "FORMAT csv, HEADER")
            db.execute(
                f"CREATE TABLE {table} AS SELECT * FROM read_csv(?, header = true)", [str(folder / table)]
            )
        versions = [
            row[0]
            for row in db.execute("SELECT DISTINCT version_id FROM register_rows ORDER BY 1").fetchall()
        ]
        db.execute("COPY (" + _facts_by_duckdb(versions) + f") TO '{folder / 'facts'}' (HEADER false)")
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bare_facts")
            cursor.execute("CREATE TABLE bare_facts (number VARCHAR(12) PRIMARY KEY, mask BIGINT NOT NULL)")
            with (
                cursor.copy("COPY bare_facts FROM STDIN (FORMAT csv)") as into,
                (folder / "facts").open("rb") as file,
            ):
                while block := file.read(1 << 18):
                    into.write(block)


def copy_out(connection: psycopg.Connection[Any], query: str, path: Path, form: str = "FORMAT text") -> None:
    """Write what a query selects to a file, as COPY spells it."""
    copied = f"COPY ({query}) TO STDOUT ({form})"
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(copied) as out:
        for block in out:
            file.write(block)


def _facts_by_duckdb(versions: list[int]) -> str:
    """Write the query of what our own facts hold of registers and ages, as one would for DuckDB."""
    joins, terms = "", "e.is_withdrawn::BIGINT + (coalesce(e.age, 0) >= 18)::BIGINT * 256"
    for nth, version in enumerate(versions):
        joins += f"""
            LEFT JOIN (SELECT e.number, max((g.name = e.name)::INT) AS same, bool_or(g.is_deceased) AS dead,
                max((g.name = e.name AND coalesce(g.valid_from, 0) <= 18300
                     AND coalesce(g.valid_until, 99999) > 18300)::INT) AS valid,
                bit_count(bit_or(CASE WHEN g.name = e.name THEN g.months ELSE 0 END)) AS paid
              FROM entries e JOIN register_rows g ON g.version_id = {version} AND g.id = e.id
              GROUP BY e.number) k{nth} ON k{nth}.number = e.number"""
        bits = f"1 + 2 * k{nth}.same + 4 * k{nth}.valid + 8 * k{nth}.dead::INT + 16 * (k{nth}.paid >= 3)::INT"
        terms += f" + coalesce({bits}, 0)::BIGINT * {1 << 24 + 6 * nth}"
    return f"SELECT e.number, {terms} FROM entries e {joins}"


if __name__ == "__main__":
    parts: dict[str, Any] = {
        "digest": digest,
        "csv": read_by_csv,
        "duckdb": read_by_duckdb,
        "copy": copy,
        "decide": decide,
    }
    parts[sys.argv[1]](*sys.argv[2:])
