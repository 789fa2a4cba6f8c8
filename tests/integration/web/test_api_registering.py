"""Registering by the API: helpers, verified phones, strangers; changing and withdrawing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maskres.rounds.times import RegistrationTimes
from maskres.usecases.service import Service
from tests.support.api import Partner, application
from tests.support.people import make_person
from tests.support.web import make_app
from tests.support.world import OPENS_AT, ROUND, DrawStatus, open_round, pass_time, play_to, set_clock

AT = f"/rounds/{ROUND}/registrations"
PERSON = make_person(1)


@pytest.fixture
def partner(service: Service) -> Partner:
    open_round(service)
    pass_time(service, hours=1)
    return Partner(make_app(service), service)


@pytest.fixture
def one(sqlite_service: Service) -> Partner:
    """Where one kind of database is enough."""
    open_round(sqlite_service)
    pass_time(sqlite_service, hours=1)
    return Partner(make_app(sqlite_service), sqlite_service)


def codes_of(answer) -> set[tuple[str, str]]:
    return {(each.get("field", ""), each["code"]) for each in answer.json["errors"]}


def test_a_helper_registers_somebody_without_a_phone_and_gets_the_slip(partner: Partner):
    helper = partner.token("helper")
    first = partner.send(AT, _without_phone(), helper)
    assert first.status_code == 201, first.text
    assert first.json["outcome"] == "registered"
    again = partner.send(AT, _without_phone(reach="city"), helper)
    assert (again.status_code, again.json["outcome"]) == (200, "changed")
    assert (again.json["number"], again.json["secret"]) == (first.json["number"], first.json["secret"])
    shown = partner.get(f"{AT}/{first.json['number']}", {"Registration-Secret": first.json["secret"]})
    assert shown.status_code == 200, shown.text
    assert shown.json["wishes"]["reach"] == "city"
    assert shown.json["draws"][0]["where"] == "registered"


def test_nobody_registers_outside_the_announced_times(service: Service):
    opens_at, closes_at = OPENS_AT + timedelta(hours=1), OPENS_AT + timedelta(hours=2)
    open_round(service, times=RegistrationTimes(opens_at, closes_at))
    partner = Partner(make_app(service), service)
    for moment, code in (
        (OPENS_AT, "registration-not-begun"),
        (opens_at, None),
        (closes_at, "registration-closed"),
    ):
        set_clock(service, moment)
        credentials = (partner.token("helper"), partner.verify(PERSON.phone))
        for nth, headers in enumerate(credentials):
            person = make_person(30 + nth)
            answer = partner.send(AT, application(person, phone=PERSON.phone), headers)
            assert (answer.status_code, answer.json.get("code")) == (
                (409, code) if code else ((201, 202)[nth], None)
            ), answer.text


def test_whom_a_phone_tried_in_vain_counts_for_it_at_every_door(partner: Partner):
    stranger = make_person(7).phone
    for nth in range(3):  # three a phone
        partner.send(AT, application(make_person(20 + nth)), partner.token("helper"))
        answer = partner.send(
            AT, application(make_person(20 + nth), phone=stranger), partner.verify(stranger)
        )
        assert answer.status_code == 202
        pass_time(partner.service, minutes=30)
    full = partner.send(AT, application(make_person(25), phone=stranger), partner.token("helper"))
    assert (full.status_code, full.json["code"]) == (409, "too-many-by-phone")


def _without_phone(**changes):
    body = application(PERSON, **changes)
    del body["phone"]
    return body


def test_a_verified_phone_registers_and_the_number_goes_to_the_phone(partner: Partner):
    proof = partner.verify(PERSON.phone)
    answer = partner.send(AT, application(PERSON), proof)
    assert (answer.status_code, answer.json) == (202, {"outcome": "received"})
    ((phone, words),) = partner.deliver()
    assert phone == f"+86{PERSON.phone}"
    (slip,) = partner.get(AT, proof).json["registrations"]
    assert f"{slip['number'][:4]}-{slip['number'][4:8]}-{slip['number'][8:]}" in words
    assert partner.get(f"{AT}/{slip['number']}", proof).json["number"] == slip["number"]


def test_a_stranger_who_registers_somebody_again_is_answered_alike_and_the_known_phone_is_told(
    partner: Partner,
):
    mine = partner.verify(PERSON.phone)
    first = partner.send(AT, application(PERSON), mine)
    partner.deliver()
    stranger = make_person(7)
    theirs = partner.verify(stranger.phone)
    again = partner.send(AT, application(PERSON, phone=stranger.phone, reach="city"), theirs)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert dict(again.headers).keys() == dict(first.headers).keys()
    ((phone, words),) = partner.deliver()
    assert phone == f"+86{PERSON.phone}"
    (slip,) = partner.get(AT, mine).json["registrations"]
    assert slip["secret"] not in words.replace("-", "")
    assert partner.get(AT, theirs).json["registrations"] == []
    shown = partner.get(f"{AT}/{slip['number']}", mine).json
    assert shown["wishes"]["reach"] == application(PERSON)["reach"]


def test_the_phone_given_must_be_the_one_verified(one: Partner):
    proof = one.verify(make_person(8).phone)
    answer = one.send(AT, application(PERSON), proof)
    assert answer.status_code == 422
    assert codes_of(answer) == {("phone", "phone-not-verified")}


@pytest.mark.parametrize("headers", [{}, {"Phone-Proof": "phone_made_up"}, {"Authorization": "Bearer x"}])
def test_without_a_token_or_a_proof_nobody_registers(one: Partner, headers):
    answer = one.send(AT, application(PERSON), headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_proof_of_a_phone_expires(one: Partner):
    proof = one.verify(PERSON.phone)
    pass_time(one.service, minutes=31)
    answer = one.send(AT, application(PERSON), proof)
    assert (answer.status_code, answer.json["code"]) == (401, "phone-proof-expired")


def test_a_counters_token_registers_nobody(one: Partner):
    answer = one.send(AT, application(PERSON), one.token("counter", "huli-1"))
    assert (answer.status_code, answer.json["code"]) == (403, "wrong-role")


def test_every_problem_of_an_application_is_named_at_once(one: Partner):
    body = application(PERSON, id_number="350203198503010011", district="atlantis", choices=["nowhere"])
    body |= {"role": "operator"}
    answer = one.send(AT, body, one.token("helper"))
    assert codes_of(answer) == {("role", "unknown-field")}
    del body["role"]
    body["phone"] = "12"
    answer = one.send(AT, body, one.token("helper"))
    assert answer.status_code == 422
    assert {
        ("id_number", "bad-document"),
        ("phone", "bad-phone"),
        ("district", "unknown-district"),
    } <= codes_of(answer)


def test_wishes_change_and_a_registration_is_withdrawn_by_its_secret(partner: Partner):
    slip = partner.send(AT, _without_phone(), partner.token("helper")).json
    secret = {"Registration-Secret": slip["secret"].lower()}
    wishes = {"district": "huli", "reach": "choices", "choices": ["siming-2", "huli-1"]}
    at = f"{AT}/{slip['number']}"
    changed = partner.send(f"{at}/wishes", wishes, secret, "PUT")
    assert changed.status_code == 200, changed.text
    assert partner.get(at, secret).json["wishes"] == wishes
    bad = partner.send(f"{at}/wishes", wishes | {"choices": ["x", "x"]}, secret, "PUT")
    assert (
        codes_of(bad) == {("choices", "unknown-store"), ("choices", "store-twice")} or bad.status_code == 422
    )
    gone = partner.send(f"{at}/withdraw", None, secret)
    assert gone.status_code == 200, gone.text
    assert partner.get(at, secret).json["is_withdrawn"] is True


def test_threat_registered_by_a_neighbour_to_strangers_every_number_looks_the_same(partner: Partner):
    slip = partner.send(AT, _without_phone(), partner.token("helper")).json
    nobody = "0" * 12
    wrong = {"Registration-Secret": slip["number"]}
    for method, end, body in (
        ("GET", "", None),
        ("PUT", "/wishes", {"district": "huli", "reach": "city", "choices": []}),
        ("POST", "/withdraw", None),
    ):
        for headers in (wrong, {}, {"Registration-Secret": "?"}):
            seen = []
            for number in (slip["number"], nobody, "ZZZZZZZZZZZZ"):
                fixed = headers | {"X-Request-Id": "the-same-one"}
                answer = partner.send(f"{AT}/{number}{end}", body, fixed, method)
                del answer.headers["Content-Security-Policy"]  # has a nonce of its own each time
                seen.append((answer.status_code, answer.data, sorted(answer.headers)))
            assert seen[0][0] == 403
            assert seen[0] == seen[1] == seen[2]


def test_a_winner_sees_place_and_code_and_a_loser_where_they_wait(sqlite_service: Service):
    played = play_to(sqlite_service, DrawStatus.COLLECTING)
    partner = Partner(make_app(sqlite_service), sqlite_service)
    seen = set()
    for index, number in played.numbers.items():
        answer = partner.get(f"{AT}/{number}", {"Registration-Secret": played.secrets[index]})
        assert answer.status_code == 200, answer.text
        (draw,) = answer.json["draws"]
        seen.add(draw["where"])
        if draw["where"] == "placed":
            assert len(draw["place"]["pickup_code"]) == 12
            assert draw["outcome"]["has_won"] is True
    assert {"placed", "waiting", "not-eligible", "withdrawn"} <= seen


def test_threat_slipped_in_or_left_out_registering_after_closing_is_refused(sqlite_service: Service):
    play_to(sqlite_service, DrawStatus.CLOSED)
    partner = Partner(make_app(sqlite_service), sqlite_service)
    answer = partner.send(AT, _without_phone(), partner.token("helper"))
    assert (answer.status_code, answer.json["code"]) == (409, "registration-closed")
    assert (
        partner.send("/rounds/none/registrations", _without_phone(), partner.token("helper")).status_code
        == 404
    )


def test_a_code_is_checked_a_few_times_and_taken_once(one: Partner):
    asked = one.send("/phone-codes", {"phone": PERSON.phone, "language": "en"}).json
    words = one.deliver()[-1][1]
    wrong = one.send(f"/phone-codes/{asked['id']}/check", {"code": "abcdef"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "wrong-code")
    right = {"code": words[:6]}
    assert one.send(f"/phone-codes/{asked['id']}/check", right).status_code == 200
    used = one.send(f"/phone-codes/{asked['id']}/check", right)
    assert (used.status_code, used.json["code"]) == (422, "code-expired")
    # Asking again within the minute looks the same, and sends nothing.
    again = one.send("/phone-codes", {"phone": PERSON.phone, "language": "en"})
    assert again.status_code == 202
    assert one.deliver() == []
