"""What an enrolled till takes along, and what becomes of what it hands in."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from maskres.formats.values import format_time
from maskres.pickup.codes import code_digest
from maskres.usecases.accounts.enrolling import invite_till
from maskres.usecases.pickup.till_lists import identity_key
from tests.support.collecting import Counters
from tests.support.counter_desk import ELSEWHERE, HERE, both
from tests.support.raw import fetch
from tests.support.web import log_in, make_app, send
from tests.support.world import OPERATOR

pytest_plugins = ("tests.support.counter_fixtures", "tests.support.collecting_fixtures")


@pytest.fixture
def app(world: Counters) -> Flask:
    return make_app(world.service)


def enrolled(app: Flask, world: Counters, name: str = "huli-1-door") -> FlaskClient:
    client = app.test_client()
    answer = send(client, "/counter/enrol", {"code": invite_till(world.service, OPERATOR, name, HERE).code})
    assert answer.status_code == 303
    return client


def list_of(till: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = till.get("/counter/offline/list").get_json()
    return found


def hand_in(till: FlaskClient, acts: list[dict[str, Any]], **more: Any) -> TestResponse:
    body = {"acts": acts, "is_complete": True} | more
    return till.post("/counter/offline/acts", json=body, headers={"X-CSRFToken": list_of(till)["csrf"]})


def act(world: Counters, code: str | None, **more: Any) -> dict[str, Any]:
    at = format_time(world.service.now())
    return {"nonce": world.nonce(), "code": code, "claimed_at": at, "round": world.slug} | more


def words(answer: TestResponse) -> list[tuple[str, str | None]]:
    assert answer.status_code == 200, answer.text
    return [(each["answer"], each["reason"]) for each in answer.get_json()["answers"]]


@both
def test_the_list_holds_digests_of_the_device_and_names_that_open_with_the_code_alone(
    app: Flask, world: Counters
):
    number = world.winner()
    code, person = world.code(number), world.holder(number)
    one, two = (list_of(enrolled(app, world, name)) for name in ("huli-1-door", "huli-1-desk"))
    (here,) = one["rounds"]
    assert len(here["expected"]) == len(world.places(store=HERE))
    text = json.dumps(one, ensure_ascii=False)
    for secret in (code, number, person.name, person.id_number[-4:] + '"'):
        assert secret not in text
    assert not {each["digest"] for each in here["expected"]} & {
        each["digest"] for each in two["rounds"][0]["expected"]
    }, "digests are the device's own"
    key = base64.b64decode(one["key"])
    digest = code_digest(key, code)
    (entry,) = (each for each in here["expected"] if base64.b64decode(each["digest"]) == digest)
    sealed = base64.b64decode(entry["identity"])
    shown = json.loads(AESGCM(identity_key(key, code)).decrypt(sealed[:12], sealed[12:], digest))
    assert shown["last_four"] == person.id_number[-4:]
    assert shown["name"] != person.name and shown["name"][-1] == person.name[-1]
    other = world.code(world.winner(nth=1))
    with pytest.raises(InvalidTag):
        AESGCM(identity_key(key, other)).decrypt(sealed[:12], sealed[12:], digest)
    noted = fetch(
        world.service.database, "SELECT actor FROM audit_log WHERE act = 'till-list-given' ORDER BY id"
    )
    assert [actor for (actor,) in noted] == ["counter/token:huli-1-door", "counter/token:huli-1-desk"]


def test_the_shell_holds_the_keys_that_check_signed_codes_where_there_is_no_list(app: Flask, world: Counters):
    till = enrolled(app, world)
    (there,) = list_of(till)["rounds"]
    page = json.loads(re.findall(r'id="words"[^>]*>(.*?)</script>', till.get("/counter/offline").text)[0])[
        "page"
    ]
    assert (page["till"], page["store"]) == ("huli-1-door", HERE)
    assert page["rounds"] == [{name: there[name] for name in ("round", "zone", "hands_out", "public_key")}]


def test_the_list_is_noted_once_a_day_and_of_another_day_it_is_empty(app: Flask, world: Counters):
    till = enrolled(app, world)
    for _ in range(3):
        list_of(till)
    assert (
        fetch(world.service.database, "SELECT count(*) FROM audit_log WHERE act = 'till-list-given'")[0][0]
        == 1
    )
    world.at(9.1, days=1)
    (there,) = list_of(till)["rounds"]
    assert there["expected"] == []


@both
def test_threat_handed_out_twice_what_was_done_without_network_is_taken_once_and_nothing_is_dropped(
    app: Flask, world: Counters
):
    till = enrolled(app, world)
    first, second, third = (world.winner(nth=nth) for nth in range(3))
    slip = act(world, world.code(third))
    acts = [
        act(world, world.code(first)),
        act(world, world.code(world.winner(ELSEWHERE))),
        act(world, "7K3M9QTR4XH7"),
        act(world, world.code(second), nonce="?", round=None),
        slip,
        act(world, None, nonce=f"undo-{slip['nonce']}", undoes=slip["nonce"]),
        act(world, world.code(second), round="no-round-of-this-name"),
    ]
    told = hand_in(till, acts, clock_off_seconds=-5400)
    expected = [
        ("handed-out", None),
        ("conflict", "other-store"),
        ("conflict", "unknown"),
        ("bad-nonce", None),
        ("handed-out", None),
        ("undone", None),
        ("handed-out", None),
    ]
    assert words(told) == expected
    assert words(hand_in(till, acts)) == expected, "the same again is the same"
    assert fetch(world.service.database, "SELECT count(*) FROM handovers")[0][0] == 6
    (detail,) = fetch(world.service.database, "SELECT detail FROM audit_log WHERE act = 'till-clock-off'")
    assert json.loads(detail[0])["seconds"] == -5400
    reported = fetch(world.service.database, "SELECT reported_at FROM tills WHERE name = 'huli-1-door'")
    assert reported[0][0] is not None
    office = log_in(app, world.service, "operator")
    assert office.get(f"/operator/rounds/{world.slug}/conflicts").text.count("data-conflict=") == 2
    till.get("/counter/")  # says once that the device is a till now
    assert till.get("/counter/day").text.count("huli-1-door") == 3, "its own name, and two conflicts"


def test_bad_bodies_strangers_and_accounts_get_nothing(app: Flask, world: Counters):
    till = enrolled(app, world)
    for bad in ({"acts": [{}]}, {"acts": "x"}, {"acts": [], "more": 1}):
        answer = till.post("/counter/offline/acts", json=bad, headers={"X-CSRFToken": list_of(till)["csrf"]})
        assert answer.status_code == 422
    assert till.post("/counter/offline/acts", json={"acts": []}).status_code == 400, "another site's page"
    stranger = app.test_client()
    assert stranger.get("/counter/offline/list").status_code == 303
    account = log_in(app, world.service, "counter")
    assert account.get("/counter/offline/list").status_code == 303
    assert account.get("/counter/offline").status_code == 303
    worker = stranger.get("/counter/sw.js")
    assert worker.mimetype == "text/javascript"
    assert worker.headers["Cache-Control"] == "no-cache, max-age=0", "its address never changes"
    manifest = stranger.get("/counter/manifest.webmanifest")
    assert (manifest.mimetype, manifest.get_json(force=True)["scope"]) == (
        "application/manifest+json",
        "/counter/",
    )


def test_a_scanner_types_all_that_a_signed_code_says(app: Flask, world: Counters):
    number = world.winner()
    till = enrolled(app, world)
    typed = f"MR1:{world.code(number)}:ROUND:{HERE.upper()}:20200213T0100Z:{'A' * 103}"
    answer = send(till, "/counter/", {"code": typed}, page="/counter/")
    assert 'data-answer="valid"' in till.get(answer.location).text
