"""The status page in its states, and what a holder can do there."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from maskres.formats.symbols import grouped
from maskres.pickup.places import PlaceStatus
from maskres.rounds.status import DrawStatus
from maskres.usecases.pickup import afterwards, batches
from maskres.usecases.registration.proofs import SEEN_BY_STAFF, secret_of
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.showing.standing_values import Where
from maskres.web.resident.shown import STATES
from tests.support.collecting import Counters, local
from tests.support.people import make_person
from tests.support.raw import fetch, run
from tests.support.residents import newest_code, post
from tests.support.web import make_app
from tests.support.world import (
    OPERATOR,
    ROUND,
    draw_id_of,
    open_round,
    pass_time,
    play_to,
    register,
    set_clock,
    winners_of,
)

pytest_plugins = ("tests.support.collecting_fixtures",)

ANNA, BEN = make_person(1), make_person(2)


def client_of(app: Flask, language: str = "en") -> FlaskClient:
    client = app.test_client()
    client.set_cookie("lang", language)
    return client


def look_up(
    service: Service, number: str, client: FlaskClient | None = None, language: str = "en"
) -> FlaskClient:
    """Open a registration by number and secret."""
    client = client or client_of(make_app(service), language)
    answer = post(client, "/status", number=number, secret=secret_of(service, ROUND, number))
    assert answer.status_code == 303, answer.text
    return client


def page_of(service: Service, number: str, language: str = "en") -> str:
    return look_up(service, number, language=language).get("/status/1").text


def waiting(service: Service) -> list[str]:
    statement = "SELECT number FROM results WHERE draw_id = :d AND outcome = 'waiting' ORDER BY rank"
    return [row[0] for row in fetch(service.database, statement, d=draw_id_of(service))]


def test_wrong_secrets_and_unknown_numbers_are_answered_alike(service: Service):
    open_round(service)
    anna, ben = register(service, ANNA), register(service, BEN)
    client = client_of(make_app(service))
    pages = []
    for number, secret in ((anna.number, ben.secret), ("7K3M9QTR4XH7", ben.secret)):
        answer = post(client, "/status", number=number, secret=secret)
        assert answer.status_code == 200
        pages.append(answer.text.split("do not belong together")[0].count("Error"))
        assert "do not belong together" in answer.text and secret in answer.text
    assert pages[0] == pages[1] and client.get("/status/1").status_code == 303
    assert "whole number" in post(client, "/status", number="X", secret=anna.secret).text


def test_typed_forgivingly_it_opens_and_closes_when_left_alone(service: Service):
    open_round(service)
    anna = register(service, ANNA)
    client = client_of(make_app(service))
    spelt = f" {anna.number[:4].lower()} {anna.number[4:8]}－{anna.number[8:]}"
    answer = post(client, "/status", number=spelt, secret=anna.secret.lower())
    assert answer.headers["Location"] == "/status/1#top"
    assert "Registered" in client.get("/status/1").text
    pass_time(service, minutes=31)
    closed = client.get("/status/1")
    assert (closed.status_code, closed.headers["Location"]) == (303, "/status")
    look_up(service, anna.number, client)
    post(client, "/status/leave", page="/status/1")
    assert client.get("/status/1").status_code == 303


def test_a_code_to_the_phone_shows_everybody_it_registered_and_strangers_nothing(service: Service):
    open_round(service)
    register(service, ANNA)
    child = register(service, BEN, phone=ANNA.phone, for_whom="child")
    for phone, expected in ((ANNA.phone, 2), ("13999999999", 0)):
        client = client_of(make_app(service))
        assert post(client, "/status/phone", phone=phone).headers["Location"] == "/status/code"
        code = newest_code(service, f"+86{phone}")
        wrong = "000000" if code != "000000" else "111111"
        assert "not right" in post(client, "/status/code", code=wrong, act="check").text
        assert post(client, "/status/code", code=code, act="check").headers["Location"] == "/status/mine"
        page = client.get("/status/mine").text
        assert page.count('<li class="mr-card') == expected
        assert (child.number[:4] in page) == bool(expected)
    assert client_of(make_app(service)).get("/status/mine").status_code == 303


def test_withdrawing_has_a_page_before_it_and_can_be_undone(service: Service):
    open_round(service)
    anna = register(service, ANNA)
    client = look_up(service, anna.number)
    assert "Until registration closes you can let it stand again" in client.get("/status/1/withdraw").text
    assert fetch(service.database, "SELECT status FROM registrations") == [("standing",)]
    assert post(client, "/status/1/withdraw").status_code == 303
    assert fetch(service.database, "SELECT status FROM registrations") == [("withdrawn",)]
    assert client.get("/status/1/receipt.json").json["receipt"]["status"] == "withdrawn"
    # Sent again, it does nothing but show where things stand.
    assert client.get("/status/1/withdraw").headers["Location"] == "/status/1"
    pass_time(service, minutes=1)
    assert post(client, "/status/1/return", page="/status/1").status_code == 303
    assert fetch(service.database, "SELECT number, status FROM registrations") == [(anna.number, "standing")]
    assert "Registered" in client.get("/status/1").text


def test_changing_wishes_page_by_page(service: Service):
    open_round(service)
    anna = register(service, ANNA)
    client = look_up(service, anna.number)
    pass_time(service, minutes=1)
    answer = post(client, "/status/1/wishes", district="siming", reach="city")
    assert answer.headers["Location"] == "/status/1/stores"
    post(client, "/status/1/stores", act="add:huli-1")
    post(client, "/status/1/stores", act="up:huli-1")
    assert post(client, "/status/1/stores", act="continue").headers["Location"] == "/status/1/confirm"
    before = fetch(service.database, "SELECT choices FROM registrations")
    assert "replace the earlier ones" in client.get("/status/1/confirm").text
    assert fetch(service.database, "SELECT choices FROM registrations") == before
    assert post(client, "/status/1/confirm").status_code == 303
    found = fetch(service.database, "SELECT district, reach, choices FROM registrations")
    assert found[0][:2] == ("siming", "city") and found[0][2].startswith("huli-1")
    assert client.get("/status/1/confirm").headers["Location"] == "/status/1"
    assert "with changes" in client.get("/status/1").text


def test_not_eligible_tells_the_coarse_reason_and_takes_an_objection(service: Service):
    played = play_to(service, DrawStatus.DECIDED)
    client = look_up(service, played.numbers[19])
    page = client.get("/status/1").text
    assert "We found no entry that lets you take part" in page
    assert "insurance" not in page.lower()
    assert page.lower().count("every reason") == 1 and "You can object until" in page
    refused = post(client, "/status/1/dispute", words="")
    assert refused.status_code == 200 and refused.text.count("Please say in your own words") == 2
    assert post(client, "/status/1/dispute", words="我住在这里。").status_code == 303
    page = client.get("/status/1").text
    assert page.count("being looked at") == 1 and "You can change your objection until" in page
    assert "Not in the draw" not in page and "object before" not in page
    pass_time(service, hours=25)  # staff have not committed yet
    assert "objection until" not in client.get("/status/1").text
    assert "You can still object" in page_of(service, played.numbers[18])
    assert fetch(service.database, "SELECT number, status FROM disputes") == [(played.numbers[19], "open")]
    play_to(service, DrawStatus.COMMITTED)
    assert client.get("/status/1/dispute").status_code == 303


def test_once_committed_whoever_was_left_out_is_told_of_the_late_claim(service: Service):
    played = play_to(service, DrawStatus.COMMITTED)
    page = page_of(service, played.numbers[19])
    assert "The time for objections is over" in page and "object in time" not in page
    assert "There you are also shown every reason in full" in page and page.count("at a counter") == 0


def test_a_winner_sees_everything_to_collect_and_can_check_the_ticket(counters: Counters):
    number = counters.winner("huli-1", "am")
    code = counters.code(number)
    page = page_of(counters.service, number)
    assert "Your chance" in page and "The chance of your ticket was" in page
    assert "Rounds waited without a win: 0." in page and f"/draws/1/look-up#{number}" in page
    for text in (
        "huli-1药店",
        "中山路1号",
        "09:00–09:30",
        "5 masks",
        f"{code[:4]}-{code[4:8]}-{code[8:]}",
        "<svg",
    ):
        assert text in page
    command = page.split("printf %s &#34;")[-1] if "&#34;" in page else page.split('printf %s "')[1]
    message = command.split('"')[0].split("&#34;")[0]
    assert hashlib.sha256(message.encode()).hexdigest() in page


def test_moving_to_another_time_changes_the_code_and_a_full_one_is_refused(counters: Counters):
    service, number = counters.service, counters.winner("huli-1", "am")
    old = counters.code(number)
    client = look_up(service, number)
    page = client.get("/status/1/move").text
    assert "store=siming-1" in page
    address = "/status/1/move?store=siming-1"
    assert "Choose a time" in post(client, address).text
    run(service.database, "UPDATE slots SET capacity = taken WHERE store = 'siming-1' AND slot = 'am'")
    refused = post(client, address, slot="am")
    assert refused.status_code == 303 and "This time has no place left" in client.get("/status/1").text
    assert post(client, address, slot="pm").status_code == 303
    page = client.get("/status/1").text
    assert "siming-1药店" in page and old[:4] not in page and "not the first one" in page
    # A second tab sends the same once more: nothing is done twice, and the words are for people.
    post(client, address, "/status/1", slot="pm")
    page = client.get("/status/1").text
    assert "you have this time already" in page and "siming-1药店" in page


def test_a_slot_for_the_calendar_replaces_the_one_before_it_and_tells_no_code(counters: Counters):
    service, number = counters.service, counters.winner("huli-1", "am")
    client = look_up(service, number)
    assert "/status/1/slot.ics" in client.get("/status/1").text

    def event() -> Any:
        answer = client.get("/status/1/slot.ics")
        assert answer.mimetype == "text/calendar" and counters.code(number).encode() not in answer.data
        (found,) = Calendar.from_ical(answer.data).walk("VEVENT")
        return found

    before = event()
    assert before.start == local(9) and before.end == local(9.5) and "huli-1药店" in before["location"]
    post(client, "/status/1/move?store=siming-1", slot="pm")
    after = event()
    assert after["uid"] == before["uid"] and after["sequence"] > before["sequence"]
    assert after.start == local(15) and "siming-1药店" in after["location"]
    post(client, "/status/1/give-back")
    assert client.get("/status/1/slot.ics").status_code == 404


def test_a_family_gathers_its_places_in_one_slot_or_nobody_moves(counters: Counters):
    service = counters.service
    one, two, three = (counters.winner(store, "am") for store in ("huli-1", "siming-1", "siming-2"))
    client = look_up(service, one)
    assert "/status/gather" not in client.get("/status/mine").text, "one place is nothing to gather"
    for number in (two, three):
        look_up(service, number, client)
    assert "/status/gather" in client.get("/status/mine").text
    codes = {number: counters.code(number) for number in (one, two, three)}
    run(service.database, "UPDATE slots SET capacity = taken + 1 WHERE store = 'huli-1'")
    assert "store=huli-1" not in client.get("/status/gather").text, "there is room for one more only"
    post(client, "/status/gather?store=huli-1", page="/status/mine", slot="am")
    assert "This time has no place left" in client.get("/status/mine").text
    assert [counters.place(number)["store"] for number in (one, two, three)] == [
        "huli-1",
        "siming-1",
        "siming-2",
    ]
    run(service.database, "UPDATE slots SET capacity = taken + 2 WHERE store = 'huli-1' AND slot = 'am'")
    assert "store=huli-1" in client.get("/status/gather").text
    post(client, "/status/gather?store=huli-1", slot="am")
    assert "2 places are moved" in client.get("/status/mine").text
    assert {(counters.place(number)["store"], counters.place(number)["slot"]) for number in codes} == {
        ("huli-1", "am")
    }
    changed = {number for number, code in codes.items() if counters.code(number) != code}
    assert changed == {two, three}, "who stood there already keeps the code"
    ((taken, capacity),) = fetch(
        service.database, "SELECT taken, capacity FROM slots WHERE store = 'huli-1' AND slot = 'am'"
    )
    assert taken == capacity


def test_giving_back_has_a_page_before_it_and_happens_once(counters: Counters):
    number = counters.winner()
    client = look_up(counters.service, number)
    page = client.get("/status/1/give-back").text
    assert "cannot be undone" in page and "Myself" in page and grouped(number) in page
    assert counters.place(number)["status"] == PlaceStatus.ASSIGNED
    assert post(client, "/status/1/give-back").status_code == 303
    assert counters.place(number)["status"] == PlaceStatus.CANCELLED
    assert client.get("/status/1/give-back").headers["Location"] == "/status/1"
    assert "Given back" in client.get("/status/1").text
    look_up(counters.service, waiting(counters.service)[0], client)
    page = client.get("/status/2/give-back").text
    assert "Leave the waiting list for good?" in page and "those who come after you" in page
    post(client, "/status/2/give-back")
    assert "You have left the waiting list." in client.get("/status/2").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_state_has_its_words(counters: Counters, language: str):
    """Collected, missed, displaced, promoted, left, waiting: each page answers and says so."""
    service = counters.service
    app = make_app(service)
    with app.test_request_context(f"/?lang={language}"):
        heads = {where: str(words[0]) for where, words in STATES.items()}
    assert set(heads) == set(Where)

    ended = {"en": "This was arranged and no longer holds:", "zh": "以下安排已经无效："}[language]
    lost = {"en": "it did not win in the draw itself", "zh": "因此在摇号时未中签"}[language]

    def says(number: str, where: Where) -> None:
        page = page_of(service, number, language)
        assert heads[where] in page
        assert (ended in page) == (where in (Where.DISPLACED, Where.FORFEITED)), where
        assert (lost in page) == (where in (Where.WAITING, Where.LEFT)), where

    morning, other = counters.winner("huli-1", "am"), counters.winner("huli-1", "am", nth=1)
    afternoon, leaver = counters.winner("siming-1", "pm"), waiting(service)[0]
    says(leaver, Where.WAITING)
    afterwards.give_back(service, RESIDENT, ROUND, 1, leaver, SEEN_BY_STAFF)
    says(leaver, Where.LEFT)
    set_clock(service, local(-24))
    afterwards.close_store(service, OPERATOR, ROUND, 1, "siming-1", local(12))
    says(afternoon, Where.DISPLACED)
    batches.publish_batch(service, OPERATOR, ROUND, 1)
    says(afternoon, Where.PLACED)
    counters.at(9.1)
    counters.hand_out(counters.till(), morning)
    says(morning, Where.COLLECTED)
    counters.at(9, days=2)
    afterwards.forfeit_missed(service, OPERATOR, ROUND, 1)
    says(other, Where.FORFEITED)


def test_the_home_page_and_the_round_tell_where_things_stand(service: Service):
    client = client_of(make_app(service))
    assert "Registration is closed now" in client.get("/").text
    play_to(service, DrawStatus.OPEN)
    page = client.get("/").text
    assert "registration is open" in page and 'href="/register/"' in page
    assert "You can take part if" in page and "28 days after that win" in page, "who may"
    play_to(service, DrawStatus.PUBLISHED)
    page = client.get(f"/rounds/{ROUND}").text
    assert "have won" in page and "result.csv" in page and "huli-1药店" in page
    file = client.get(f"/rounds/{ROUND}/draws/1/result.csv")
    assert file.data.startswith(b"rank,number") and winners_of(service)[0].encode() in file.data
    assert "immutable" in file.headers["Cache-Control"]
    assert client.get(f"/rounds/{ROUND}/rules.json").json["round"] == ROUND
    for missing in ("/rounds/none", f"/rounds/{ROUND}/draws/1/none.csv", f"/rounds/{ROUND}/draws/9/pool.csv"):
        assert client.get(missing).status_code == 404


def test_looking_up_with_nothing_typed_names_both_fields(service: Service):
    open_round(service)
    client = client_of(make_app(service))
    page = post(client, "/status", number="", secret="7K3M").text
    assert 'href="#number"' in page and 'href="#secret"' in page
    # What is typed and too short is called wrong, not missing.
    assert "Please give the registration number." in page and "Please give the secret." not in page
