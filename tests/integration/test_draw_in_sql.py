"""The draw in SQL as docs/sql.md tells it: its commands, run on real engines."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import psycopg
import pytest

from maskres.cli.main import main
from maskres.lottery.disk_draw import STATEMENTS, statement_for
from tests.reference import plain_draw
from tests.reference.lottery_files import number, pool_file
from tests.servers.postgres import Postgres

STRATA = ("a", "a-b", "a0", "elderly")
CHANCE = random.Random(7)
ENTRIES = [(number(index), CHANCE.choice(STRATA), CHANCE.choice((1, 1, 2, 3, 10))) for index in range(2_000)]
QUOTAS = {"a": 0, "a-b": 17, "a0": 10**12 - 1, "elderly": 250}
"""Of nobody, of some, and of more than there are."""
SEED_TXT = b"maskres-draw-1\ncommitment " + b"0" * 64 + b"\n"
SEED = hashlib.sha256(SEED_TXT).hexdigest()
LINES, CUTOFFS = plain_draw.draw(ENTRIES, QUOTAS, SEED)
DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "spec" / "example"
MANUAL = (DOCS / "sql.md").read_text(encoding="utf-8")


@pytest.fixture(params=["many", "example"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with what the manual's commands read: two thousand entries, or the specification's example."""
    if request.param == "example":
        shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    else:
        (tmp_path / "pool.csv").write_bytes(pool_file(ENTRIES))
        (tmp_path / "commitment.json").write_text(json.dumps({"quotas": QUOTAS}))
        (tmp_path / "seed.txt").write_bytes(SEED_TXT)
        (tmp_path / "result.csv").write_bytes(plain_draw.result_file(LINES))
    for statement in STATEMENTS.iterdir():
        (tmp_path / statement.name).write_bytes(statement.read_bytes())
    return tmp_path


def read_block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", MANUAL, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def cutoffs_of(bundle: Path) -> dict[str, str]:
    """The cutoffs by the ledger of the example, else by the reference."""
    if not (bundle / "ledger.jsonl").exists():
        return CUTOFFS
    lines = map(json.loads, (bundle / "ledger.jsonl").read_text().splitlines())
    cutoffs = next(line["body"]["cutoffs"] for line in lines if line["kind"] == "drawn")
    return {stratum: cutoff for stratum, cutoff in cutoffs.items() if cutoff is not None}


def test_the_commands_for_postgresql(bundle: Path, postgres_server: Postgres) -> None:
    quotas = json.loads((bundle / "commitment.json").read_bytes())["quotas"]
    values = ", ".join(f"('{stratum}', {quota})" for stratum, quota in quotas.items())
    script = re.sub(r"VALUES .*\"", f'VALUES {values}"', read_block("sh"))
    assert values in script
    settings = {"PGHOST": "127.0.0.1", "PGPORT": str(postgres_server.port), "PGUSER": "postgres"}
    subprocess.run(["sh", "-e", "-c", script], cwd=bundle, env={**os.environ, **settings}, check=True)
    assert (bundle / "again.csv").read_bytes() == (bundle / "result.csv").read_bytes()
    with psycopg.connect(postgres_server.url("again").replace("+psycopg", "")) as database:
        found = database.execute(
            "SELECT stratum, max(value COLLATE \"C\") FROM drawn WHERE outcome = 'won' GROUP BY stratum"
        ).fetchall()
    postgres_server.drop_database("again")
    assert dict(found) == cutoffs_of(bundle)


def test_the_program_for_sqlite(bundle: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", read_block("python")], cwd=bundle, capture_output=True, check=True
    )
    header = b"rank,number,stratum,ticket,outcome\n"
    assert header + done.stdout == (bundle / "result.csv").read_bytes()


def test_the_statements_for_duckdb(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundle)
    # The last block of SQL; the shell of DuckDB reads files by a command of its own.
    script = re.findall(r"```sql\n(.*?)```", MANUAL, re.DOTALL)[-1]
    assert script.count(".read duckdb.sql\n") == 1
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as database:
        database.execute(script.replace(".read duckdb.sql\n", (bundle / "duckdb.sql").read_text()))
    assert (bundle / "again.csv").read_bytes() == (bundle / "result.csv").read_bytes()


def test_duckdb_by_the_command(bundle: Path) -> None:
    quotas = json.loads((bundle / "commitment.json").read_bytes())["quotas"]
    seed = hashlib.sha256((bundle / "seed.txt").read_bytes()).hexdigest()
    chosen = [part for stratum, quota in quotas.items() for part in ("--quota", f"{stratum}={quota}")]
    out = bundle / "again.csv"
    command = ["draw", "--pool", f"{bundle}/pool.csv", "--seed", seed, *chosen, "--engine", "duckdb"]
    assert main([*command, "--out", str(out)]) == 0
    assert out.read_bytes() == (bundle / "result.csv").read_bytes()


@pytest.mark.parametrize("engine", ["postgresql", "duckdb", "sqlite"])
def test_the_manual_links_every_statement(engine: str) -> None:
    assert f"(../maskres/lottery/sql/{engine}.sql)" in MANUAL
    assert statement_for(engine).count(";") == 1
