"""The draw in SQL, file to file, by PostgreSQL and by DuckDB, beside each ordering the very same lines.

The bytes of both must be the same. PostgreSQL is as it is installed; its processor time is that of all its processes.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.draw_inputs import SEED, STRATA, write_pool
from benchmarks.measuring import Measured, measure
from maskres.lottery.disk_draw import statement_for
from tests.servers.postgres import Postgres, running_postgres

SIZES = (2_000_000, 20_000_000)
_HEADER = b"rank,number,stratum,ticket,outcome\n"
_BLOCK = 1 << 20
_ORDER_BY_DUCKDB = """
import duckdb, sys
pool, out, folder = sys.argv[1:]
with duckdb.connect(f"{folder}/sorted.db", config={"memory_limit": "256MB", "threads": 2}) as database:
    database.execute("COPY (SELECT * FROM read_csv(?, all_varchar = true) ORDER BY seal) TO '" + out + "'", [pool])
"""


def run(scale: float = 1.0) -> Iterator[dict[str, Any]]:
    """The draw in SQL, file to file, by PostgreSQL and by DuckDB, beside each ordering the very same lines.

    Args:
        scale: of the pools' sizes.

    Yields:
        A row for each size and engine, as soon as it is measured.

    Raises:
        RuntimeError: the engines do not give the same bytes.
    """
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as name, running_postgres() as server:
        folder = Path(name)
        for size in (int(scale * each) for each in SIZES):
            pool = folder / "pool.csv"
            count = len(write_pool(pool, size))
            drawn, ordered, digest = _by_postgres(server, pool, size, folder)
            yield _row("PostgreSQL", count, drawn, {"PostgreSQL ordering the same lines": ordered})
            drawn, ordered, other = _by_duckdb(pool, size, folder)
            yield _row("DuckDB", count, drawn, {"DuckDB ordering the same lines": ordered})
            if digest != other:
                raise RuntimeError(f"PostgreSQL and DuckDB draw {size} differently")


def _row(engine: str, size: int, drawn: Measured, yardsticks: dict[str, float]) -> dict[str, Any]:
    return {
        "what": f"draw by {engine}, {size:,} lines",
        "series": f"draw by {engine}",
        "size": size,
        "seconds": drawn.seconds,
        "cpu_seconds": drawn.cpu_seconds,
        "peak_megabytes": drawn.peak_megabytes,
        "yardsticks": yardsticks,
    }


def _by_postgres(server: Postgres, pool: Path, size: int, folder: Path) -> tuple[Measured, float, str]:
    database = server.create_database()
    with psycopg.connect(server.url(database).replace("+psycopg", ""), autocommit=True) as connection:
        directory = connection.execute("SHOW data_directory").fetchone()
        assert directory is not None
        postmaster = int((Path(directory[0]) / "postmaster.pid").read_text().split()[0])
        before, begun = _processor_seconds(postmaster), time.perf_counter()
        connection.execute("CREATE TABLE lines (number text, stratum text, tickets integer, seal text)")
        _copy_in(connection, pool)
        connection.execute("CREATE TABLE pool AS SELECT number, stratum, tickets FROM lines")
        connection.execute("CREATE TABLE quotas (stratum text, quota bigint)")
        for stratum in STRATA:
            connection.execute("INSERT INTO quotas VALUES (%s, %s)", (stratum, size // 20))
        connection.execute(f"CREATE TABLE seeds AS SELECT '{SEED}'::text AS seed")
        connection.execute(statement_for("postgresql"))
        query = "SELECT rank, number, stratum, left(value, 16), outcome FROM drawn ORDER BY rank"
        digest = _copy_out(connection, query, folder / "result.csv", _HEADER)
        seconds = time.perf_counter() - begun
        drawn = Measured(seconds, _processor_seconds(postmaster) - before, _peak(connection.info.backend_pid))
        begun = time.perf_counter()
        connection.execute("CREATE TABLE again (LIKE lines)")
        _copy_in(connection, pool, "again")
        _copy_out(connection, 'SELECT * FROM again ORDER BY seal COLLATE "C"', folder / "result.csv", b"")
        ordered = time.perf_counter() - begun
    server.drop_database(database)
    return drawn, ordered, digest


def _copy_in(connection: psycopg.Connection[Any], pool: Path, table: str = "lines") -> None:
    copied = f"COPY {table} FROM STDIN (FORMAT csv, HEADER)"
    with connection.cursor() as cursor, pool.open("rb") as file, cursor.copy(copied) as into:
        while block := file.read(_BLOCK):
            into.write(block)


def _copy_out(connection: psycopg.Connection[Any], query: str, path: Path, header: bytes) -> str:
    digest = hashlib.sha256(header)
    copied = f"COPY ({query}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(copied) as out:
        file.write(header)
        for block in out:
            file.write(block)
            digest.update(block)
    return digest.hexdigest()


def _by_duckdb(pool: Path, size: int, folder: Path) -> tuple[Measured, float, str]:
    out = folder / "result.csv"
    quotas = [part for stratum in STRATA for part in ("--quota", f"{stratum}={size // 20}")]
    command = [sys.executable, "-m", "maskres", "draw", "--pool", str(pool), "--seed", SEED, *quotas]
    drawn = measure([*command, "--engine", "duckdb", "--out", str(out)], runs=1)
    with out.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    sort = [sys.executable, "-c", _ORDER_BY_DUCKDB, str(pool), str(out), str(folder)]
    ordered = measure(sort, runs=1).seconds
    (folder / "sorted.db").unlink()
    return drawn, ordered, digest


def _processor_seconds(postmaster: int) -> float:
    """Add up what a server's processes have used, those that have ended too."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="utf-8").split()
    ticks = 0
    for nth, each in enumerate([str(postmaster), *children]):
        with suppress(OSError):
            figures = Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            # The server's own figures hold those of its children that have ended as well.
            ticks += sum(map(int, figures[11 : 15 if nth == 0 else 13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
