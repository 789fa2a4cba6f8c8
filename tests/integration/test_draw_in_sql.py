"""The draw in SQL as docs/sql.md tells it: its commands, run on real engines."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

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
MANUAL = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A folder with what the manual's commands read."""
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


def test_the_commands_for_postgresql(bundle: Path, postgres_server: Postgres) -> None:
    values = ", ".join(f"('{stratum}', {quota})" for stratum, quota in QUOTAS.items())
    script = re.sub(r"VALUES .*\"", f'VALUES {values}"', read_block("sh"))
    assert values in script
    settings = {"PGHOST": "127.0.0.1", "PGPORT": str(postgres_server.port), "PGUSER": "postgres"}
    subprocess.run(["sh", "-e", "-c", script], cwd=bundle, env={**os.environ, **settings}, check=True)
    assert (bundle / "again.csv").read_bytes() == plain_draw.result_file(LINES)
    url = postgres_server.url("again").replace("+psycopg", "")
    with psycopg.connect(url) as database:
        found = database.execute(
            "SELECT stratum, max(value COLLATE \"C\") FROM drawn WHERE outcome = 'won' GROUP BY stratum"
        ).fetchall()
    postgres_server.drop_database("again")
    assert dict(found) == CUTOFFS


def test_the_program_for_sqlite(bundle: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", read_block("python")], cwd=bundle, capture_output=True, check=True
    )
    assert b"rank,number,stratum,ticket,outcome\n" + done.stdout == plain_draw.result_file(LINES)


@pytest.mark.parametrize("engine", ["postgresql", "duckdb", "sqlite"])
def test_the_manual_links_every_statement(engine: str) -> None:
    assert f"(../maskres/lottery/sql/{engine}.sql)" in MANUAL
    assert statement_for(engine).count(";") == 1
