"""The counter's card look-up, its day in figures, and several rounds at once."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from maskres.db import record
from maskres.pickup.handovers import AnswerCode
from maskres.usecases.pickup import redeeming, store_day
from tests.support.collecting import CAPACITY, DAY, QUANTITY, Counters
from tests.support.counter_desk import ELSEWHERE, HERE, answer_of, both
from tests.support.people import make_people
from tests.support.web import log_in, make_account, make_app, send
from tests.support.world import pass_time

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")


def look_up_card(client: FlaskClient, number: str) -> tuple[str, str]:
    """Look a card up; gives the address of the answer and the word it shows."""
    answer = send(client, "/counter/card", {"card": number}, "/counter/card")
    assert answer.status_code == 303, answer.text
    return answer.location, answer_of(client.get(answer.location))


@both
def test_a_winner_of_today_is_found_by_the_whole_card_and_it_is_logged(world: Counters, client: FlaskClient):
    number = world.winner()
    address, word = look_up_card(client, world.holder(number).id_number)
    assert word == "valid"
    assert world.holder(number).id_number not in address
    with world.service.database.reading() as c:
        lines = [line for line in record.read_log(c, act="personal-data-read") if line.number == number]
    assert "till/huli-1/counter-1" in {line.actor for line in lines}
    send(client, f"{address}/hand-over", {}, address)
    assert world.place(number)["status"] == "collected"
    assert "/undo" in client.get(address).text


@both
def test_one_tap_says_sold_out_and_one_takes_it_back(world: Counters, client: FlaskClient):
    client.set_cookie("lang", "en")
    round_page = f"/rounds/{world.slug}"
    assert "Device down" in client.get("/counter/").text
    assert send(client, "/counter/state", {"state": "sold-out"}, "/counter/").status_code == 303
    front = client.get("/counter/").text
    assert "Take back: the store is open" in front and "said at 13 February, 09:0" in front
    assert 'value="sold-out"' not in front, "what would change nothing is not offered"
    assert "sold out" in client.get(round_page).text
    operator = log_in(make_app(world.service), world.service, "operator")
    operator.set_cookie("lang", "en")
    seen = operator.get(f"/operator/rounds/{world.slug}").text
    assert "Stores that can hand out nothing" in seen and HERE in seen and "counter-1" in seen
    assert "Huli" in seen, "districts by their names"
    assert send(client, "/counter/state", {"state": "sold-out"}, "/counter/").status_code == 303
    # From one to another without taking the first back; both stand in the record.
    assert 'value="closed"' in front and 'value="device-down"' in front
    assert send(client, "/counter/state", {"state": "closed"}, "/counter/").status_code == 303
    front = client.get("/counter/").text
    assert "store closed</strong>" in front and 'value="sold-out"' in front and 'value="closed"' not in front
    assert send(client, "/counter/state", {"state": "open"}, "/counter/").status_code == 303
    with world.service.database.reading() as c:
        said = [json.loads(line.detail) for line in record.read_log(c, act="store-state-said")]
    assert [(each["before"], each["state"]) for each in said] == [
        ("closed", "open"),
        ("sold-out", "closed"),
        ("open", "sold-out"),
    ]
    assert "Take back" not in client.get("/counter/").text
    assert "sold out" not in client.get(round_page).text
    assert send(client, "/counter/state", {"state": "gone"}, "/counter/").status_code == 400


def test_the_card_finds_nobody_of_another_store_or_day_and_no_stranger(world: Counters, client: FlaskClient):
    elsewhere = world.holder(world.winner(ELSEWHERE)).id_number
    stranger = make_people(1, start=4000)[0].id_number
    for card in (elsewhere, stranger):
        assert look_up_card(client, card)[1] == "unknown"
    mine = world.holder(world.winner()).id_number
    world.at(9.1, days=-1)
    assert look_up_card(client, mine)[1] == "unknown"


def test_the_cap_on_cards_holds_for_looking_too(world: Counters, client: FlaskClient, monkeypatch):
    monkeypatch.setattr(redeeming, "CARDS_A_DAY", 2)
    stranger, mine = make_people(1, start=4000)[0].id_number, world.holder(world.winner()).id_number
    assert [look_up_card(client, stranger)[1] for _ in range(2)] == ["unknown", "unknown"]
    assert look_up_card(client, mine)[1] == "card-limit"
    with world.service.database.reading() as c:
        assert record.read_log(c, act="card-look-up-refused")


def test_the_end_of_a_card_is_not_enough(world: Counters, client: FlaskClient):
    card = world.holder(world.winner()).id_number
    answer = send(client, "/counter/card", {"card": card[-4:]}, "/counter/card")
    assert answer.status_code == 422
    assert (
        answer.text.count("证件号码不正确") + answer.text.count("This number of the document is not right")
        >= 2
    )
    assert f'value="{card[-4:]}"' in answer.text


@both
def test_the_day_adds_up(world: Counters, client: FlaskClient):
    am, pm = world.numbers(store=HERE, slot="am"), world.numbers(store=HERE, slot="pm")
    till = world.till(HERE, "till-2")
    world.hand_out(till, am[0])
    world.at(9.75)
    day = store_day.show_day(world.service, world.slug, HERE, DAY)
    first, second = day.slots
    assert (first.expected, first.capacity) == (len(am), CAPACITY)
    assert (first.handed_out, first.to_come, first.missed) == (1, 0, len(am) - 1)
    assert (second.handed_out, second.to_come, second.missed) == (0, len(pm), 0)
    for slot in day.slots:
        assert slot.expected == slot.handed_out + slot.to_come + slot.missed
    assert day.total("expected") == len(am) + len(pm)
    assert (day.handed_out, day.from_spare) == (1, 0)
    page = client.get("/counter/day").text
    assert f"{len(am) + len(pm)} / {2 * CAPACITY}" in page


@both
def test_stock_is_counted_and_reconciled(world: Counters, client: FlaskClient):
    world.hand_out(world.till(HERE, "till-2"), world.winner())
    answer = send(client, "/counter/day", {"delivered": "100", "damaged": "5", "left": ""}, "/counter/day")
    assert answer.status_code == 303
    expected = 100 - QUANTITY - 5
    page = client.get(answer.location).text
    assert f"现在应有库存 {expected} 件" in page
    assert 'value="100"' in page
    send(
        client,
        answer.location,
        {"delivered": "100", "damaged": "5", "left": str(expected - 2)},
        "/counter/day",
    )
    assert "少了 2 件" in client.get(answer.location).text
    send(client, answer.location, {"left": str(expected)}, "/counter/day")
    assert "账实相符" in client.get(answer.location).text
    with world.service.database.reading() as c:
        lines = record.read_log(c, act="stock-counted")
    # What stood already was not counted again.
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("language", "whole", "none"),
    [
        ("en", "Please give a whole number of items, 0 or more.", "Please fill in at least one figure."),
        ("zh", "请填写件数，0 或以上的整数。", "请至少填写一项。"),
    ],
)
def test_bad_figures_are_said_and_kept(client: FlaskClient, language: str, whole: str, none: str):
    client.get(f"/counter/day?lang={language}")
    for wrong in ("-1", "1_0", "１２", "ten", "99999999"):
        answer = send(client, "/counter/day", {"delivered": wrong, "damaged": "3"}, "/counter/day")
        assert (answer.status_code, answer.text.count(whole)) == (422, 2)
        assert f'value="{wrong}"' in answer.text
    assert send(client, "/counter/day", {"left": " "}, "/counter/day").text.count(none) == 2


def test_only_days_that_have_come_and_rounds_of_this_store_are_shown(world: Counters, client: FlaskClient):
    assert client.get("/counter/day?round=nowhere").status_code == 404
    tomorrow = DAY.replace(day=DAY.day + 1).isoformat()
    assert f"{DAY.month}月{DAY.day}日" in client.get(f"/counter/day?day={tomorrow}").text
    assert "没有时段" in client.get("/counter/day?day=2020-01-02").text
    assert client.get("/counter/day?day=nonsense").status_code == 200


def test_conflicts_are_shown_to_their_store(world: Counters, client: FlaskClient):
    number = world.winner()
    world.hand_out(world.till(HERE, "till-2"), number)
    offline = world.request(number, is_offline=True, claimed_at=world.service.now())
    (answer,) = redeeming.report(world.service, world.till(HERE, "till-3"), [offline])
    assert answer.code is AnswerCode.CONFLICT
    page = client.get("/counter/day").text
    assert "till-3" in page
    assert "此前已领取" in page


def test_a_counter_acts_as_the_till_named_after_it(world: Counters, client: FlaskClient):
    look_up_card(client, world.holder(world.winner()).id_number)
    account = make_account(world.service, "counter")
    with world.service.database.reading() as c:
        (line,) = [
            each
            for each in record.read_log(c, act="tills-enrolled")
            if each.actor == f"counter/{account.name}"
        ]
    assert account.name in line.detail


def test_cards_are_limited_more_tightly(world: Counters, client: FlaskClient):
    person = make_people(1, start=4000)[0]
    statuses = [
        send(client, "/counter/card", {"card": person.id_number}, "/counter/card").status_code
        for _ in range(11)
    ]
    assert statuses == [303] * 10 + [429]
    pass_time(world.service, minutes=1)
