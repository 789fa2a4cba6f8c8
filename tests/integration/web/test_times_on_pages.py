"""Announced times of registration on pages and in the API: everybody reads them, the operator moves them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from maskres.rounds.times import RegistrationTimes
from maskres.usecases.rounds.registration_times import registration_times
from maskres.usecases.service import Service
from tests.support.api import Partner
from tests.support.office import Desk
from tests.support.raw import fetch
from tests.support.web import make_app
from tests.support.world import OPENS_AT, ROUND, create_round, open_round, set_clock

TIMES = RegistrationTimes(OPENS_AT + timedelta(hours=1), OPENS_AT + timedelta(hours=48))
#: As the city's clocks show them.
BEGIN, END = "Saturday, 8 February 2020, 10:00", "Monday, 10 February 2020, 09:00"
PAGES = ("/", f"/rounds/{ROUND}", "/register/", f"/register/{ROUND}/for-whom")


@pytest.fixture
def client(sqlite_service: Service) -> FlaskClient:
    found = make_app(sqlite_service).test_client()
    found.set_cookie("lang", "en")
    return found


def read(client: FlaskClient, address: str) -> str:
    return client.get(address, follow_redirects=True).text


def test_a_closed_service_says_when_it_opens(client: FlaskClient, sqlite_service: Service):
    open_round(sqlite_service, times=TIMES)
    for page in PAGES:
        text = read(client, page)
        assert f"Registration opens on {BEGIN}." in text, page
        assert f"You can register until {END}." in text, page
        assert "For whom do you register?" not in text, page
    client.set_cookie("lang", "zh")
    assert "2020年2月8日 星期六 10:00" in read(client, "/")


def test_an_open_one_says_until_when_and_a_late_one_since_when(client: FlaskClient, sqlite_service: Service):
    open_round(sqlite_service, times=TIMES)
    set_clock(sqlite_service, TIMES.opens_at)
    for page in PAGES[:2]:
        assert f"You can register until {END}." in read(client, page), page
    assert "For whom do you register?" in read(client, "/register/")
    set_clock(sqlite_service, TIMES.closes_at)
    assert "the time for registering is over" in read(client, "/")
    for page in PAGES[1:]:
        text = read(client, page)
        assert f"Registration ended on {END}." in text, page
        assert "For whom do you register?" not in text, page


def test_programs_are_told_the_times(sqlite_service: Service):
    open_round(sqlite_service, times=TIMES)
    partner = Partner(make_app(sqlite_service), sqlite_service)
    (shown,) = partner.get("/rounds").json["rounds"]
    assert shown["is_registration_open"] is False
    assert (shown["draws"][0]["opens_at"], shown["draws"][0]["closes_at"]) == (
        "2020-02-08T02:00:00Z",
        "2020-02-10T01:00:00Z",
    )
    set_clock(sqlite_service, TIMES.opens_at)
    assert partner.get("/rounds").json["rounds"][0]["is_registration_open"] is True


def test_the_operator_moves_them_in_the_citys_time(sqlite_service: Service, tmp_path: Path):
    create_round(sqlite_service, times=TIMES)
    desk = Desk(sqlite_service, tmp_path)
    page = f"/operator/rounds/{ROUND}/draws/1/times"
    shown = desk.get("operator", page).text
    assert 'value="2020-02-08T10:00"' in shown and 'value="2020-02-10T09:00"' in shown
    for closes_at, words in (("", "day and time"), ("2020-02-08T09:30", "before it closes")):
        refused = desk.post("operator", page, {"opens_at": "2020-02-08T10:00", "closes_at": closes_at})
        assert refused.status_code == 422 and words in refused.text
    past = desk.post("operator", page, {"opens_at": "2019-02-08T10:00", "closes_at": "2020-02-11T18:00"})
    assert past.status_code == 422 and "past already" in past.text
    moved = desk.post("operator", page, {"opens_at": "", "closes_at": "2020-02-11T18:00"})
    assert moved.status_code == 303
    assert desk.post("operator", page, {"opens_at": "", "closes_at": "2020-02-11T18:00"}).status_code == 303
    logged = fetch(
        sqlite_service.database, "SELECT count(*) FROM audit_log WHERE act = 'registration-times-set'"
    )
    assert logged[0][0] == 1  # sent twice, and done once
    assert registration_times(sqlite_service, ROUND, 1) == RegistrationTimes(
        None, OPENS_AT + timedelta(days=3, hours=9)
    )
    assert "11 February 2020, 18:00" in desk.get("operator", f"/operator/rounds/{ROUND}").text


def test_closing_ahead_of_the_announced_time_is_warned_of(sqlite_service: Service, tmp_path: Path):
    open_round(sqlite_service, times=TIMES)
    set_clock(sqlite_service, TIMES.opens_at)
    desk = Desk(sqlite_service, tmp_path)
    words = f"It was announced that people can register until {END}. Whoever relies on that is shut out."
    page = f"/operator/rounds/{ROUND}/draws/1/close"
    assert words in desk.get("operator", page).text
    begun = desk.get("operator", f"/operator/rounds/{ROUND}/draws/1/times").text
    assert 'name="opens_at"' not in begun and 'name="closes_at"' in begun
    set_clock(sqlite_service, TIMES.closes_at)
    assert "is shut out" not in desk.get("operator", page).text
