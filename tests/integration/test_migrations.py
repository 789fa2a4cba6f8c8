"""Migrations bring an empty database to what the code expects, and away again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from maskres.db import guards
from maskres.db.engine import Database
from maskres.db.revisions import has_present_tables, known_revisions, require_present_tables
from maskres.db.tables import metadata
from maskres.db.upgrade import _config, downgrade, upgrade
from maskres.errors import ConfigurationError
from tests.support.raw import fetch, refusal, run


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    found = Database(database_url)
    yield found
    found.close()


def is_set_up_alike(thing: Any, _name: str | None, kind: str, _is_found: bool, _other: Any) -> bool:
    """Tell whether a thing is the same on both databases: PostgreSQL has not the keys of ADRs 0025 and 0038."""
    left_out = {"fk_persons_last_win_draw_id", *(f"fk_{table}_person_id" for table in guards.OF_PERSONS)}
    return kind != "foreign_key_constraint" or thing.name not in left_out


def things_left(database: Database) -> list[str]:
    """Name everything that is in a database, but for Alembic's own table."""
    if database.is_sqlite:
        query = (
            "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> 'alembic_version'"
        )
    else:
        query = (
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relname NOT LIKE 'alembic%' UNION ALL"
            " SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
    return sorted(row[0] for row in fetch(database, query))


def test_the_newest_revision_is_what_the_code_expects(database: Database):
    upgrade(database)
    with database.engine.begin() as c:
        options = {"compare_type": True, "compare_server_default": False, "include_object": is_set_up_alike}
        assert compare_metadata(MigrationContext.configure(c, opts=options), metadata) == []
        assert set(inspect(c).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_defaults_are_those_the_code_expects(database: Database):
    upgrade(database)
    with database.engine.begin() as c:
        found = {
            (table, column["name"])
            for table in metadata.tables
            for column in inspect(c).get_columns(table)
            if column["default"] is not None and "nextval" not in column["default"]
        }
    expected = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if column.server_default is not None
    }
    assert found == expected


def test_constraints_and_indexes_have_names_that_say_what_they_are(database: Database):
    upgrade(database)
    with database.engine.begin() as c:
        inspector = inspect(c)
        for table in metadata.tables:
            named: dict[str, list[str | None]] = {
                "pk": [inspector.get_pk_constraint(table)["name"]],
                "fk": [key["name"] for key in inspector.get_foreign_keys(table)],
                "uq": [key["name"] for key in inspector.get_unique_constraints(table)],
                "ck": [check["name"] for check in inspector.get_check_constraints(table)],
                "(ix|uq)": [
                    index["name"]
                    for index in inspector.get_indexes(table)
                    if not index.get("duplicates_constraint")
                ],
            }
            if not metadata.tables[table].primary_key.columns:
                named["pk"] = []
            for kind, names in named.items():
                for name in names:
                    assert re.fullmatch(f"{kind}_[a-z0-9_]+", str(name)), f"{table}: {name}"
                    assert f"_{table}" in str(name) or kind == "(ix|uq)", f"{table}: {name}"
                    assert len(str(name)) <= 63, name


def test_checks_hold_on_both_databases(database: Database):
    upgrade(database)
    run(database, "INSERT INTO persons (id) VALUES (1)")
    assert refusal(database, "UPDATE persons SET rounds_waited = -1") is not None
    named = "INSERT INTO deployment VALUES (:id, 'rehearsal/x', '2020-02-08T00:00:00Z')"
    assert refusal(database, named, id=2) is not None
    assert refusal(database, named, id=1) is None
    foreign = (
        "INSERT INTO stores (round_id, store, district, name, address, opens, closes)"
        " VALUES (99, 'huli-1', 'huli', 'x', 'x', '09:00', '18:00')"
    )
    assert refusal(database, foreign) is not None


def test_downgrading_leaves_nothing_and_the_way_up_is_free_again(database: Database):
    upgrade(database)
    assert "ledger_entries" in things_left(database)
    downgrade(database, "base")
    assert things_left(database) == []
    upgrade(database)
    require_present_tables(database)
    run(database, "INSERT INTO persons (id) VALUES (1)")


def test_upgrading_twice_does_nothing(database: Database):
    upgrade(database)
    run(database, "INSERT INTO persons (id) VALUES (1)")
    upgrade(database)
    assert fetch(database, "SELECT count(*) FROM persons") == [(1,)]


def test_a_database_without_tables_is_refused_by_name_of_its_revision(database: Database):
    with pytest.raises(ConfigurationError, match="at revision none") as refused:
        require_present_tables(database)
    assert refused.value.code == "old-database"
    assert not has_present_tables(database)
    upgrade(database)
    require_present_tables(database)
    assert has_present_tables(database)
    run(database, "UPDATE alembic_version SET version_num = '0000'")
    assert not has_present_tables(database)
    with pytest.raises(ConfigurationError, match="at revision 0000") as older:
        require_present_tables(database)
    assert older.value.code == "old-database"


def test_revisions_are_told_from_the_files_as_alembic_tells_them(database: Database):
    with database.reading() as c:
        script = ScriptDirectory.from_config(_config(c))
    assert list(known_revisions()) == [each.revision for each in reversed(list(script.walk_revisions()))]
    assert script.get_heads() == [known_revisions()[-1]]


def test_a_migration_that_fails_leaves_nothing_behind(database: Database):
    run(database, "CREATE TABLE slots (id INTEGER)")
    with pytest.raises(Exception, match="slots"):
        upgrade(database)
    assert [name for name in things_left(database) if name != "slots"] == []


def test_a_database_that_cannot_be_reached_is_named():
    database = Database("postgresql+psycopg://postgres@127.0.0.1:1/nowhere")
    with pytest.raises(ConfigurationError) as refused:
        require_present_tables(database)
    assert refused.value.code == "no-database"


def test_registrations_keep_their_rows_and_stay_one_a_person_when_their_index_changes(database: Database):
    columns = (
        "round_id, number, person_id, status, id_digest, name_digest, key_version, contact, for_whom, is_keeping,"
        " district, reach, choices, seal, registered_at, changed_at, draw, ledger_size, entered_by"
    )
    insert = (
        f"INSERT INTO registrations ({columns}) VALUES (:round, :number, :person, 'standing', :blob, :blob, 1, :blob,"
        " 'self', false, 'huli', 'city', '', :seal, '2020-02-08T00:00:00Z', '2020-02-08T00:00:00Z', 1, 1, 'x')"
    )

    def values(round_id: int, number: str, person: int) -> dict[str, Any]:
        return {"round": round_id, "number": number, "person": person, "blob": b"8 bytes.", "seal": "0" * 40}

    upgrade(database, "0009")
    run(database, "INSERT INTO persons (id) VALUES (1), (2)")
    for row in (values(1, "A", 1), values(1, "B", 2), values(2, "A", 1)):
        run(database, insert, **row)
    query = f"SELECT {columns} FROM registrations ORDER BY round_id, number"
    stood = fetch(database, query)
    assert len(stood) == 3
    for move in (upgrade, lambda each: downgrade(each, "0009"), upgrade):
        move(database)
        assert fetch(database, query) == stood
        assert refusal(database, insert, **values(1, "C", 1)) is not None, "a second one of a person"
        assert refusal(database, insert, **values(1, "B", 3)) is not None, "a number twice"
        assert refusal(database, insert, **values(2, "B", 99)) is not None, "of nobody"
