"""Pages for everybody: open data as tables, the list of winners to print, what is kept of people and how long."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from babel.dates import format_date
from flask.testing import FlaskClient

from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import write_public_files
from maskres.usecases.rounds.memory import Memory
from maskres.usecases.rounds.open_data import list_slots, list_stores
from maskres.usecases.service import Service
from maskres.usecases.showing.public_rounds import show_public_round
from maskres.web.public import printed
from tests.support.raw import count_statements
from tests.support.web import make_app
from tests.support.world import ROUND, pass_time, play_to, winners_of


def look(service: Service, status: DrawStatus, folder: Path) -> FlaskClient:
    """Play to a status, write what is published, and give a client who reads English."""
    played = play_to(service, status)
    if status is not DrawStatus.OPEN:
        write_public_files(service, played.slug, played.draw, folder)
    client = make_app(service, bundles=folder).test_client()
    client.set_cookie("lang", "en")
    return client


def read(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_stores_and_slots_are_tables_with_what_the_api_says(service: Service, tmp_path: Path) -> None:
    client = look(service, DrawStatus.PUBLISHED, tmp_path)
    answer = client.get(f"/rounds/{ROUND}/stores.csv")
    shown = client.get(f"/api/v1/rounds/{ROUND}/stores").json
    assert shown is not None
    assert [
        {name: "" if value is None else str(value) for name, value in each.items()}
        for each in shown["stores"]
    ] == [{name: row[name] for name in shown["stores"][0]} for row in read(answer.text)]
    assert answer.headers["ETag"] and "max-age" in answer.headers["Cache-Control"]
    again = client.get(f"/rounds/{ROUND}/stores.csv", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    rows = read(client.get(f"/rounds/{ROUND}/draws/1/slots-now.csv").text)
    slots = list_slots(service, ROUND, 1)
    assert [(row["slot"], int(row["taken"])) for row in rows] == [(each.slot, each.taken) for each in slots]
    assert any(int(row["taken"]) for row in rows) and rows[0]["starts_at"].endswith("Z")
    assert client.get("/rounds/no-such/stores.csv").status_code == 404


def test_however_many_ask_the_stores_are_read_once_a_second(service: Service, tmp_path: Path) -> None:
    """By JSON or table, with an ETag or without, and with a question that no cache has seen yet."""
    client = look(service, DrawStatus.PUBLISHED, tmp_path)
    address = f"/api/v1/rounds/{ROUND}/stores"
    with count_statements() as count:
        first = client.get(address)
        once = count()
        assert first.status_code == 200 and once > 0
        for nth in range(25):
            assert client.get(f"{address}?{nth}").data == first.data
            again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b"")
            assert client.get(f"/rounds/{ROUND}/stores.csv").status_code == 200
        assert count() == once
        pass_time(service, seconds=1)
        for _ in range(25):
            assert client.get(address).data == first.data
        assert count() == 2 * once


def test_while_one_reads_the_stores_the_others_get_what_was_there(sqlite_service: Service) -> None:
    memory: Any = Memory(sqlite_service)
    reads: list[str] = []
    is_reading, may_end = Event(), Event()

    def read(_service: Service, slug: str) -> list[str]:
        reads.append(slug)
        return [f"{slug}, read for the {len(reads)}. time"]

    def read_slowly(each: Service, slug: str) -> list[str]:
        is_reading.set()
        assert may_end.wait(30)
        return read(each, slug)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: memory.show_stores("one", read), range(40)))
        assert found == [["one, read for the 1. time"]] * 40
        pass_time(sqlite_service, seconds=1)
        slow = pool.submit(memory.show_stores, "one", read_slowly)
        assert is_reading.wait(30)
        assert memory.show_stores("one", read) == found[0]
        may_end.set()
        assert slow.result() == memory.show_stores("one", read) == ["one, read for the 2. time"]


def test_the_printed_list_holds_every_winner_and_nobody_else(
    sqlite_service: Service, tmp_path: Path, monkeypatch
) -> None:
    client = look(sqlite_service, DrawStatus.PUBLISHED, tmp_path)
    winners = winners_of(sqlite_service)
    names = {each.store.name for each in list_stores(sqlite_service, ROUND)}
    address = f"/rounds/{ROUND}/draws/1/winners"
    page = client.get(address).text
    grouped = ["-".join((each[:4], each[4:8], each[8:])) for each in winners]
    assert sorted(grouped) == [part[:14] for part in page.split('mr-winners__number">')[1:]]
    assert any(name in page for name in names)
    assert client.get(f"{address}/A").status_code == 404, "the list is one page"
    monkeypatch.setattr(printed, "MOST_ON_A_PAGE", 1)
    index = client.get(address).text
    assert index.count("/winners/") == 32
    monkeypatch.undo()
    assert [printed.symbols_for(each) for each in (0, 1500, 1501, 48_000, 48_001, 2_000_000, 60_000_000)] == [
        0, 0, 1, 1, 2, 3, 3,
    ]  # fmt: skip
    parts = [
        [each.number for each in printed.read_winners(tmp_path / ROUND / "look-up-1", prefix)]
        for prefix in ("", "0")
    ]
    assert parts[0] == sorted(winners) and parts[1] == []  # the small world's result is one file, all.csv


def test_before_the_draw_there_is_no_list(sqlite_service: Service, tmp_path: Path) -> None:
    client = look(sqlite_service, DrawStatus.COMMITTED, tmp_path)
    assert client.get(f"/rounds/{ROUND}/draws/1/winners").status_code == 404


def test_everybody_finds_what_is_open_and_what_is_kept(sqlite_service: Service, tmp_path: Path) -> None:
    client = look(sqlite_service, DrawStatus.PUBLISHED, tmp_path)
    page = client.get("/open-data").text
    addresses = [part.split('"')[0] for part in page.split('href="')[1:]]
    fetched = [each for each in addresses if each.startswith(("/api/", "/rounds/"))]
    assert len(fetched) >= 10
    for each in fetched:
        assert client.get(each).status_code == 200, each
    page = client.get("/privacy").text
    rules = show_public_round(sqlite_service, ROUND)[0].round.rules
    for until in (rules.personal_data_until, rules.person_data_until):
        assert f"until {format_date(until, 'd MMMM y', 'en')}" in page, until
