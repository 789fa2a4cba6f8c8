"""Loading on PostgreSQL by the commands an operator gives: registers, a file of registrations, deciding.

Yardsticks: COPY of the same rows into a bare table, reading the file with nothing done to it, and DuckDB gathering
facts out of the same PostgreSQL and writing them back.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from benchmarks.load_parts import AS_OF, copy_out
from benchmarks.measuring import Measured, measure
from maskres.rehearsal.city import City
from tests.servers.postgres import running_postgres

#: Residents of a city whose household register is imported, and of the one that is loaded whole: of them 70 and 34 in a
#: hundred stand in these files.
SIZES = ((20_000, 20_000), (100_000, 100_000))
SIZES_LARGE = ((600_000, 600_000), (7_200_000, 5_850_000))
STORES = 300
#: The second round of a city admits by three registers.
_ROUND = 2
_PART = (sys.executable, "-m", "benchmarks.load_parts")


def run() -> Iterator[dict[str, Any]]:
    """Measure small cities."""
    return _run(SIZES)


def run_large(scale: float = 1.0) -> Iterator[dict[str, Any]]:
    """Loading on PostgreSQL up to more than 2,000,000 registrations and a register of 5,000,000 rows."""
    return _run([(int(scale * listed), int(scale * loaded)) for listed, loaded in SIZES_LARGE])


def _run(sizes: Sequence[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory(prefix="maskres-bench-") as name,
        running_postgres(is_durable=True) as server,
    ):
        for listed, loaded in sizes:
            for residents, measure_it in ((listed, _Loading.measure_register), (loaded, _Loading.measure)):
                database = server.create_database()
                folder = Path(name) / f"{measure_it.__name__}-{residents}"
                yield from measure_it(_Loading(folder, residents, server.url(database)))
                server.drop_database(database)
                shutil.rmtree(folder)


class _Loading:
    """One city loaded into one database."""

    def __init__(self, folder: Path, residents: int, url: str) -> None:
        self.city = City("bench", residents, STORES)
        self.folder = folder
        self.url = url
        self.bare_url = url.replace("+psycopg", "")
        self.environment = {"MASKRES_INSTANCE": str(folder / "instance"), "MASKRES_DATABASE_URL": url}
        self.slug = str(self.city.rules_json(_ROUND)["round"])

    def measure_register(self) -> Iterator[dict[str, Any]]:
        """Import one register, and give what it took."""
        path = self.city.write_registers(self.folder, _ROUND)["household"]
        self._open()
        yield from self._tell_register("household", path, self._import_register("household", path))

    def measure(self) -> Iterator[dict[str, Any]]:
        """Load, and give what each step took but for the registers."""
        registers = self.city.write_registers(self.folder, _ROUND)
        registrations = self.city.write_registrations(self.folder, _ROUND)
        self._open()
        for kind, path in sorted(registers.items()):
            self._import_register(kind, path)
        taken = self._step("registration", "import", self.slug, str(registrations))
        count = self._ask("SELECT count(*) FROM registrations")
        copied = self._copy("registrations", "SELECT * FROM registrations")
        asked = "2,000,000 in 60 s"
        yield _row("bulk registration", count, taken, {"COPY of the same rows": copied}, asked)
        self._step("round", "close", self.slug)
        yield from self._tell_deciding(count)

    def _open(self) -> None:
        rules = self.folder / "rules.json"
        rules.write_text(json.dumps(self.city.rules_json(_ROUND)))
        stores = self.city.write_stores(self.folder)
        self._step("keys", "init", is_by=False)
        self._step("database", "init", "--origin", "rehearsal/load")
        notary, witness = (self._make_key(role) for role in ("notary", "witness"))
        self._step(
            *("round", "create", "--rules", str(rules), "--stores", str(stores)),
            *("--notary", notary, "--witness", witness, "--closes-at", "2099-01-01T00:00:00Z"),
        )
        self._step("round", "open", self.slug)

    def _make_key(self, role: str) -> str:
        command = ["notary", "keygen", f"rehearsal/{role}", "--out", str(self.folder / f"{role}.key")]
        made = subprocess.run(
            [sys.executable, "-m", "maskres", *command], check=True, capture_output=True, text=True
        )
        return made.stdout.strip()

    def _step(self, *command: str, is_by: bool = True) -> Measured:
        by = ("--as", "bench") if is_by else ()
        whole = [sys.executable, "-m", "maskres", *command, *by]
        return measure(whole, environment=self.environment, runs=1)

    def _import_register(self, kind: str, path: Path) -> Measured:
        return self._step("register", "import", kind, str(path), "--as-of", AS_OF.isoformat())

    def _tell_register(self, kind: str, path: Path, taken: Measured) -> Iterator[dict[str, Any]]:
        count = self._ask("SELECT sum(rows) FROM register_versions")
        parsed = measure([*_PART, "digest", kind, str(path)], runs=1)
        in_utf8 = self.folder / "in-utf8.csv"  # DuckDB does not know GB18030
        with path.open(encoding="gb18030") as given, in_utf8.open("w", encoding="utf-8") as made:
            made.writelines(given)
        read = {
            "reading with csv": measure([*_PART, "csv", str(path)], runs=1).seconds,
            "reading with DuckDB": measure([*_PART, "duckdb", str(in_utf8)], runs=1).seconds,
        }
        yield _row("parsing and hashing a register", count, parsed, read, "shown apart from COPY")
        copied = self._copy("register_rows", "SELECT * FROM register_rows")
        yield _row("register import", count, taken, {"COPY of the same rows": copied}, "5,000,000 in 40 s")

    def _tell_deciding(self, count: int) -> Iterator[dict[str, Any]]:
        first = self._step("round", "decide", self.slug)
        again = self._step("round", "decide", self.slug)
        with psycopg.connect(self.bare_url) as connection:
            ((draw,),) = connection.execute("SELECT max(draw_id) FROM facts").fetchall()
        by_duckdb = measure([*_PART, "decide", self.bare_url, str(draw)], runs=1).seconds
        yardsticks = {"DuckDB from and to the same PostgreSQL": by_duckdb}
        asked = "at most 3 times DuckDB"
        yield _row("deciding by three registers", count, first, yardsticks, asked)
        yield _row("deciding again", count, again, yardsticks, asked)

    def _ask(self, query: LiteralString) -> int:
        with psycopg.connect(self.bare_url) as connection:
            ((count,),) = connection.execute(query).fetchall()
        return int(count)

    def _copy(self, like: str, query: str) -> float:
        rows = self.folder / "rows"
        with psycopg.connect(self.bare_url) as connection:
            copy_out(connection, query, rows)
        return measure([*_PART, "copy", self.bare_url, "bare_rows", str(rows), like], runs=1).seconds


def _row(what: str, size: int, taken: Measured, yardsticks: dict[str, float], asked: str) -> dict[str, Any]:
    return {
        "what": f"{what}, {size:,} rows",
        "series": what,
        "size": size,
        "seconds": taken.seconds,
        "cpu_seconds": taken.cpu_seconds,
        "peak_megabytes": taken.peak_megabytes,
        "yardsticks": yardsticks,
        "asked": asked,
    }
