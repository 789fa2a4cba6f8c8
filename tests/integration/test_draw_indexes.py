"""The rows of a large draw go in before the indexes of their tables, and all comes out as it does with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from maskres.db import draw_indexes
from maskres.db.tables import entries, places
from maskres.rounds.status import DrawStatus
from maskres.usecases.service import Service
from tests.support.raw import dump, fetch
from tests.support.world import play_to

TABLES = ("entries", "facts", "results", "places")


def indexes(service: Service) -> list[Any]:
    tables = ", ".join(f"'{table}'" for table in TABLES)
    return fetch(
        service.database,
        f"SELECT indexdef FROM pg_indexes WHERE tablename IN ({tables}) ORDER BY indexname",
    )


@pytest.fixture
def calls(postgres_service: Service) -> Iterator[list[tuple[str, bool]]]:
    """For which tables indexes were taken away or made again (true)."""
    seen: list[tuple[str, bool]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if draw_indexes.NAME in statement:
            seen.append((values["name"], "true" in statement))

    engine = postgres_service.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def played(service: Service) -> dict[str, list[Any]]:
    """Play a draw up to its places, from the opening on, and give what stands of it."""
    play_to(service, DrawStatus.OPEN)
    play_to(service, DrawStatus.PUBLISHED)
    tables = dump(service.database)
    return {table: sorted(map(str, tables[table])) for table in (*TABLES, "artifacts", "ledger_entries")}


def test_a_draw_comes_out_the_same_and_its_tables_keep_their_indexes(
    postgres_service: Service,
    sqlite_service: Service,
    calls: list[tuple[str, bool]],
    monkeypatch: pytest.MonkeyPatch,
):
    stood = indexes(postgres_service)
    monkeypatch.setattr(draw_indexes, "_FROM_ROWS", 2)
    without_indexes, plain = played(postgres_service), played(sqlite_service)
    for table in ("artifacts", "ledger_entries"):
        assert without_indexes[table] == plain[table]
    assert [len(rows) for rows in without_indexes.values()] == [len(rows) for rows in plain.values()]
    assert indexes(postgres_service) == stood
    assert calls == [(table, is_made) for table in TABLES for is_made in (False, True)]


def test_a_small_draw_finds_the_indexes_standing(postgres_service: Service, calls: list[tuple[str, bool]]):
    played(postgres_service)
    assert calls == []


def test_beside_others_rows_go_in_with_the_indexes_standing(
    postgres_service: Service, calls: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
):
    play_to(postgres_service, DrawStatus.PUBLISHED)
    monkeypatch.setattr(draw_indexes, "_FROM_ROWS", 2)
    (count,) = fetch(postgres_service.database, "SELECT count(*) FROM entries")[0]
    calls.clear()
    with postgres_service.database.engine.connect() as c, c.begin() as undone:
        for rows, is_worth_it in ((50 * count - 1, False), (50 * count, True)):
            with draw_indexes.indexed_afterwards(c, entries, rows):
                pass
            assert bool(calls) == is_worth_it
        undone.rollback()


def test_what_an_index_keeps_unique_is_looked_at(postgres_service: Service, monkeypatch: pytest.MonkeyPatch):
    play_to(postgres_service, DrawStatus.DRAWN)
    monkeypatch.setattr(draw_indexes, "_FROM_ROWS", 1)
    stood = indexes(postgres_service)
    twice = (
        "INSERT INTO places (draw_id, number, batch, status, choice, code_version)"
        " SELECT draw_id, min(number), 0, 'unplaced', '-', 1 FROM entries, generate_series(1, 2) nth"
        " GROUP BY draw_id, nth"
    )
    with (
        pytest.raises(Exception, match="uq_places_draw_id_number"),
        postgres_service.database.engine.begin() as c,
        draw_indexes.indexed_afterwards(c, places, 2),
    ):
        c.exec_driver_sql(twice)
    assert indexes(postgres_service) == stood
    assert fetch(postgres_service.database, "SELECT count(*) FROM places") == [(0,)]
