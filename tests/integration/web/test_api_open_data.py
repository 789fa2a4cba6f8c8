"""Open data by the API: what is published, in whole and by the beginning of a number, cached by ETag."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest

from maskres.errors import CheckFailed
from maskres.ledger.proofs import ConsistencyProof, InclusionProof, read_proof
from maskres.usecases.service import Service
from tests.support.api import Partner
from tests.support.collecting import Counters
from tests.support.web import make_app
from tests.support.world import OPERATOR, ROUND, DrawStatus, create_round, play_to, published

pytest_plugins = ("tests.support.collecting_fixtures",)
DRAW = f"/rounds/{ROUND}/draws/1"


@pytest.fixture
def partner(counters: Counters) -> Partner:
    return Partner(make_app(counters.service), counters.service)


def test_a_round_is_shown_with_its_rules_in_words_and_its_draws(partner: Partner):
    (listed,) = partner.get("/rounds").json["rounds"]
    assert [draw["status"] for draw in listed["draws"]] == ["collecting", "open"]
    assert listed["is_registration_open"] is True
    shown = partner.get(f"/rounds/{ROUND}").json
    assert shown["rules"]["quantity"] == shown["quantity"] == 5
    assert any("5" in line for line in shown["rules_in_words"]["zh-Hans"])
    rules = partner.get(f"/rounds/{ROUND}/rules.json")
    assert hashlib.sha256(rules.data).hexdigest() == shown["rules_sha256"]


def test_a_draft_is_nobodys_business(sqlite_service: Service):
    create_round(sqlite_service)
    partner = Partner(make_app(sqlite_service), sqlite_service)
    assert partner.get("/rounds").json == {"rounds": []}
    for path in ("", "/stores", "/rules.json", "/draws/1", "/draws/1/slots", "/draws/1/bundle.zip"):
        assert partner.get(f"/rounds/{ROUND}{path}").status_code == 404


def test_stores_say_what_is_left_and_when_that_was_known(partner: Partner, counters: Counters):
    before = {each["store"]: each for each in partner.get(f"/rounds/{ROUND}/stores").json["stores"]}
    assert before["huli-1"]["left"] is None and before["huli-1"]["left_known_at"] is None
    counters.count_stock("delivered", 100)
    counters.count_stock("damaged", 7)
    counters.at(9.25)
    counters.hand_out(counters.till(), counters.winner())
    after = {each["store"]: each for each in partner.get(f"/rounds/{ROUND}/stores").json["stores"]}
    assert after["huli-1"]["left"] == 100 - 7 - 5
    assert after["huli-1"]["left_known_at"] == "2020-02-13T01:15:00Z"
    assert after["siming-1"] == before["siming-1"]


def test_slots_show_their_room_once_they_are_committed(partner: Partner, counters: Counters):
    slots = partner.get(f"{DRAW}/slots").json["slots"]
    assert len(slots) == 6
    here = partner.get(f"{DRAW}/slots?store=huli-1").json["slots"]
    assert {each["store"] for each in here} == {"huli-1"}
    assert sum(each["taken"] for each in here) == len(counters.places(store="huli-1", status="assigned"))
    assert partner.get(f"/rounds/{ROUND}/draws/2/slots").json == {"slots": []}


def test_results_and_placements_are_found_by_the_beginning_of_a_number(partner: Partner, counters: Counters):
    number = counters.winner()
    (line,) = partner.get(f"{DRAW}/results?prefix={number[:6]}").json["results"]
    rows = [row.split(",") for row in published(counters.service, "result.csv").decode().splitlines()]
    assert [str(line[name]) for name in rows[0]] == next(row for row in rows if row[1] == number)
    (placed,) = partner.get(f"{DRAW}/placements?prefix={number[:6]}").json["placements"]
    assert (placed["number"], placed["file"]) == (number, "allocation.csv")
    assert (placed["store"], placed["slot"]) == ("huli-1", "am")


@pytest.mark.parametrize(
    "query", ["", "prefix=AB", "prefix=abc", "prefix=ABC%25", "prefix=ABC&prefix=ABD", "prefix=ABC&x=1"]
)
def test_a_prefix_is_read_strictly(partner: Partner, query):
    assert partner.get(f"{DRAW}/results?{query}").status_code == 422


def test_nothing_is_told_before_it_is_published(sqlite_service: Service):
    played = play_to(sqlite_service, DrawStatus.DICED)
    partner = Partner(make_app(sqlite_service), sqlite_service)
    prefix = next(iter(played.numbers.values()))[:3]
    assert partner.get(f"{DRAW}/results?prefix={prefix}").json == {"results": []}
    assert partner.get(f"{DRAW}/files/result.csv").status_code == 404
    assert partner.get(f"{DRAW}/placements?prefix={prefix}").json == {"placements": []}
    assert partner.get(DRAW).json["seed"] is None


def test_files_are_the_published_bytes_and_may_be_kept(partner: Partner, counters: Counters):
    listed = {each["name"]: each for each in partner.get(DRAW).json["files"]}
    assert {"registered.csv", "pool.csv", "result.csv", "allocation.csv", "commitment.json"} <= set(listed)
    for name, each in listed.items():
        answer = partner.get(f"{DRAW}/files/{name}")
        assert hashlib.sha256(answer.data).hexdigest() == each["sha256"]
        assert answer.headers["ETag"] == f'"{each["sha256"]}"'
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        again = partner.get(f"{DRAW}/files/{name}", {"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert partner.get(f"{DRAW}/files/keys.json").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/rounds",
        f"/rounds/{ROUND}",
        f"/rounds/{ROUND}/stores",
        f"{DRAW}/slots",
        "/ledger.jsonl",
        f"{DRAW}/bundle.zip",
    ],
)
def test_what_may_change_is_kept_for_seconds_and_asked_for_by_its_etag(partner: Partner, path):
    answer = partner.get(path)
    assert "max-age=15" in answer.headers["Cache-Control"]
    assert "Expires" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert partner.get(path, {"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_ledger_and_its_checkpoints_are_the_signed_bytes(partner: Partner):
    lines = partner.get("/ledger.jsonl").data.splitlines()
    listed = partner.get("/checkpoints").json["checkpoints"]
    assert [each["size"] for each in listed] == list(range(1, len(lines) + 1))
    assert [json.loads(line)["seq"] for line in lines] == list(range(len(lines)))
    note = partner.get(f"/checkpoints/{len(lines)}").text
    assert note.splitlines()[1] == str(len(lines))
    assert partner.get(f"/checkpoints/{len(lines) + 1}").status_code == 404
    cosigned = next(each for each in listed if each["cosigners"])
    assert all(name in partner.get(f"/checkpoints/{cosigned['size']}").text for name in cosigned["cosigners"])


def test_anybody_is_shown_that_an_entry_stands_in_the_ledger_and_that_it_only_grew(partner: Partner):
    lines = partner.get("/ledger.jsonl").data.splitlines()
    size = len(lines)
    roots = {each["size"]: each["root"] for each in partner.get("/checkpoints").json["checkpoints"]}
    for entry in range(size):
        answer = partner.get(f"/ledger/inclusion/{entry}/{size}")
        proof = read_proof(answer.data, file="proof")
        assert isinstance(proof, InclusionProof)
        assert proof.root.hex() == roots[size]
        proof.verify(lines[entry])
        with pytest.raises(CheckFailed):
            proof.verify(lines[entry] + b" ")
    for old_size in range(1, size + 1):
        grown = read_proof(partner.get(f"/ledger/consistency/{old_size}/{size}").data, file="proof")
        assert isinstance(grown, ConsistencyProof)
        assert (grown.old_root.hex(), grown.root.hex()) == (roots[old_size], roots[size])
        grown.verify()
    for path in (
        f"inclusion/{size}/{size}",
        f"inclusion/0/{size + 1}",
        f"consistency/{size}/{size - 1}",
        f"consistency/1/{size + 1}",
        "consistency/0/1",
        "inclusion/01/2",
        "inclusion/0",
    ):
        assert partner.get(f"/ledger/{path}").status_code == 404, path


def test_the_bundle_is_built_once_until_something_is_added(partner: Partner, counters: Counters, monkeypatch):
    built = []
    from maskres.usecases.showing import copies

    real = copies.export_bundle

    def count(*args, **more):
        built.append(1)
        return real(*args, **more)

    monkeypatch.setattr(copies, "export_bundle", count)
    first = partner.get(f"{DRAW}/bundle.zip")
    assert first.status_code == 200
    with zipfile.ZipFile(io.BytesIO(first.data)) as bundle:
        sums = bundle.read("SHA256SUMS").decode()
        assert all(
            hashlib.sha256(bundle.read(name)).hexdigest() in sums for name in ("pool.csv", "result.csv")
        )
    again = partner.get(f"{DRAW}/bundle.zip", {"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and partner.get(f"{DRAW}/bundle.zip").data == first.data
    assert built == [1]
    counters.at(20, days=3)
    from maskres.usecases.rounds.steps import finish_draw

    finish_draw(counters.service, OPERATOR, ROUND, 1)
    grown = partner.get(f"{DRAW}/bundle.zip")
    assert grown.headers["ETag"] != first.headers["ETag"]
    assert built == [1, 1]


def test_the_page_for_developers_needs_no_other_site_and_no_inline_script(partner: Partner):
    page = partner.get("/", {"Accept-Language": "en"})
    assert page.status_code == 200
    assert "/api/v1/rounds/{round}/registrations" in page.text
    assert "<style" not in page.text and " style=" not in page.text
    assert "https://" not in page.text.replace("https://www.w3.org", "")
    assert partner.get("/openapi.json").json["info"]["version"] == "1.0.0"
