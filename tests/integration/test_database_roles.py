"""The roles that docs/operating.md gives PostgreSQL: a round is played under them, and the record is out of reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from maskres.db import draw_indexes, filling, register_index
from maskres.db.engine import Database
from maskres.db.upgrade import upgrade
from maskres.rounds.status import DrawStatus
from maskres.usecases.keeping.erasing import erase_round
from maskres.usecases.record import name_ledger
from maskres.usecases.rounds.steps import finish_round
from maskres.usecases.service import Service
from tests.servers.postgres import Postgres
from tests.support.world import OPERATOR, make_service, play_to, set_clock

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
ORIGIN = "rehearsal/roles"


def statements(nth: int) -> list[str]:
    """Give the statements of the nth block of SQL in the manual."""
    blocks = re.findall(r"```sql\n(.*?)```", OPERATING.read_text(encoding="utf-8"), re.DOTALL)
    return [each.strip() for each in blocks[nth].split(";") if each.strip()]


def execute(server: Postgres, user: str, database: str, lines: list[str]) -> None:
    with psycopg.connect(
        host="127.0.0.1", port=server.port, user=user, dbname=database, autocommit=True
    ) as connection:
        for line in lines:
            connection.execute(line)


@pytest.fixture(scope="module")
def server(postgres_server: Postgres) -> Iterator[Postgres]:
    """A server with the manual's roles and an upgraded database, the grants made."""
    execute(postgres_server, "postgres", "postgres", statements(0))
    owner = Database(f"postgresql+psycopg://maskres_owner@127.0.0.1:{postgres_server.port}/maskres")
    upgrade(owner)
    name_ledger(make_service(owner), OPERATOR, ORIGIN)
    owner.close()
    execute(postgres_server, "maskres_owner", "maskres", statements(1))
    yield postgres_server
    execute(
        postgres_server,
        "postgres",
        "postgres",
        ["DROP DATABASE maskres WITH (FORCE)", "DROP ROLE maskres", "DROP ROLE maskres_owner"],
    )


@pytest.fixture
def service(server: Postgres) -> Iterator[Service]:
    """The service, working as the role that owns nothing."""
    database = Database(f"postgresql+psycopg://maskres@127.0.0.1:{server.port}/maskres")
    yield make_service(database)
    database.close()


def test_a_round_is_played_under_the_grants(service: Service):
    played = play_to(service, DrawStatus.FINISHED)
    finish_round(service, OPERATOR, played.slug)
    set_clock(service, datetime(2030, 1, 1, tzinfo=UTC))
    assert erase_round(service, OPERATOR, played.slug) == len(played.people)


@pytest.mark.parametrize(
    "call",
    [
        f"{filling.NAME}(",
        f"{register_index.NAME}(",
        *(f"{draw_indexes.NAME}('{table}', " for table in ("entries", "facts", "results", "places")),
    ],
)
def test_indexes_are_taken_away_and_made_again_under_the_grants(server: Postgres, call: str):
    execute(server, "maskres", "maskres", [f"SELECT {call}false)", f"SELECT {call}true)"])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET line = ''",
        "DELETE FROM audit_log",
        "UPDATE results SET outcome = 'won'",
        "DELETE FROM draws",
        "TRUNCATE checkpoints",
        "ALTER TABLE draws DISABLE TRIGGER ALL",
        "DROP TRIGGER draws_order ON draws",
        "DROP TABLE checkpoints",
        "CREATE TABLE more (id integer)",
        "UPDATE alembic_version SET version_num = '0000'",
    ],
)
def test_the_record_is_out_of_reach(server: Postgres, statement: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(server, "maskres", "maskres", [statement])
