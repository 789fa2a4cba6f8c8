"""A whole rehearsal on both databases, beside loading the same city's files into one bare table of it."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.measuring import measure
from tests.servers.postgres import running_postgres

SIZES = (20_000, 200_000)
STORES = 300
_CLOSING_TO_BUNDLE = ("close", "decide", "disputes", "decide again", "commit", "draw", "allocate", "bundle")


def run(sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """Measure rehearsals of several sizes.

    Args:
        sizes: residents.

    Returns:
        Of each size and database a row for all of it, with how often the yardstick fits in, and on PostgreSQL one for
        the part from closing to bundle.
    """
    rows = []
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as name, running_postgres() as server:
        for size in sizes:
            folder = Path(name) / str(size)
            rows.append(_run_one(folder / "sqlite", size, None))
            database = server.create_database()
            rows.append(_run_one(folder / "postgresql", size, server.url(database)))
            rows.append(_from_closing(folder / "postgresql"))
            server.drop_database(database)
    return rows


def run_city(scale: float = 1.0) -> list[dict[str, Any]]:
    """A city of 4,000,000 with 2,000,000 registrations, 500 stores on PostgreSQL: all, and closing to bundle."""
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as name, running_postgres() as server:
        folder = Path(name) / "city"
        whole = _run_one(folder, int(4_000_000 * scale), server.url(server.create_database()), stores=500)
        return [whole, _from_closing(folder) | {"asked": "2,000,000 in 120 s, aim for 60 s; 1.5 GB"}]


def _from_closing(folder: Path) -> dict[str, Any]:
    """Give the part of a rehearsal from the closing to the published bundle, from what it timed itself."""
    timed = json.loads((folder / "timings.json").read_text(encoding="utf-8"))["stages"]
    part = [stage for stage in timed if stage["stage"].partition(": ")[2] in _CLOSING_TO_BUNDLE]
    registered = max(stage["rows"] for stage in part if stage["stage"].endswith(": close"))
    return {
        "what": f"closing to published bundle, {registered:,} registrations on PostgreSQL",
        "series": "closing to published bundle",
        "size": registered,
        "seconds": sum(stage["seconds"] for stage in part),
        "peak_megabytes": max(stage["peak_mib"] for stage in part),
    }


def _run_one(folder: Path, size: int, url: str | None, *, stores: int = STORES) -> dict[str, Any]:
    options = ["--residents", str(size), "--stores", str(stores), "--seed", "bench", "--out", str(folder)]
    if url is not None:
        options += ["--database", url]
    played = measure([sys.executable, "-m", "maskres", "rehearse", *options], runs=1)
    files = sorted((folder / "city").glob("*.csv"))
    bare = _load_sqlite(files, folder / "bare.sqlite") if url is None else _load_postgres(files, url)
    return {
        "what": f"rehearse {size:,} residents on {'SQLite' if url is None else 'PostgreSQL'}",
        "series": f"rehearse on {'SQLite' if url is None else 'PostgreSQL'}",
        "size": size,
        "seconds": played.seconds,
        "cpu_seconds": played.cpu_seconds,
        "peak_megabytes": played.peak_megabytes,
        "yardsticks": {"loading the files' lines alone": bare},
    }


def _load_sqlite(files: Sequence[Path], path: Path) -> float:
    begun = time.perf_counter()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE lines (id TEXT, line TEXT)")
    connection.executemany("INSERT INTO lines VALUES (?, ?)", _rows(files))
    connection.execute("CREATE INDEX lines_id ON lines (id)")
    connection.commit()
    connection.close()
    return time.perf_counter() - begun


def _load_postgres(files: Sequence[Path], url: str) -> float:
    begun = time.perf_counter()
    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_lines (id TEXT, line TEXT)")
        with cursor.copy("COPY bare_lines FROM STDIN") as copy:
            for row in _rows(files):
                copy.write_row(row)
        cursor.execute("CREATE INDEX bare_lines_id ON bare_lines (id)")
    return time.perf_counter() - begun


def _rows(files: Sequence[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        encoding = "gb18030" if path.name.startswith("household") else "utf-8-sig"
        with path.open(encoding=encoding, newline="") as file:
            for row in csv.reader(file):
                yield row[0], "|".join(row)
