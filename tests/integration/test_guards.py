"""Changes to the record behind the code's back: what is published, committed or drawn, nobody alters or adds to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from maskres.db import guards
from maskres.db.tables import metadata
from maskres.rounds.status import DrawStatus
from maskres.usecases.service import Service
from tests.support.people import make_people, register_row
from tests.support.raw import fetch, refusal, run
from tests.support.world import draw_id_of, import_people, play_to

S = DrawStatus
BEFORE_COMMITMENT = {S.OPEN, S.CLOSED, S.DECIDED}
DECIDING = {S.CLOSED, S.DECIDED}
OVER = {S.FINISHED, S.VOID}
SELLING = {S.PUBLISHED, S.COLLECTING}
GHOST = "ZZZZZZZZZZZZ"
#: What each table takes, and while its draw is what.
IN_TIME = {
    "INSERT INTO entries (draw_id, number, person_id, is_withdrawn, id_digest, name_digest, district, reach,"
    " choices, seal) VALUES (:draw, :ghost, 1, :no, :digest, :digest, 'huli', 'city', '', 'x')": {S.OPEN},
    "INSERT INTO facts (draw_id, number, mask) VALUES (:draw, :ghost, 0)": DECIDING,
    "INSERT INTO verdicts (draw_id, mask, is_eligible, stratum, tickets, reasons)"
    " VALUES (:draw, 77, :no, 'general', 1, '')": DECIDING,
    "INSERT INTO corrections (draw_id, number, kind) VALUES (:draw, :ghost, 'household')": {S.DECIDED},
    "INSERT INTO disputes (draw_id, number, status, words, lodged_at)"
    " VALUES (:draw, :ghost, 'open', :digest, '2020-02-08T00:00:00Z')": {S.DECIDED},
    "INSERT INTO slots (draw_id, store, slot, starts_at, ends_at, capacity)"
    " VALUES (:draw, 'huli-1', 'ghost', 'a', 'b', 1)": BEFORE_COMMITMENT | SELLING,
    "INSERT INTO results (draw_id, number, rank, stratum, ticket, outcome)"
    " VALUES (:draw, :ghost, 99, 'general', '0123456789abcdef', 'won')": {S.DICED},
    "INSERT INTO pinned_registers (draw_id, version_id) VALUES (:draw, :version)": DECIDING,
    "UPDATE entries SET seal = 'x' WHERE draw_id = :draw": set(),
    "UPDATE facts SET mask = 0 WHERE draw_id = :draw": set(),
    "UPDATE verdicts SET tickets = 9 WHERE draw_id = :draw": set(),
    "UPDATE corrections SET kind = 'insurance' WHERE draw_id = :draw": set(),
    "UPDATE results SET outcome = 'won' WHERE draw_id = :draw": set(),
    "UPDATE slots SET capacity = capacity + 1 WHERE draw_id = :draw": BEFORE_COMMITMENT | SELLING,
    "DELETE FROM entries WHERE draw_id = :draw": OVER,
    "DELETE FROM facts WHERE draw_id = :draw": DECIDING | OVER,
    "DELETE FROM verdicts WHERE draw_id = :draw": DECIDING | OVER,
    "DELETE FROM corrections WHERE draw_id = :draw": OVER,
    "DELETE FROM disputes WHERE draw_id = :draw": OVER,
    "DELETE FROM slots WHERE draw_id = :draw": BEFORE_COMMITMENT | OVER,
    "DELETE FROM results WHERE draw_id = :draw": OVER,
    "DELETE FROM pinned_registers WHERE draw_id = :draw": DECIDING | OVER,
}


def try_all(service: Service, slug: str, status: DrawStatus) -> int:
    """Try every statement while the draw has the status; gives the number of refusals."""
    refused = 0
    values: dict[str, Any] = {
        "draw": draw_id_of(service, slug),
        "ghost": GHOST,
        "no": False,
        "digest": bytes(8),
    }
    values["version"] = fetch(service.database, "SELECT max(id) FROM register_versions")[0][0]
    for statement, statuses in IN_TIME.items():
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        if not statement.startswith("INSERT"):
            table = statement.split()[1 if statement.startswith("UPDATE") else 2]
            if not fetch(
                service.database, f"SELECT 1 FROM {table} WHERE draw_id = :draw", draw=values["draw"]
            ):
                continue
        said = refusal(service.database, statement, **named)
        assert (said is None) == (status in statuses), f"{status}: {statement}: {said}"
        refused += said is not None
    return refused


def test_threat_pool_changed_late_every_committed_table_refuses_it(service: Service):
    for status in [status for status in S if status is not S.VOID]:
        played = play_to(service, status)
        if status is S.OPEN:
            # A version that no draw pins.
            import_people(service, "employment", make_people(1))
        refused = try_all(service, played.slug, status)
        assert refused >= (3 if status in BEFORE_COMMITMENT else 9), status
        if status is S.DECIDED:
            run(
                service.database,
                "INSERT INTO corrections (draw_id, number, kind) VALUES (:draw, :number, 'employment')",
                draw=draw_id_of(service, played.slug),
                number=played.numbers[0],
            )
            try_all(service, played.slug, status)


def test_what_was_decided_of_a_void_draw_can_be_erased_and_nothing_added(service: Service):
    played = play_to(service, S.DECIDED)
    import_people(service, "employment", make_people(1))
    play_to(service, S.VOID)
    assert try_all(service, played.slug, S.VOID) >= 8


def test_nothing_is_written_ahead_for_a_draw_that_is_not_there(service: Service):
    play_to(service, S.OPEN)
    values = {"ghost": GHOST, "no": False, "digest": bytes(8)}
    for statement in (
        "INSERT INTO entries (draw_id, number, person_id, is_withdrawn, id_digest, name_digest, district, reach,"
        " choices, seal) VALUES (99, :ghost, 1, :no, :digest, :digest, 'huli', 'city', '', 'x')",
        "INSERT INTO facts (draw_id, number, mask) VALUES (99, :ghost, 0)",
        "INSERT INTO results (draw_id, number, rank, stratum, ticket, outcome)"
        " VALUES (99, :ghost, 1, 'general', '0123456789abcdef', 'won')",
    ):
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        assert "closed to changes" in str(refusal(service.database, statement, **named)), statement


APPEND_ONLY = (
    "deployment",
    "ledger_entries",
    "checkpoints",
    "cosignatures",
    "audit_log",
    "artifacts",
    "artifact_chunks",
)


def test_the_record_is_append_only(service: Service):
    play_to(service, S.CLOSED)
    for table in APPEND_ONLY:
        column = list(metadata.tables[table].columns)[-1].name
        assert fetch(service.database, f"SELECT count(*) FROM {table}")[0][0] > 0, table
        update = f"UPDATE {table} SET {column} = {column}"
        assert refusal(service.database, update) == f"{table} is append-only"
        assert refusal(service.database, f"DELETE FROM {table}") == f"{table} is append-only"


def test_threat_rows_edited_nothing_is_replaced_whatever_the_connection_is_set_to(sqlite_service: Service):
    """To what a REPLACE takes away SQLite asks no trigger of deletion, unless the connection wishes it."""
    play_to(sqlite_service, S.COMMITTED)
    begin = {"rounds": "'draft'", "draws": "'open'"}
    with closing(sqlite3.connect(str(sqlite_service.database.engine.url.database))) as raw:
        for table in (*APPEND_ONLY, "register_versions", "rounds", "draws"):
            columns = list(metadata.tables[table].columns.keys())
            chosen = [begin.get(table, name) if name == "status" else name for name in columns]
            rows = f"SELECT {', '.join(chosen)} FROM {table}"
            before = raw.execute(f"SELECT * FROM {table}").fetchall()
            assert before, table
            with pytest.raises(sqlite3.IntegrityError, match="none is replaced"):
                raw.execute(f"REPLACE INTO {table} ({', '.join(columns)}) {rows}")
            assert raw.execute(f"SELECT * FROM {table}").fetchall() == before, table
        for statement, said in (
            ("REPLACE INTO artifacts (round_id, draw_id, name, sha256, entries, published_at) SELECT round_id, draw_id,"
             " name, 'x', 0, published_at FROM artifacts WHERE draw_id IS NOT NULL", "none is replaced"),
            ("UPDATE OR REPLACE draws SET draw = 2", "draws keep their key"),
            ("UPDATE OR REPLACE rounds SET slug = 'x'", "rounds keep their key"),
        ):  # fmt: skip
            with pytest.raises(sqlite3.IntegrityError, match=said):
                raw.execute(statement)


def test_a_version_of_a_register_never_changes(service: Service):
    (person,) = make_people(1)
    row = register_row("household", person, other_id_type="passport", other_id_number="GBR:123456789")
    import_people(service, "household", [row])
    for table in ("register_versions", "register_rows", "identity_links"):
        column = list(metadata.tables[table].columns)[-1].name
        update = f"UPDATE {table} SET {column} = {column}"
        assert refusal(service.database, update) == f"{table} is written once"


def test_no_table_of_the_record_is_emptied_at_one_stroke(postgres_service: Service):
    """SQLite knows no TRUNCATE; on PostgreSQL it passes by the triggers of rows."""
    play_to(postgres_service, S.DRAWN)
    for table in (*APPEND_ONLY, "entries", "results", "register_versions", "register_rows", "identity_links"):
        said = refusal(postgres_service.database, f"TRUNCATE {table} CASCADE")
        assert "never emptied" in str(said), table


def test_threat_drawn_again_a_second_commitment_hits_a_constraint(service: Service):
    play_to(service, S.COMMITTED)
    again = "INSERT INTO artifacts (round_id, draw_id, name, sha256, entries, published_at)"
    again += " SELECT round_id, draw_id, name, :other, 0, published_at FROM artifacts WHERE name = :name"
    for name in ("commitment.json", "pool.csv"):
        said = refusal(service.database, again, other="0" * 64, name=name)
        assert said and "unique" in said.lower(), f"{name}: {said}"
    # Nor does the draw go back to be committed anew, nor stand beside a second one of its number.
    assert refusal(service.database, f"UPDATE draws SET status = '{S.DECIDED}'")
    twin = "INSERT INTO draws (round_id, draw, status, opened_at) SELECT round_id, draw, status, opened_at FROM draws"
    assert refusal(service.database, twin)


def test_dice_beacon_and_seed_are_written_once(service: Service):
    play_to(service, S.DRAWN)
    for column in ("dice", "beacon", "seed"):
        for value in ("'0'", "NULL"):
            said = refusal(service.database, f"UPDATE draws SET {column} = {value}")
            assert said == "dice, beacon and seed are written once", f"{column} = {value}"
        assert refusal(service.database, f"UPDATE draws SET {column} = {column}") is None


def test_rules_and_cosigners_are_frozen_when_the_round_opens(service: Service):
    play_to(service, S.OPEN)
    frozen = "rules and cosigners are frozen when the round opens"
    assert refusal(service.database, "UPDATE rounds SET rules = :b", b=b"{}") == frozen
    assert refusal(service.database, "UPDATE rounds SET cosigners = '[]'") == frozen
    assert refusal(service.database, "UPDATE rounds SET rules = rules") is None


def test_no_more_places_are_taken_than_there_are(service: Service):
    play_to(service, S.COLLECTING)
    assert refusal(service.database, "UPDATE slots SET taken = capacity + 1") is not None
    assert refusal(service.database, "UPDATE slots SET taken = -1") is not None
    assert refusal(service.database, "UPDATE slots SET taken = capacity") is None


NEW_DOCUMENT = (
    "INSERT INTO documents (id_digest, key_version, person_id, data_version, canonical)"
    " VALUES (:digest, 1, :person, 1, :digest)"
)


def test_documents_and_registrations_are_of_a_person_who_is_there(service: Service):
    play_to(service, S.OPEN, people=make_people(2))
    ((person,), *_) = fetch(service.database, "SELECT person_id FROM registrations ORDER BY person_id")
    nobody, digest = 7, bytes(16)
    assert refusal(service.database, NEW_DOCUMENT, person=nobody, digest=digest) is not None
    assert refusal(service.database, NEW_DOCUMENT, person=person, digest=digest) is None
    for table in ("documents", "registrations"):
        moved = f"UPDATE {table} SET person_id = :nobody WHERE person_id = :person"
        assert refusal(service.database, moved, nobody=nobody, person=person) is not None, table
        run(service.database, f"DELETE FROM {table} WHERE person_id <> :person", person=person)
    gone = "DELETE FROM persons WHERE id = :person"
    assert refusal(service.database, gone, person=person) is not None
    run(service.database, "DELETE FROM documents")
    assert refusal(service.database, gone, person=person) is not None
    run(service.database, "DELETE FROM registrations")
    assert refusal(service.database, gone, person=person) is None


def test_many_documents_at_once_are_of_persons_who_are_there(postgres_service: Service):
    """More rows than are looked up one by one; a row by itself is looked up by itself afterwards too."""
    database, many = postgres_service.database, guards._MANY_ROWS + 1
    run(database, f"INSERT INTO persons (id) SELECT nth FROM generate_series(1, {many}) AS nth")
    add = (
        "INSERT INTO documents (id_digest, key_version, person_id, data_version, canonical)"
        " SELECT decode(md5(:salt || nth), 'hex'), 1, nth, 1, '' FROM generate_series(1, :last) AS nth"
    )
    assert refusal(database, add, salt="a", last=many + 1) is not None, "the last one is of nobody"
    read = "SELECT seq_tup_read FROM pg_stat_xact_all_tables WHERE relname = 'persons'"
    with database.engine.begin() as c:
        c.execute(text(add), {"salt": "b", "last": many})
        by_then = c.execute(text(read)).scalar_one()
        assert by_then >= many, "the many were not looked up at once"
        c.execute(text(add), {"salt": "c", "last": 1})
        assert c.execute(text(read)).scalar_one() == by_then, "one row made all persons be read"


def test_a_person_is_not_erased_while_somebody_adds_to_them(postgres_service: Service):
    engine, values = postgres_service.database.engine, {"person": 1, "digest": bytes(16)}
    run(postgres_service.database, "INSERT INTO persons (id) VALUES (1)")
    gone = "DELETE FROM persons WHERE id = :person"
    for first, second in ((NEW_DOCUMENT, gone), (gone, NEW_DOCUMENT)):
        with engine.connect() as one, engine.connect() as other:
            one.execute(text(first), values)
            other.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                other.execute(text(second), values)
