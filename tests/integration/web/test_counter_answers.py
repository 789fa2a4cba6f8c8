"""The counter's answers: each state of a place as the cashier sees it, and what nobody else is told."""

from __future__ import annotations

import json

import pytest
import structlog
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from maskres.db import record
from maskres.formats.symbols import grouped
from maskres.usecases.pickup import afterwards
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.service import RESIDENT
from tests.support.collecting import QUANTITY, Counters
from tests.support.counter_desk import ELSEWHERE, HERE, answer_of, both
from tests.support.web import csrf, log_in, make_app, send
from tests.support.world import NOTARY, OPERATOR, pass_time

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")


def scan(client: FlaskClient, code: str) -> TestResponse:
    """Scan a code and give the page with its answer."""
    answer = send(client, "/counter/", {"code": code}, "/counter/")
    assert answer.status_code == 303, answer.text
    return client.get(answer.location)


def hand_over(client: FlaskClient, page: TestResponse, **fields: str) -> TestResponse:
    """Press the button of a page, and give the page that follows."""
    answer = send(client, f"{page.request.path}/hand-over", fields, page.request.path)
    assert answer.status_code == 303
    return client.get(answer.location)


def test_a_valid_code_shows_what_to_compare_and_no_more(world: Counters, client: FlaskClient):
    number = world.winner()
    person = world.holder(number)
    page = scan(client, world.code(number))
    assert answer_of(page) == "valid"
    assert f"**{person.name[-1]}" in page.text
    assert person.id_number[-4:] in page.text
    for hidden in (
        person.name,
        person.id_number,
        person.phone,
        world.code(number),
        grouped(world.code(number)),
    ):
        assert hidden not in page.text
    with world.service.database.reading() as c:
        (line,) = record.read_log(c, act="personal-data-read")
    assert (line.actor, line.number) == ("counter/counter-1", number)


@pytest.mark.parametrize(
    "spelling",
    [
        str.lower,
        grouped,
        lambda code: f"  {grouped(code).lower()} ",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: "".join(chr(ord(symbol) + 0xFEE0) for symbol in code),
    ],
)
def test_a_code_may_be_typed_as_it_comes(world: Counters, client: FlaskClient, spelling):
    assert answer_of(scan(client, spelling(world.code(world.winner())))) == "valid"


@both
def test_handing_over_is_recorded_once_however_often_it_is_sent(world: Counters, client: FlaskClient):
    number = world.winner()
    page = scan(client, world.code(number))
    first = hand_over(client, page, is_proxy="yes")
    assert answer_of(first) == "handed-out"
    assert answer_of(hand_over(client, page)) == "handed-out"
    assert answer_of(client.get(page.request.path)) == "handed-out"
    assert world.place(number)["status"] == "collected"
    again = scan(client, world.code(number))
    assert answer_of(again) == "already-handed-out"
    assert "counter-1" in again.text


@both
def test_a_hand_over_can_be_taken_back_for_ten_minutes(world: Counters, client: FlaskClient):
    number = world.winner()
    page = scan(client, world.code(number))
    hand_over(client, page)
    assert page.request.path in client.get("/counter/").text
    for _ in range(2):
        answer = send(client, f"{page.request.path}/undo", {}, page.request.path)
        assert answer_of(client.get(answer.location)) == "undone"
    assert world.place(number)["status"] == "assigned"
    # Back, and the button of the old page once more: the goods are not said to be handed out.
    assert answer_of(hand_over(client, page)) == "undone"
    assert world.place(number)["status"] == "assigned"
    fresh = scan(client, world.code(number))
    assert answer_of(hand_over(client, fresh)) == "handed-out"


def test_after_ten_minutes_it_stands(world: Counters, client: FlaskClient):
    number = world.winner()
    page = scan(client, world.code(number))
    hand_over(client, page)
    pass_time(world.service, minutes=11)
    shown = client.get(page.request.path)
    assert answer_of(shown) == "handed-out"
    assert "/undo" not in shown.text
    answer = send(client, f"{page.request.path}/undo", {}, page.request.path)
    assert "已超过十分钟" in client.get(answer.location).text
    assert world.place(number)["status"] == "collected"


@both
def test_another_till_was_quicker_between_look_and_hand_over(world: Counters, client: FlaskClient):
    number = world.winner()
    page = scan(client, world.code(number))
    world.hand_out(world.till(HERE, "till-7"), number)
    shown = hand_over(client, page)
    assert answer_of(shown) == "already-handed-out"
    assert "till-7" in shown.text


