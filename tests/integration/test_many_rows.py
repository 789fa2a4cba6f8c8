"""Rows handed over many at a time: every value arrives as it was, and look-ups go by the index."""

from __future__ import annotations

from sqlalchemy import select, text

from maskres.db.bulk import find_by_key, insert_rows, update_rows
from maskres.db.engine import Database
from maskres.db.tables import handovers, places
from maskres.usecases.service import Service

COLUMNS = ("nonce", "round_id", "place_id", "store", "till", "claimed_at", "received_at")
FLAGS = ("is_offline", "has_code", "is_proxy", "answer")
AWKWARD = ('"', "\\", '\\"', "{a,b}", "NULL", "null", "", " a ", "a\nb\tc\rd", "'", "厦门", "😷", "%s", "$1")


def handover(nonce: str, till: str = "till-1") -> tuple[object, ...]:
    at = "2020-02-08T01:00:00Z"
    return (nonce, 1, None, "siming-01", till, at, at, True, False, False, "handed-out")


def test_every_value_arrives_as_it_was(service: Service) -> None:
    rows = [handover(f"nonce-{nth:016d}", till) for nth, till in enumerate(AWKWARD)]
    with service.database.writing() as c:
        insert_rows(c, handovers, (*COLUMNS, *FLAGS), rows)
    with service.database.reading() as c:
        found = c.execute(select(handovers).order_by(handovers.c.nonce)).all()
    assert [row.till for row in found] == list(AWKWARD)
    assert {(row.round_id, row.place_id, row.is_offline, row.has_code) for row in found} == {
        (1, None, True, False)
    }


def test_bytes_and_nulls_are_changed_as_given(service: Service) -> None:
    with service.database.writing() as c:
        place = "(1, 1, 'AAAA', 0, 'unplaced', '', 0), (2, 1, 'BBBB', 0, 'unplaced', '', 0)"
        c.execute(
            text(
                f"INSERT INTO places (id, draw_id, number, batch, status, choice, code_version) VALUES {place}"
            )
        )
        digest = bytes(range(240, 256))
        rows = [(1, "unplaced", "noon", digest), (2, "assigned", "noon", digest)]
        assert update_rows(c, places, "id", ("status",), ("slot", "code_digest"), rows) == 1
        found = c.execute(select(places.c.slot, places.c.code_digest).order_by(places.c.id)).all()
    assert [tuple(row) for row in found] == [("noon", digest), (None, None)]


def test_found_by_key_are_those_there_are(service: Service) -> None:
    with service.database.writing() as c:
        insert_rows(c, handovers, (*COLUMNS, *FLAGS), [handover("a" * 16), handover("b" * 16)])
        assert {row.nonce for row in find_by_key(c, handovers.c.nonce, ["b" * 16, "c" * 16])} == {"b" * 16}
        assert find_by_key(c, handovers.c.nonce, []).all() == []


def test_a_plan_made_for_the_empty_table_goes_by_the_index_when_it_is_full(
    postgres_service: Service,
) -> None:
    database: Database = postgres_service.database
    with database.writing() as c:
        for _ in range(12):  # the driver prepares it, and the database keeps one plan for all
            find_by_key(c, handovers.c.nonce, ["a" * 16, "b" * 16]).all()
        insert_rows(c, handovers, (*COLUMNS, *FLAGS), [handover(f"nonce-{n:016d}") for n in range(5000)])
    with database.writing() as c:
        wanted = [f"nonce-{n:016d}" for n in range(0, 5000, 100)]
        assert len(find_by_key(c, handovers.c.nonce, wanted).all()) == 50
        read = c.execute(
            text("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'handovers'")
        ).scalar_one()
    assert read == 0
