"""Devices at the counters: invited with a code that counts once, enrolled, refused once revoked."""

from __future__ import annotations

import re

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient

from maskres.formats.symbols import grouped
from maskres.usecases.accounts import enrolling
from maskres.web.access import Gate
from tests.integration.web.test_access_matrix import doors_of
from tests.support.collecting import Counters
from tests.support.counter_desk import HERE, answer_of, both
from tests.support.raw import fetch
from tests.support.web import log_in, make_app, send
from tests.support.world import OPERATOR, pass_time

pytest_plugins = ("tests.support.counter_fixtures", "tests.support.collecting_fixtures")

_PATH = re.compile(r' d="([^"]+)"')
_CODE = re.compile(r"mr-code--big\">([0-9A-Z-]{14})<")


def invite(world: Counters, name: str = "huli-1-door") -> str:
    return enrolling.invite_till(world.service, OPERATOR, name, HERE).code


@pytest.fixture
def app(world: Counters) -> Flask:
    return make_app(world.service)


def device(app: Flask, code: str) -> FlaskClient:
    """A device of its own at which a code was typed."""
    client = app.test_client()
    client.set_cookie("lang", "en")
    send(client, "/counter/enrol", {"code": code})
    return client


@both
def test_threat_stolen_till_a_till_is_invited_enrolled_hands_over_and_is_refused_once_revoked(
    app: Flask, world: Counters
):
    operator = log_in(app, world.service, "operator")
    operator.set_cookie("lang", "en")
    answer = send(operator, "/operator/tills", {"store": HERE, "name": "huli-1-door"})
    assert answer.status_code == 303
    # The same form sent twice shows the same code; the next showing of the form makes a new one.
    invited = "SELECT count(*) FROM audit_log WHERE act = 'till-invited'"
    form = {"store": HERE, "name": "huli-1-twice", "made": "0123456789abcdef"}
    codes = [_CODE.search(operator.get(send(operator, "/operator/tills", form).location).text) for _ in "12"]
    assert codes[0] and codes[1] and codes[0][1] == codes[1][1]
    assert fetch(world.service.database, invited)[0][0] == 2
    newer = _CODE.search(operator.get(send(operator, "/operator/tills", form | {"made": "f"}).location).text)
    assert newer and newer[1] != codes[0][1]
    shown = operator.get(answer.location).text
    code = _CODE.search(shown)
    assert code and "/counter/enrol" in shown
    (address,) = re.findall(r"http[^<\s]*/counter/enrol", shown)
    drawn = segno.make_qr(address + "#" + code[1].replace("-", ""), error="m").svg_inline(
        scale=4, border=4, omitsize=True
    )
    assert _PATH.findall(drawn)[0] in shown, "what is scanned is the address with the code behind #"
    # Who made it can look again for a while; nobody else is ever shown it.
    other = log_in(app, world.service, "operator", "operator-2")
    assert other.get(answer.location).status_code == 303

    till = device(app, code[1])
    assert "huli-1-door" in till.get("/counter/").text
    number = world.winner()
    seen = send(till, "/counter/", {"code": grouped(world.code(number))}, page="/counter/")
    assert answer_of(till.get(seen.location)) == "valid"
    send(till, f"{seen.location}/hand-over", {}, page=seen.location)
    assert world.place(number)["collected_till"] == "huli-1-door"
    send(till, f"{seen.location}/undo", {}, page=seen.location)
    assert world.place(number)["status"] == "assigned"
    assert till.get("/counter/day").status_code == 200

    assert "in use" in operator.get("/operator/tills").text
    send(operator, "/operator/tills/huli-1-door/revoke", {}, page="/operator/tills/huli-1-door/revoke")
    assert "revoked" in operator.get("/operator/tills").text
    for page in ("/counter/", "/counter/card", "/counter/day", seen.location):
        refused = till.get(page)
        assert refused.status_code == 403
        assert "no longer in use" in refused.text
    acts = fetch(
        world.service.database,
        "SELECT act FROM audit_log WHERE act IN ('till-invited', 'token-revoked')"
        " AND detail LIKE '%huli-1-door%' ORDER BY id",
    )
    assert [act for (act,) in acts] == ["till-invited", "token-revoked"]
    assert fetch(world.service.database, "SELECT revoked_at FROM tills WHERE name = 'huli-1-door'")[0][0]


def test_a_code_counts_once_within_the_hour_and_the_newest_alone(app: Flask, world: Counters):
    code = invite(world)
    wrong = device(app, "7K3M9QTR4XH7")
    assert wrong.get("/counter/").status_code == 303, "still nobody"
    newer = invite(world)
    assert device(app, code).get("/counter/").status_code == 303, "another took its place"
    assert device(app, newer.lower()).get("/counter/").status_code == 200
    assert device(app, newer).get("/counter/").status_code == 303, "used before"
    late = invite(world, "huli-1-late")
    pass_time(world.service, minutes=61)
    assert device(app, late).get("/counter/").status_code == 303, "too late"
    assert fetch(world.service.database, "SELECT count(*) FROM api_tokens")[0][0] == 1


def test_an_invitation_is_withdrawn_and_bad_fields_are_said(app: Flask, world: Counters):
    operator = log_in(app, world.service, "operator")
    operator.set_cookie("lang", "en")
    code = invite(world)
    send(operator, "/operator/tills/huli-1-door/revoke", {}, page="/operator/tills/huli-1-door/revoke")
    assert device(app, code).get("/counter/").status_code == 303
    assert operator.get("/operator/tills/huli-1-door/revoke").status_code == 404
    for store, name, says in (
        (HERE, "Türe 1", "lower-case letters, digits and hyphens"),
        ("nowhere", "huli-1-door", 'id="store-error"'),
        (HERE, "operator-1", 'id="name-error"'),
    ):
        answer = send(operator, "/operator/tills", {"store": store, "name": name}, page="/operator/tills")
        assert answer.status_code == 422
        assert says in answer.text, name


def test_a_till_opens_the_counter_and_nothing_else(app: Flask, world: Counters):
    till = app.test_client()
    send(till, "/counter/enrol", {"code": invite(world)})
    app.config["WTF_CSRF_ENABLED"] = False
    for door in doors_of(app):
        if door.access.gate is Gate.STAFF and door.method == "GET":
            answer = till.get(door.address)
            is_sent_away = answer.headers.get("Location", "").startswith("/staff/login")
            assert is_sent_away is not door.access.is_for_tills, door
            assert door.access.is_for_tills is door.address.startswith("/counter/"), door