def test_another_store_is_named(world: Counters, client: FlaskClient):
    page = scan(client, world.code(world.winner(ELSEWHERE)))
    assert answer_of(page) == "other-store"
    assert f"{ELSEWHERE}药店" in page.text
    assert "hand-over" not in page.text


def test_another_day_is_refused_or_served_from_stock_to_spare(world: Counters, client: FlaskClient):
    world.at(10, days=-1)
    number = world.winner()
    assert answer_of(scan(client, world.code(number))) == "other-day"
    world.deliver_with_spare(1)
    page = scan(client, world.code(number))
    assert answer_of(page) == "valid"
    assert "其他时间" in page.text
    assert answer_of(hand_over(client, page)) == "handed-out"


def test_ended_places_say_how(world: Counters, client: FlaskClient):
    world.at(8)
    given_back, disqualified = world.winner(nth=0), world.winner(nth=1)
    codes = {number: world.code(number) for number in (given_back, disqualified)}
    afterwards.give_back(world.service, RESIDENT, world.slug, 1, given_back, SEEN_BY_STAFF)
    afterwards.disqualify(world.service, OPERATOR, NOTARY, world.slug, 1, disqualified, "false papers")
    assert answer_of(scan(client, codes[given_back])) == "given-back"
    assert answer_of(scan(client, codes[disqualified])) == "disqualified"


def test_a_code_nobody_has_is_unknown(client: FlaskClient):
    assert answer_of(scan(client, "000000000000")) == "unknown"


@pytest.mark.parametrize(("language", "words"), [("en", "This cannot be a code"), ("zh", "这不可能是领取码")])
def test_what_cannot_be_a_code_is_said_at_the_field_and_kept(client: FlaskClient, language: str, words: str):
    client.get(f"/counter/?lang={language}")
    answer = send(client, "/counter/", {"code": "7K3M-9QTR"}, "/counter/")
    assert answer.status_code == 422
    assert answer.text.count(words) == 2
    assert 'value="7K3M-9QTR"' in answer.text


def test_an_empty_field_asks_again(client: FlaskClient):
    answer = send(client, "/counter/", {"code": " "}, "/counter/")
    assert (answer.status_code, answer.location) == (303, "/counter/")


def test_a_scan_that_is_gone_leads_back(client: FlaskClient):
    for answer in (
        client.get("/counter/scans/abcdefghijklmnopqrst"),
        send(client, "/counter/scans/abcdefghijklmnopqrst/hand-over", {}, "/counter/"),
    ):
        assert (answer.status_code, answer.location) == (303, "/counter/")


def test_the_quantity_stands_on_the_answer(world: Counters, client: FlaskClient):
    assert f"口罩 {QUANTITY} 只" in scan(client, world.code(world.winner())).text


@pytest.mark.parametrize("role", ["operator", "notary", "helper", "auditor"])
def test_nobody_but_a_counter_comes_in(world: Counters, role: str):
    client = log_in(make_app(world.service), world.service, role)
    for address in ("/counter/", "/counter/card", "/counter/day", "/counter/scans/abcdefghijklmnopqrst"):
        assert client.get(address).status_code == 403
    assert send(client, "/counter/", {"code": world.code(world.winner())}).status_code == 403


def test_strangers_are_sent_to_the_log_in(world: Counters):
    answer = make_app(world.service).test_client().get("/counter/")
    assert answer.location.startswith("/staff/login")


def test_neither_address_nor_log_tells_whom_it_was_about(world: Counters, client: FlaskClient):
    number = world.winner()
    person = world.holder(number)
    with structlog.testing.capture_logs() as lines:
        page = scan(client, world.code(number))
        hand_over(client, page)
    logged = json.dumps(lines, ensure_ascii=False)
    assert "/counter/scans/<nonce>" in logged
    for private in (world.code(number), number, person.name, person.id_number, person.id_number[-4:]):
        assert private not in page.request.path
        assert private not in logged


def test_guessing_codes_is_stopped(world: Counters, client: FlaskClient):
    fields = {"code": "000000000000", "csrf_token": csrf(client, "/counter/")}
    statuses = [client.post("/counter/", data=fields).status_code for _ in range(61)]
    assert statuses[-1] == 429
    assert 429 not in statuses[:-1]
