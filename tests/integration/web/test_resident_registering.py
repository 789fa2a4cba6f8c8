"""Registering by the pages: one question after the other, and everything that can go wrong on the way."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from maskres.identity.phones import masked_phone
from maskres.rounds.status import DrawStatus
from maskres.usecases.registration.proofs import secret_of
from maskres.usecases.service import Service
from tests.support.people import Person, make_people
from tests.support.raw import fetch
from tests.support.residents import (
    answers,
    fill_in,
    newest_code,
    post,
    prove_phone,
    register_by_pages,
    sent_messages,
)
from tests.support.web import make_app
from tests.support.world import ROUND, open_round, pass_time, play_to, register

ANNA, BEN, CARL, DORA = make_people(4, start=1)
#: What is another in every answer: tokens of forms and nonces of scripts.
_CHANCE = re.compile(r'(?<=name="csrf_token" value=")[^"]+|(?<=nonce=")[^"]+')
BASE = f"/register/{ROUND}"


@pytest.fixture
def app(service: Service) -> Flask:
    open_round(service)
    return make_app(service)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    found = app.test_client()
    found.set_cookie("lang", "en")
    return found


def registrations(service: Service) -> list[tuple]:
    return fetch(service.database, "SELECT number, status, for_whom, choices, is_keeping FROM registrations")


def test_the_whole_way_ends_with_number_secret_receipt_and_picture(client: FlaskClient, service: Service):
    page = register_by_pages(client, service, ANNA)
    ((number, status, for_whom, choices, is_keeping),) = registrations(service)
    assert (status, for_whom, choices, bool(is_keeping)) == ("standing", "self", "", True)
    shown = f"{number[:4]}-{number[4:8]}-{number[8:]}"
    secret = secret_of(service, ROUND, number)
    assert shown in page and f"{secret[:4]}-{secret[4:8]}-{secret[8:]}" in page and "<svg" in page
    receipt = client.get("/status/1/receipt.json")
    assert receipt.json["receipt"]["number"] == number
    assert "attachment" in receipt.headers["Content-Disposition"]


def test_sent_twice_it_is_registered_once(client: FlaskClient, service: Service):
    fill_in(client, service, ANNA)
    session = client.get_cookie("session")
    assert session is not None
    first = post(client, f"{BASE}/check")
    # The same page sent again, with the answers it had: a double click, or Back and send.
    client.set_cookie("session", session.value)
    second = post(client, f"{BASE}/check")
    assert [first.status_code, second.status_code] == [303, 303]
    assert len(registrations(service)) == 1
    assert client.get("/register/done").status_code == 200
    # Once more, after the answers are gone, it leads to the first question.
    assert client.get(f"{BASE}/check").headers["Location"].endswith("/for-whom")


def test_no_page_can_be_skipped_and_no_answer_is_lost_by_going_back(client: FlaskClient, service: Service):
    assert client.get(f"{BASE}/check").headers["Location"].endswith("/for-whom")
    assert client.get(f"{BASE}/nonsense").headers["Location"].endswith("/register/")
    fill_in(client, service, ANNA)
    page = client.get(f"{BASE}/name").text
    assert ANNA.name in page
    assert 'value="huli" checked' in client.get(f"{BASE}/district").text


def test_change_leads_back_to_the_answers(client: FlaskClient, service: Service):
    fill_in(client, service, ANNA)
    page = client.get(f"{BASE}/check").text
    assert f"{BASE}/name?change=1" in page
    answer = post(client, f"{BASE}/name?change=1", name="王小明")
    assert answer.headers["Location"].startswith(f"{BASE}/check")
    assert "王小明" in client.get(f"{BASE}/check").text


def test_two_tabs_share_the_answers_and_register_one_person(client: FlaskClient, service: Service):
    fill_in(client, service, ANNA)
    first_tab = client.get(f"{BASE}/check").text
    assert post(client, f"{BASE}/district", district="siming", reach="city").status_code == 303
    assert "check" in first_tab.lower()
    assert post(client, f"{BASE}/check").status_code == 303
    assert fetch(service.database, "SELECT district, reach FROM registrations") == [("siming", "city")]


def test_stores_are_ranked_by_plain_buttons(client: FlaskClient, service: Service):
    prove_phone(client, service, ANNA.phone)
    for name, fields in answers(ANNA).items():
        if name == "stores":
            break
        post(client, f"{BASE}/{name}", **fields)
    acts = ("add:huli-1", "add:siming-1", "add:siming-2", "add:siming-2", "up:siming-2", "down:huli-1")
    for act in (*acts, "remove:siming-1", "add:nowhere", "up:siming-2"):
        answer = post(client, f"{BASE}/stores", act=act)
        assert answer.headers["Location"].endswith("/stores#chosen")
    assert post(client, f"{BASE}/stores", act="continue").headers["Location"].endswith("/keep")
    post(client, f"{BASE}/keep", keep="no")
    post(client, f"{BASE}/check")
    assert fetch(service.database, "SELECT choices FROM registrations") == [("siming-2|huli-1",)]


def test_only_the_chosen_stores_and_none_chosen_is_refused(client: FlaskClient, service: Service):
    fill_in(client, service, ANNA)
    answer = post(client, f"{BASE}/district?change=1", district="huli", reach="choices")
    assert "/stores" in answer.headers["Location"]
    refused = post(client, f"{BASE}/stores?change=1", act="continue")
    assert "Choose at least one store" in refused.text
    assert "and at least one, since" in refused.text and "Continue without choosing" not in refused.text
    assert "Siming" in _folded(refused.text)
    post(client, f"{BASE}/stores?change=1", act="add:siming-1")
    assert (
        _folded(client.get(f"{BASE}/stores?change=1").text) == ""
    )  # where one has chosen more can be added at once
    post(client, f"{BASE}/stores?change=1", act="remove:siming-1")
    assert client.get(f"{BASE}/check").headers["Location"].split("?")[0].endswith(("/stores", "/district"))


def _folded(page: str) -> str:
    """Give the names of the districts whose stores are folded away."""
    parts = [part for part in page.split("<details")[1:] if " open>" not in part.split("\n")[0]]
    return " ".join(part.split("</summary>")[0] for part in parts)


def test_a_passport_asks_for_date_of_birth_and_sex(client: FlaskClient, service: Service):
    prove_phone(client, service, ANNA.phone)
    answer = post(client, f"{BASE}/document", id_type="passport", id_number="123456789", issuer="gbr")
    assert answer.headers["Location"].endswith("/name")
    assert post(client, f"{BASE}/name", name="Ann Lee").headers["Location"].endswith("/birth")
    assert (
        post(client, f"{BASE}/birth", birth_date="1980-05-06", sex="F")
        .headers["Location"]
        .endswith("/district")
    )
    for name in ("district", "stores", "keep"):
        post(client, f"{BASE}/{name}", **answers(ANNA)[name])
    page = client.get(f"{BASE}/check").text
    assert "6 May 1980" in page and "Passport" in page
    assert post(client, f"{BASE}/check").status_code == 303
    assert len(registrations(service)) == 1


@pytest.mark.parametrize(
    ("page", "fields", "english", "chinese"),
    [
        ("for-whom", {}, "say for whom you register", "为谁登记"),
        ("phone", {"phone": "12345"}, "phone number that can receive messages", "手机号"),
        (
            "document",
            {"id_type": "cn-id", "id_number": "350203198503010011"},
            "compare it with the card",
            "核对",
        ),
        ("code", {"code": " ", "act": "check"}, "type the six digits", "六位验证码"),
        ("document", {"id_type": "cn-id"}, "give the number of the document", "填写证件号码"),
        ("document", {"issuer": "B"}, "give the number of the document", "填写证件号码"),
        ("document", {"id_number": "1"}, "Choose the kind of document", "选择证件"),
        (
            "document",
            {"id_type": "passport", "id_number": "123456789", "issuer": "B"},
            "three letters",
            "三个字母",
        ),
        ("name", {"name": ""}, "name as it stands on the card", "姓名"),
        ("district", {"district": "", "reach": "city"}, "choose your district", "选择您所在的区"),
        ("district", {"district": "huli", "reach": ""}, "how far you would go", "愿意去多远"),
        ("keep", {}, "whether your choices may be kept", "是否保留"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_error_is_said_at_its_field_and_above(
    client: FlaskClient, service: Service, page: str, fields: dict, english: str, chinese: str, language: str
):
    if page not in ("for-whom", "phone", "code"):
        fill_in(client, service, ANNA)
    else:
        post(client, f"{BASE}/for-whom", for_whom="self")
    if page == "code":
        post(client, f"{BASE}/phone", phone=ANNA.phone)
    client.set_cookie("lang", language)
    answer = post(client, f"{BASE}/{page}", **fields)
    text = html.unescape(answer.text)
    words = english if language == "en" else chinese
    assert answer.status_code == 200
    assert "govuk-error-summary" in text
    assert text.count(words) >= 2
    assert (("Error: " if language == "en" else "错误") in text.split("</title>")[0]) is True
    for value in fields.values():
        assert value in text


def test_wrong_codes_are_counted_and_a_new_one_can_be_sent(client: FlaskClient, service: Service):
    post(client, f"{BASE}/for-whom", for_whom="self")
    post(client, f"{BASE}/phone", phone=ANNA.phone)
    right = newest_code(service, f"+86{ANNA.phone}")
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(4):
        assert "not right" in post(client, f"{BASE}/code", code=wrong, act="check").text
    assert "Too many wrong codes" in post(client, f"{BASE}/code", code=wrong, act="check").text
    assert "Too many wrong codes" in post(client, f"{BASE}/code", code=right, act="check").text
    pass_time(service, minutes=2)
    assert post(client, f"{BASE}/code", act="resend").status_code == 303
    code = newest_code(service, f"+86{ANNA.phone}")
    assert post(client, f"{BASE}/code", code=code, act="check").status_code == 303


def test_a_code_expires(client: FlaskClient, service: Service):
    post(client, f"{BASE}/for-whom", for_whom="self")
    post(client, f"{BASE}/phone", phone=ANNA.phone)
    code = newest_code(service, f"+86{ANNA.phone}")
    pass_time(service, minutes=11)
    assert "has expired" in post(client, f"{BASE}/code", code=code, act="check").text


def answered(client: FlaskClient, service: Service, sender: Person, about: Person) -> list[object]:
    """Everything that a sender is answered who registers somebody, but for the chance in it."""
    fill_in(client, service, sender)
    post(client, f"{BASE}/document?change=1", id_type="cn-id", id_number=about.id_number)
    post(client, f"{BASE}/name?change=1", name=about.name)
    sent = post(client, f"{BASE}/check")
    shown = client.get(sent.headers["Location"])
    cookie = client.get_cookie("session")
    assert cookie is not None
    texts = [
        _CHANCE.sub("", each.text).replace(masked_phone(f"+86{sender.phone}"), "") for each in (sent, shown)
    ]
    return [sent.status_code, sent.headers["Location"], shown.status_code, *texts, len(cookie.value)]


def test_a_stranger_changes_nothing_learns_nothing_and_the_holder_is_told(app: Flask, service: Service):
    known = register(service, ANNA)
    before = registrations(service)
    clients = [app.test_client(), app.test_client()]
    repeat = answered(clients[0], service, BEN, ANNA)
    assert registrations(service) == before
    first = answered(clients[1], service, CARL, DORA)
    assert len(registrations(service)) == 2
    assert repeat == first
    assert known.number[:4] not in str(repeat) + clients[0].get("/status/mine").text
    told = [(kind, phone, words) for kind, phone, words in sent_messages(service) if kind != "phone-code"]
    ((kind, phone, words), (other_kind, other_phone, _)) = told
    assert (kind, phone, other_kind, other_phone) == (
        "registered-again",
        f"+86{ANNA.phone}",
        "registered",
        f"+86{CARL.phone}",
    )
    assert known.number[:4] in words and known.secret[:4] not in words
    pass_time(service, minutes=2)
    answered(app.test_client(), service, BEN, ANNA)
    assert len([kind for kind, *_ in sent_messages(service) if kind == "registered-again"]) == 1, "once a day"


def test_the_verified_phone_may_register_again_and_change(client: FlaskClient, service: Service):
    known = register(service, ANNA)
    page = register_by_pages(client, service, ANNA)
    assert known.number[:4] in page and known.secret[:4] in page
    assert fetch(service.database, "SELECT district, is_keeping FROM registrations") == [("huli", 1)]


def test_an_expired_session_begins_anew_and_says_nothing_of_the_old(client: FlaskClient, service: Service):
    fill_in(client, service, ANNA)
    client.delete_cookie("session")
    answer = client.get(f"{BASE}/check")
    assert answer.headers["Location"].endswith("/for-whom")
    refused = client.post(f"{BASE}/check", data={"csrf_token": "old"})
    assert refused.status_code == 400 and ANNA.name not in refused.text
    assert registrations(service) == []


def test_a_phone_verified_long_ago_is_asked_for_again(client: FlaskClient, service: Service):
    fill_in(client, service, ANNA)
    pass_time(service, minutes=61)
    assert client.get(f"{BASE}/check").headers["Location"].endswith("/phone")


def test_the_cookie_bears_the_longest_list(client: FlaskClient, service: Service):
    fill_in(client, service, ANNA)
    post(client, f"{BASE}/name?change=1", name="阿" * 40)
    for store in ("huli-1", "siming-1", "siming-2"):
        post(client, f"{BASE}/stores", act=f"add:{store}")
    cookie = client.get_cookie("session")
    # Seventeen stores more with the longest names there can be, in base64.
    assert cookie is not None and len(cookie.value) + 17 * 41 * 4 // 3 < 4000


def test_nothing_personal_stands_in_an_address_or_a_log(client: FlaskClient, service: Service):
    with capture_logs() as lines:
        register_by_pages(client, service, ANNA)
        client.get("/status/1")
    logged = repr(lines)
    assert "/register/<slug>/<name>" in logged
    ((number, *_),) = registrations(service)
    for secret in (ANNA.id_number, ANNA.name, ANNA.phone, number):
        assert secret not in logged
    for rule in client.application.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in ("register", "status"):
            assert {"number", "secret", "phone"}.isdisjoint(rule.arguments)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_closed_it_says_so_and_a_bookmarked_page_still_answers(service: Service, language: str):
    play_to(service, DrawStatus.CLOSED)
    client = make_app(service).test_client()
    client.set_cookie("lang", language)
    words = {"en": "Registration is closed now", "zh": "现在不在登记时间"}[language]
    for address in ("/register/", f"{BASE}/name", "/register/no-such-round/name"):
        answer = client.get(address)
        assert answer.status_code == 200 and words in answer.text
    assert client.get("/register/done").status_code == 303


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_asks_for_a_closed_round_is_told_which_is_open(service: Service, language: str):
    play_to(service, DrawStatus.CLOSED)
    other = "xiamen-2020-2"
    open_round(service, other)
    client = make_app(service).test_client()
    client.set_cookie("lang", language)
    page = client.get(f"{BASE}/name").text
    assert {"en": "takes no registrations now", "zh": "这一轮现在不在登记时间"}[language] in page
    assert f'href="/register/{other}/for-whom"' in page and f'href="{BASE}/for-whom"' not in page


def test_another_phone_is_verified_before_it_counts(client: FlaskClient, service: Service):
    fill_in(client, service, ANNA)
    answer = post(client, f"{BASE}/phone?change=1", phone=BEN.phone)
    assert "/code" in answer.headers["Location"]
    code = newest_code(service, f"+86{BEN.phone}")
    answer = post(client, f"{BASE}/code?change=1", code=code, act="check")
    assert "/check" in answer.headers["Location"]
    assert "138****0002" in client.get(f"{BASE}/check").text
    # The phone that is verified already needs no other code.
    assert "/check" in post(client, f"{BASE}/phone?change=1", phone=BEN.phone).headers["Location"]


def test_a_full_phone_is_told_so(client: FlaskClient, service: Service):
    for person in make_people(3, start=10):
        register(service, person, phone=ANNA.phone)
    fill_in(client, service, ANNA)
    answer = post(client, f"{BASE}/check")
    assert answer.status_code == 409 and "as many people as it may" in answer.text
