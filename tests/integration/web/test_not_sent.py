"""Forms whose session is gone: nothing is done by them, and nothing that was typed is lost."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from secrets import token_hex

import pytest
from flask.testing import FlaskClient

from maskres.rounds.status import DrawStatus
from maskres.usecases.keeping.erasing import erase_round
from maskres.usecases.registration.proofs import secret_of
from maskres.usecases.rounds.steps import finish_round
from maskres.usecases.service import Service
from maskres.web.resident.status_acts import MOST_WORDS
from maskres.web.session import COOKIE_BYTES, EncryptedSessions, has_room
from tests.support.raw import fetch
from tests.support.residents import post
from tests.support.web import csrf, log_in, make_app
from tests.support.world import OPERATOR, ROUND, create_round, open_round, pass_time, play_to, set_clock

DISPUTE, NAME = "/status/1/dispute", f"/register/{ROUND}/name"
#: As long as an objection may be, each character of three bytes.
LONGEST = "我从小住在湖里区，户口本在手。" * (MOST_WORDS // 15)


def said(answer_text: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", answer_text))


@pytest.fixture
def excluded(sqlite_service: Service) -> tuple[Service, FlaskClient, dict[str, str]]:
    """Somebody in no register, who has opened their registration; and what opens it."""
    number = play_to(sqlite_service, DrawStatus.DECIDED).numbers[19]
    client = make_app(sqlite_service).test_client()
    client.set_cookie("lang", "en")
    shown = {"number": number, "secret": secret_of(sqlite_service, ROUND, number)}
    assert post(client, "/status", **shown).status_code == 303
    return sqlite_service, client, shown


def test_the_longest_objection_waits_until_its_writer_is_back(excluded):
    service, client, shown = excluded
    assert len(LONGEST) == MOST_WORDS
    refused = post(client, DISPUTE, words=LONGEST + "啊")
    assert f"These are {MOST_WORDS + 1} characters. Please say it in {MOST_WORDS}" in refused.text
    assert LONGEST + "啊" in refused.text, "and is kept in the field"
    token = csrf(client, DISPUTE)
    pass_time(service, minutes=31)
    late = client.post(DISPUTE, data={"words": LONGEST, "csrf_token": token})
    assert late.location == "/status" and fetch(service.database, "SELECT number FROM disputes") == []
    back = post(client, "/status", **shown).location.split("#")[0]
    assert client.get(back).location == DISPUTE
    assert LONGEST in client.get(DISPUTE).text
    assert post(client, DISPUTE, words=LONGEST).status_code == 303
    assert fetch(service.database, "SELECT status FROM disputes") == [("open",)]


def test_what_is_typed_when_another_tab_has_closed_the_registration_is_shown(excluded):
    service, client, _ = excluded
    token = csrf(client, DISPUTE)
    pass_time(service, minutes=31)
    assert client.get("/status/1").location == "/status", "the other tab"
    late = client.post(DISPUTE, data={"words": "户口本在手。", "csrf_token": token})
    assert late.status_code == 400 and "户口本在手。" in late.text
    assert 'href="/status"' in late.text and "it stands below" in late.text
    # The device is somebody else's now, or the other tab has opened another registration in the same place.
    assert post(client, "/status/leave", page="/status").status_code == 303
    stale = client.post(DISPUTE, data={"words": "户口本在手。", "csrf_token": token})
    assert stale.status_code == 400 and "户口本在手。" in stale.text
    assert "户口本" not in client.get("/status").text
    assert fetch(service.database, "SELECT number FROM disputes") == []


def test_what_staff_typed_and_the_session_cannot_hold_is_shown(sqlite_service: Service):
    create_round(sqlite_service)
    page = f"/operator/rounds/{ROUND}/rules"
    client = log_in(make_app(sqlite_service), sqlite_service, "operator")
    client.set_cookie("lang", "en")
    districts = "\r\n".join(token_hex(20) for _ in range(100))
    typed = {"districts": districts, "goods": "masks", "act": "preview", "csrf_token": csrf(client, page)}
    pass_time(sqlite_service, hours=3)
    late = client.post(page, data=typed)
    assert late.status_code == 400 and districts[-40:] in late.text
    assert f'href="/staff/login?next={page}"' in late.text


@pytest.mark.parametrize(
    ("origin", "is_kept"), [("http://localhost", True), ("https://elsewhere.example", False), ("", False)]
)
def test_a_form_whose_session_is_gone_says_what_to_do(sqlite_service: Service, origin: str, is_kept: bool):
    open_round(sqlite_service)
    client = make_app(sqlite_service).test_client()
    client.set_cookie("text", "normal")
    headers = {"Accept-Language": "en"} | ({"Origin": origin} if origin else {})
    fields = {"number": "ABCD-EFGH", "secret": "7K2P", "csrf_token": "old"}
    answer = client.post("/status", data=fields, headers=headers)
    assert answer.status_code == 400
    words = said(answer.text)
    assert "Nothing was sent" in words and "keeps no cookies" not in words and 'href="/status"' in words
    assert ("it will stand in the form again" in words) == is_kept
    assert ("ABCD-EFGH" in words) != is_kept, "what is not kept is shown"
    form = client.get("/status?lang=en").text
    assert ('value="ABCD-EFGH"' in form) == is_kept
    assert ("Nothing was sent yet. What you typed stands here once more." in form) == is_kept
    assert "ABCD-EFGH" not in client.get("/status").text, "once"


def test_a_browser_that_keeps_no_cookies_is_told_so_and_shown_what_was_typed(sqlite_service: Service):
    open_round(sqlite_service)
    client = make_app(sqlite_service).test_client()
    fields = {"number": "ABCD-EFGH", "csrf_token": "old"}
    headers = {"Accept-Language": "en", "Origin": "http://localhost"}
    words = said(client.post("/status", data=fields, headers=headers).text)
    assert "allow them for this site" in words and "ABCD-EFGH" in words and "it stands below" in words


def test_what_is_erased_while_it_is_open_is_open_no_more(sqlite_service: Service):
    played = play_to(sqlite_service, DrawStatus.FINISHED)
    finish_round(sqlite_service, OPERATOR, ROUND)
    set_clock(sqlite_service, datetime(2031, 1, 1, tzinfo=UTC))
    client = make_app(sqlite_service).test_client()
    client.set_cookie("lang", "en")
    number = played.numbers[1]
    shown = {"number": number, "secret": secret_of(sqlite_service, ROUND, number)}
    assert post(client, "/status", **shown).location.startswith("/status/1")
    assert (
        client.get("/status/1/receipt.json").status_code == 200
        and number[:4] in client.get("/status/mine").text
    )
    erase_round(sqlite_service, OPERATOR, ROUND)
    for page in ("/status/1", "/status/1/receipt.json"):
        assert client.get(page).location == "/status", page
    assert number[:4] not in client.get("/status/mine").text
    again = post(client, "/status", **shown)
    assert again.status_code == 200 and "The personal data of these rounds is erased" in again.text
    assert "The personal data of this round is erased" in client.get(f"/rounds/{ROUND}").text


def test_where_no_page_belongs_to_the_form_one_goes_on_from_the_start(sqlite_service: Service):
    answer = make_app(sqlite_service).test_client().post("/status/leave", data={"csrf_token": "old"})
    assert answer.status_code == 400 and 'role="button"' in answer.text
    assert re.search(r'<a href="/" role="button"', answer.text)


def test_a_password_is_never_shown_or_kept(sqlite_service: Service):
    client = make_app(sqlite_service).test_client()
    fields = {"name": "wu.ying", "password": "correct-Horse 7", "csrf_token": "old"}
    answer = client.post("/staff/login", data=fields, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400 and "correct-Horse" not in answer.text
    form = client.get("/staff/login").text
    assert 'value="wu.ying"' in form and "correct-Horse" not in form


def test_a_session_that_grows_too_large_loses_what_is_missed_least(sqlite_service: Service):
    app = make_app(sqlite_service)
    client = app.test_client()
    opened = [[ROUND, f"{nth:012d}"] for nth in range(12)]
    with client.session_transaction() as session:
        session.update(
            opened=opened, draft={"name": "阿" * 40}, kept_search={"a": "长" * 800}, change="长" * 300
        )
    with client.session_transaction() as session:
        assert sorted(session) == ["change", "draft", "opened"]
    sessions = app.session_interface
    assert isinstance(sessions, EncryptedSessions)
    for size in range(2890, 2950):
        held = {"a": "x" * size}
        cookie = sessions._fernet.encrypt(b'{"a": "' + b"x" * size + b'"}')
        assert has_room(held) == (len(cookie) <= COOKIE_BYTES), size
