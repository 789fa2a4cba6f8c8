"""Looking up a number: files handed out, the page without scripts, the page to save."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.bundles import write_public_files
from maskres.usecases.service import Service
from tests.support.raw import count_statements
from tests.support.web import make_app
from tests.support.world import Played, play_to, winners_of


def looking(service: Service, status: DrawStatus, folder: Path) -> tuple[Played, FlaskClient, str]:
    """Play to a status, write what is published, and give a client and the page's address."""
    played = play_to(service, status)
    write_public_files(service, played.slug, played.draw, folder)
    client = make_app(service, bundles=folder).test_client()
    client.set_cookie("lang", "en")
    return played, client, f"/rounds/{played.slug}/draws/{played.draw}/look-up"


def test_files_are_handed_out_and_nothing_else(sqlite_service: Service, tmp_path: Path) -> None:
    _, client, base = looking(sqlite_service, DrawStatus.PUBLISHED, tmp_path)
    (tmp_path / "secret.json").write_text("{}")
    for name in ("draw.json", "pool/all.json", "result/all.csv"):
        answer = client.get(f"{base}/{name}")
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "public, max-age=60"
        assert answer.data and answer.get_etag()[0]
    for name in (
        "pool/A.json",
        "../../secret.json",
        "%2e%2e/%2e%2e/secret.json",
        "draw.json/..",
        "x",
        "pool/",
    ):
        assert client.get(f"{base}/{name}").status_code == 404
    assert client.get("/rounds/..%2f..%2fetc/draws/1/look-up/draw.json").status_code == 404


def test_without_scripts_the_page_says_the_outcome(sqlite_service: Service, tmp_path: Path) -> None:
    played, client, base = looking(sqlite_service, DrawStatus.PUBLISHED, tmp_path)
    winner = winners_of(sqlite_service)[0]
    page = client.get(base, query_string={"number": winner[:4].lower() + "-" + winner[4:]}).text
    with (tmp_path / played.slug / "draw-1" / "allocation.csv").open(newline="") as file:
        store = next(row["store"] for row in csv.DictReader(file) if row["number"] == winner)
    assert "This number has won." in page and f'"{store}"' in page and "To collect at" in page
    assert re.search(r", \w+day, \d{1,2} February 2020, (09:00|15:00)</p>", page)
    loser = next(number for number in played.numbers.values() if number not in winners_of(sqlite_service))
    assert "in the order of the draw" in client.get(base, query_string={"number": loser}).text
    nobody = client.get(base, query_string={"number": "7K3M9QTR4XH7"}).text
    assert "There is no result for this number." in nobody
    assert "twelve letters and digits" in client.get(base, query_string={"number": "7K3M"}).text


def test_looking_asks_no_database(sqlite_service: Service, tmp_path: Path) -> None:
    _, client, base = looking(sqlite_service, DrawStatus.PUBLISHED, tmp_path)
    winner = winners_of(sqlite_service)[0]
    client.get(base)  # the names of the stores are asked for once a minute
    with count_statements() as count:
        for address in (f"{base}/result/all.csv", f"{base}/pool/all.json", f"{base}/draw.json"):
            assert client.get(address).status_code == 200
        assert client.get(base, query_string={"number": winner}).status_code == 200
        saved = client.get(f"{base.removesuffix('look-up')}check.html", query_string={"number": winner})
        assert saved.status_code == 200
    assert count() == 0


def test_a_saved_page_holds_all_it_needs(sqlite_service: Service, tmp_path: Path) -> None:
    _, client, base = looking(sqlite_service, DrawStatus.PUBLISHED, tmp_path)
    winner = winners_of(sqlite_service)[0]
    address = f"{base.removesuffix('look-up')}check.html"
    saved = client.get(address, query_string={"number": winner})
    assert saved.headers["Content-Disposition"].startswith("attachment;") and winner in saved.text
    assert "src=" not in saved.text.split("<script>")[0] and 'rel="stylesheet"' not in saved.text
    assert (
        client.get(address).status_code
        == client.get(address, query_string={"number": "x"}).status_code
        == 404
    )


@pytest.mark.parametrize("status", [DrawStatus.COMMITTED, DrawStatus.DRAWN])
def test_before_the_places_there_is_the_pool(
    sqlite_service: Service, tmp_path: Path, status: DrawStatus
) -> None:
    played, client, base = looking(sqlite_service, status, tmp_path)
    assert client.get(f"{base}/pool/all.json").status_code == 200
    expected = 200 if status is DrawStatus.DRAWN else 404
    assert client.get(f"{base}/result/all.csv").status_code == expected
    assert f'href="{base}"' in client.get(f"/rounds/{played.slug}").text


def test_where_no_worker_has_written_the_files_yet(sqlite_service: Service, tmp_path: Path) -> None:
    played = play_to(sqlite_service, DrawStatus.COMMITTED)
    client = make_app(sqlite_service, bundles=tmp_path).test_client()
    client.set_cookie("lang", "en")
    page = client.get(f"/rounds/{played.slug}/draws/1/look-up")
    assert page.status_code == 200 and "still being written" in page.text
    assert client.get(f"/rounds/{played.slug}/draws/1/look-up/draw.json").status_code == 404
    for nothing in (f"/rounds/{played.slug}/draws/2/look-up", "/rounds/nowhere/draws/1/look-up"):
        assert client.get(nothing).status_code == 404
