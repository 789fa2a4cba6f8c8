"""Quick entry: one person after another, each with a slip, nobody twice."""

from __future__ import annotations

import json
import re

import pytest
import structlog
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from maskres.db import people, record, rounds
from maskres.db.people import Registration
from maskres.formats.symbols import grouped
from maskres.registration.numbers import registration_number
from maskres.rounds.times import RegistrationTimes
from maskres.usecases.eligibility.deciding import close_draw
from maskres.usecases.registration.proofs import secret_of
from maskres.usecases.service import Service
from tests.support.collecting import Counters
from tests.support.people import Person, make_people
from tests.support.web import csrf, log_in, make_app, send
from tests.support.world import OPERATOR, ROUND, hours_of, open_round

pytest_plugins = ("tests.support.collecting_fixtures",)

_ENTRY = re.compile(r'name="entry" value="([a-z0-9]+)"')
NEWCOMER = make_people(1, start=5000)[0]


@pytest.fixture
def world(sqlite_counters: Counters) -> Service:
    # Its second draw takes registrations.
    return sqlite_counters.service


@pytest.fixture
def client(world: Service) -> FlaskClient:
    return log_in(make_app(world), world, "helper")


def form_of(person: Person, **changes: str) -> dict[str, str]:
    return {
        "id_number": person.id_number,
        "name": person.name,
        "phone": "",
        "birth_date": "",
        "sex": "",
        "district": "huli",
        "choice_1": "huli-1",
        "choice_2": "",
        "choice_3": "siming-1",
        "reach": "city",
        "for_whom": "self",
    } | changes


def entry_of(client: FlaskClient) -> str:
    found = _ENTRY.search(client.get("/helper/").text)
    assert found
    return found[1]


def enter(client: FlaskClient, person: Person, entry: str | None = None, **changes: str) -> TestResponse:
    fields = form_of(person, **changes) | {"entry": entry or entry_of(client)}
    return send(client, "/helper/", fields, "/helper/")


def number_of(service: Service, person: Person) -> str:
    return registration_number(service.keys.round_keys(ROUND).number, person.canonical)


def registration_of(service: Service, person: Person) -> Registration:
    with service.database.reading() as c:
        return people.find_registration(c, rounds.find_round(c, ROUND).id, number_of(service, person))


def test_somebody_without_a_phone_gets_a_slip(world: Service, client: FlaskClient):
    answer = enter(client, NEWCOMER)
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location).text
    number = number_of(world, NEWCOMER)
    assert grouped(number) in page
    assert grouped(secret_of(world, ROUND, number)) in page
    assert "huli-1药店" in page
    assert "<svg" in page
    assert "http://localhost/status" in page
    assert NEWCOMER.id_number not in page
    assert NEWCOMER.name not in page
    assert "小时内提出异议" in page
    row = registration_of(world, NEWCOMER)
    assert (row.choices, row.reach, row.phone_digest, row.entered_by) == (
        "huli-1|siming-1",
        "city",
        None,
        "helper/helper-1",
    )


def test_a_slip_says_until_when_choices_can_be_changed(sqlite_service: Service):
    open_round(sqlite_service, times=RegistrationTimes(closes_at=hours_of(1, 400)))
    client = log_in(make_app(sqlite_service), sqlite_service, "helper")
    page = client.get(enter(client, NEWCOMER).location + "?lang=en").text
    assert "Until Tuesday, 25 February 2020" in page and "Registration closes. Until then" not in page


def test_sent_twice_it_is_one_entry_and_the_same_slip(world: Service, client: FlaskClient):
    entry = entry_of(client)
    first, second = (enter(client, NEWCOMER, entry) for _ in range(2))
    assert first.location == second.location
    assert "登记成功" in client.get(second.location).text
    with world.database.reading() as c:
        changed = record.read_log(c, act="registration-changed")
    assert changed == []
    assert "本次登录已登记 1 人" in client.get("/helper/").text


def test_back_and_sent_with_other_words_it_is_a_correction(world: Service, client: FlaskClient):
    entry = entry_of(client)
    enter(client, NEWCOMER, entry)
    answer = enter(client, NEWCOMER, entry, choice_1="siming-2")
    assert "之前已经登记" in client.get(answer.location).text
    assert registration_of(world, NEWCOMER).choices == "siming-2|siming-1"


