"""A new revision is put under running processes of the one before: what they use stays, nobody waits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from maskres.db.engine import Database
from maskres.db.revisions import require_present_tables
from maskres.db.upgrade import _config, upgrade
from maskres.errors import ConfigurationError, ConflictError
from maskres.usecases.service import Service
from tests.servers.postgres import Postgres
from tests.support.web import make_app

_CREATED = re.compile(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", re.IGNORECASE)
#: What the code before would miss, or what holds everybody up while a table of millions is looked through.
_REFUSED = {
    r"^DROP TABLE": "drop a table one version after nothing uses it",
    r"^ALTER TABLE .* DROP COLUMN": "drop a column one version after nothing uses it",
    r"^ALTER TABLE .* RENAME": "add under the new name, copy, drop one version later",
    r"^ALTER TABLE .* ALTER COLUMN .* TYPE": "add a column of the new type, copy, drop one version later",
    r"^ALTER TABLE .* SET NOT NULL": "a check NOT VALID, then VALIDATE",
    r"^ALTER TABLE .* ADD COLUMN (?!.*DEFAULT).* NOT NULL": "the code before does not give it: allow NULL",
    r"^ALTER TABLE .* ADD (?:CONSTRAINT|CHECK|UNIQUE|FOREIGN|PRIMARY) (?!.*NOT VALID)": "NOT VALID, then VALIDATE",
    r"^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY|IF NOT EXISTS)": "IF NOT EXISTS, and made CONCURRENTLY before",
    r"^(?:LOCK TABLE|TRUNCATE|VACUUM FULL|CLUSTER|REINDEX (?!.*CONCURRENTLY))": "it holds everybody up",
}
_TABLE = re.compile(r"(?:TABLE(?: ONLY)?| ON(?: ONLY)?|^TRUNCATE) \"?(\w+)", re.IGNORECASE)


def refusals(statement: str, made_now: set[str]) -> list[str]:
    """Say what is wrong with a statement of an upgrade; whatever is done to a table made in it is right."""
    text = " ".join(statement.split())
    table = _TABLE.search(text)
    if table is not None and table[1] in made_now:
        return []
    return [
        f"{text[:80]}: {advice}"
        for pattern, advice in _REFUSED.items()
        if re.search(pattern, text, re.IGNORECASE)
    ]


@dataclass
class Seen:
    """What an upgrade says to the database."""

    statements: list[str] = field(default_factory=list)

    def __call__(self, _c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.statements.append(statement)


def revisions(database: Database) -> list[str]:
    with database.engine.connect() as c:
        script = ScriptDirectory.from_config(_config(c))
    return [each.revision for each in reversed(list(script.walk_revisions()))]


def shape_of(database: Database) -> dict[str, dict[str, Any]]:
    """Give the tables with their columns: kind, whether it may be left out."""
    with database.engine.connect() as c:
        found = sa.inspect(c)
        return {
            table: {
                column["name"]: (
                    str(column["type"]),
                    bool(column["nullable"] or column["default"] is not None or column.get("identity")),
                )
                for column in found.get_columns(table)
            }
            for table in found.get_table_names()
        }


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


def test_each_revision_can_stand_under_the_code_of_the_one_before(database: Database):
    first, *later = revisions(database)
    assert later
    upgrade(database, first)
    for revision in later:
        before, seen = shape_of(database), Seen()
        sa.event.listen(database.engine, "before_cursor_execute", seen)
        upgrade(database, revision)
        sa.event.remove(database.engine, "before_cursor_execute", seen)
        after = shape_of(database)
        for table, columns in before.items():
            assert after[table].items() >= columns.items(), (
                f"{revision}: {table} lost what the code before uses"
            )
            for name in after[table].keys() - columns.keys():
                assert after[table][name][1], (
                    f"{revision}: {table}.{name} would have to be given by the code before"
                )
        made_now = {found[1] for each in seen.statements if (found := _CREATED.search(each))}
        if not database.is_sqlite:  # there one writer at a time is the rule anyway
            wrong = [line for each in seen.statements for line in refusals(each, made_now)]
            assert not wrong, f"{revision}: {wrong}"


def test_an_upgrade_gives_way_to_whoever_holds_a_table(
    postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
):
    """Else everybody who came after it would wait behind it for as long as a backup takes."""
    name = postgres_server.create_database()
    database = Database(postgres_server.url(name))
    upgrade(database, "0009")
    monkeypatch.setattr("maskres.db.upgrade.LOCK_SECONDS", 1)
    monkeypatch.setattr("maskres.db.engine.ATTEMPTS", 2)
    with database.reading() as c:
        c.exec_driver_sql("SELECT 1 FROM registrations")
        with pytest.raises(ConflictError, match="try again") as refused:
            upgrade(database)
        assert refused.value.code == "database-busy"
    assert "0009" in revision_of(database)
    upgrade(database)
    require_present_tables(database)
    database.close()
    postgres_server.drop_database(name)


def revision_of(database: Database) -> list[str]:
    with database.reading() as c:
        return list(c.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE stores",
        "ALTER TABLE stores DROP COLUMN name",
        "ALTER TABLE stores RENAME COLUMN name TO title",
        "ALTER TABLE stores ALTER COLUMN name TYPE text",
        "ALTER TABLE stores ALTER COLUMN name SET NOT NULL",
        "ALTER TABLE stores ADD COLUMN phone VARCHAR(20) NOT NULL",
        "ALTER TABLE stores ADD CONSTRAINT ck_phone CHECK (phone <> '')",
        "CREATE INDEX ix_phone ON stores (phone)",
        "CREATE UNIQUE INDEX ix_phone ON stores (phone)",
        "LOCK TABLE stores",
    ],
)
def test_what_would_hold_up_or_break_is_refused(statement):
    assert len(refusals(statement, set())) == 1
    assert refusals(statement, {"stores"}) == [], "unless the table is new"


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE stores ADD COLUMN phone VARCHAR(20)",
        "ALTER TABLE stores ADD COLUMN is_new BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE stores ADD CONSTRAINT ck_phone CHECK (phone <> '') NOT VALID",
        "CREATE INDEX CONCURRENTLY ix_phone ON stores (phone)",
        "CREATE UNIQUE INDEX IF NOT EXISTS uq_phone ON stores (phone)",
        "CREATE TABLE drugs (id INTEGER NOT NULL)",
    ],
)
def test_what_running_code_does_not_notice_is_taken(statement):
    assert refusals(statement, set()) == []


def test_running_processes_stay_ready_and_new_ones_of_the_old_version_do_not_start(sqlite_service: Service):
    client = make_app(sqlite_service).test_client()
    with sqlite_service.database.writing() as c:
        c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999_not_known_yet'")
    assert client.get("/readyz").status_code == 200
    with pytest.raises(ConfigurationError, match="9999_not_known_yet"):
        require_present_tables(sqlite_service.database)
    with sqlite_service.database.writing() as c:
        c.exec_driver_sql(
            "UPDATE alembic_version SET version_num = ?", (revisions(sqlite_service.database)[0],)
        )
    assert client.get("/readyz").status_code == 503, "tables that lack something"