@pytest.mark.parametrize(("language", "words"), [("en", "was registered already"), ("zh", "之前已经登记")])
def test_registering_somebody_again_says_that_the_choices_were_changed(
    world: Service, client: FlaskClient, language: str, words: str
):
    client.get(f"/helper/?lang={language}")
    somebody = make_people(20)[0]
    before = registration_of(world, somebody).number
    page = client.get(enter(client, somebody, phone=somebody.phone).location).text
    assert words in page
    assert grouped(before) in page


def test_a_number_that_is_not_there_is_asked_for_and_not_called_wrong(client: FlaskClient):
    client.get("/helper/?lang=en")
    answer = enter(client, NEWCOMER, id_number="")
    assert answer.status_code == 422
    assert "Please give the number of the document." in answer.text
    assert "number of the document is not right" not in answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            ["Please give the name", "number of the document is not right", "choose your district"],
        ),
        ("zh", ["姓名", "证件号", "区"]),
    ],
)
def test_every_field_has_its_error_and_keeps_what_was_typed(
    client: FlaskClient, language: str, words: list[str]
):
    client.get(f"/helper/?lang={language}")
    answer = enter(
        client,
        NEWCOMER,
        id_number="35020319850301119",
        name="?",
        phone="12",
        district="",
        choice_1="",
        choice_3="",
        reach="",
    )
    assert answer.status_code == 422
    for kept in ('value="35020319850301119"', 'value="12"'):
        assert kept in answer.text
    for name in ("id_number", "name", "phone", "district", "reach"):
        assert f'href="#{name}"' in answer.text
        assert f'id="{name}-error"' in answer.text
    for each in words:
        assert each in answer.text
    assert "could not be done" not in answer.text
    assert "无法完成" not in answer.text


def test_a_store_twice_is_said_at_the_stores(client: FlaskClient):
    answer = enter(client, NEWCOMER, choice_3="huli-1")
    assert answer.status_code == 422
    assert 'href="#choice_1"' in answer.text


def test_a_round_that_takes_nobody_is_not_offered(sqlite_service: Service):
    client = log_in(make_app(sqlite_service), sqlite_service, "helper")
    assert "没有开放登记的轮次" in client.get("/helper/").text
    assert client.get("/helper/?round=nowhere").status_code == 404


def test_closing_while_somebody_types_is_said(world: Service, client: FlaskClient):
    fields = form_of(NEWCOMER) | {"entry": entry_of(client), "csrf_token": csrf(client, "/helper/")}
    close_draw(world, OPERATOR, ROUND, 2)
    answer = client.post(f"/helper/?round={ROUND}", data=fields)
    assert answer.status_code == 409
    assert "没有开放登记的轮次" in answer.text


def test_a_slip_that_is_gone_leads_back(client: FlaskClient):
    answer = client.get("/helper/slips/abc")
    assert (answer.status_code, answer.location) == (303, "/helper/")


def test_a_form_with_a_forged_name_is_refused(client: FlaskClient):
    assert enter(client, NEWCOMER, entry="../../x").status_code == 400


@pytest.mark.parametrize("role", ["operator", "notary", "counter", "auditor"])
def test_nobody_but_a_helper_comes_in(world: Service, role: str):
    client = log_in(make_app(world), world, role)
    assert client.get("/helper/").status_code == 403
    assert client.get("/helper/slips/abc").status_code == 403
    assert send(client, "/helper/", form_of(NEWCOMER)).status_code == 403


def test_neither_address_nor_log_tells_who_it_was(world: Service, client: FlaskClient):
    with structlog.testing.capture_logs() as lines:
        answer = enter(client, NEWCOMER, phone=NEWCOMER.phone)
    number = number_of(world, NEWCOMER)
    logged = json.dumps(lines, ensure_ascii=False)
    assert "/helper/" in logged
    for private in (
        number,
        NEWCOMER.id_number,
        NEWCOMER.name,
        NEWCOMER.phone,
        secret_of(world, ROUND, number),
    ):
        assert private not in answer.location
        assert private not in logged


def test_the_round_is_asked_for_where_several_are_open(world: Service, client: FlaskClient):
    open_round(world, "xiamen-2020-2")
    page = client.get("/helper/").text
    assert "xiamen-2020-2" in page
    assert f"/helper/?round={ROUND}" in page
    fields = form_of(NEWCOMER) | {"entry": entry_of(client)}
    answer = send(client, f"/helper/?round={ROUND}", fields, "/helper/")
    assert answer.status_code == 303
    assert registration_of(world, NEWCOMER).choices == "huli-1|siming-1"
