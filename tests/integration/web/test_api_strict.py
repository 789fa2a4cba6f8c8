"""What is sent to the API is read strictly, a key makes a request happen once, and cookies have no power there."""

from __future__ import annotations

import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import structlog

from maskres.app import bare_app, furnish
from maskres.config import WebSettings
from maskres.usecases.accounts.tokens import revoke_token
from maskres.usecases.registration.registering import read_contact
from maskres.usecases.service import SERVICE, Service
from maskres.usecases.work import idempotency
from tests.support.api import PREFIX, Partner, application
from tests.support.people import make_person
from tests.support.raw import fetch
from tests.support.web import log_in, make_app
from tests.support.world import OPERATOR, ROUND, open_round, pass_time

AT = f"/rounds/{ROUND}/registrations"
PERSON = make_person(1)
KEY = {"Idempotency-Key": "0f4c1a52-6d2b-4be0-9c1d-000000000001"}


def make_partner(service: Service) -> Partner:
    open_round(service)
    pass_time(service, hours=1)
    return Partner(make_app(service), service)


@pytest.fixture
def partner(sqlite_service: Service) -> Partner:
    return make_partner(sqlite_service)


def body_of(**changes) -> dict[str, object]:
    return application(PERSON) | changes


def send_in_pieces(partner: Partner, body: bytes):
    """Send a body without its length, as gunicorn hands one over that came in chunks."""
    return partner.app.test_client().post(
        PREFIX + AT,
        input_stream=io.BytesIO(body),
        content_type="application/json",
        headers=partner.token("helper") | {"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


def count_registered(partner: Partner) -> int:
    return fetch(partner.service.database, "SELECT count(*) FROM registrations")[0][0]


GOOD = json.dumps(application(PERSON)).encode()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": "a", "name": "b"}', 400, "bad-json"),
        (b'{"name": NaN}', 400, "bad-json"),
        (b'{"name": 1e999}', 400, "bad-json"),
        (b'{"name": 1.0}', 400, "bad-json"),
        (b'{"name": "a\\u0000b"}', 400, "bad-json"),
        (b'{"name": "\\ud800"}', 400, "bad-json"),
        (b'{"\\udfff": 1}', 400, "bad-json"),
        (b'{"name": "\xff"}', 400, "bad-json"),
        (b"\xef\xbb\xbf{}", 400, "bad-json"),
        (b"[]", 400, "bad-json"),
        (b"", 400, "bad-json"),
        (b"{" * 3, 400, "bad-json"),
        (b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}", 400, "bad-json"),
        (b'{"a":' + b"[" * 60000 + b"}", 400, "bad-json"),
        (b'{"name": "' + b"x" * 70_000 + b'"}', 413, "too-large"),
        (GOOD[:-1] + b', "store": "huli-1"}', 422, "unknown-field"),
        (GOOD[:-1] + b', "status": "won"}', 422, "unknown-field"),
    ],
)
def test_a_body_that_two_readers_could_read_differently_is_refused(partner: Partner, body, status, code):
    answer = partner.send(AT, body, partner.token("helper"))
    assert (answer.status_code, answer.json["code"] if status != 422 else code) == (status, code), answer.text
    assert answer.json["version"] == 1
    assert code in {each["code"] for each in answer.json["errors"]}
    assert count_registered(partner) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"keep": "yes"}, "keep"),
        ({"keep": 1}, "keep"),
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"name": ["a"]}, "name"),
        ({"name": ""}, "name"),
        ({"choices": "huli-1"}, "choices"),
        ({"choices": ["huli-1|siming-1"]}, "choices.0"),
        ({"choices": ["huli-1\n"]}, "choices.0"),
        ({"choices": [7]}, "choices.0"),
        ({"reach": "全市"}, "reach"),
        ({"sex": "男"}, "sex"),
    ],
)
def test_nothing_is_turned_into_something_else(partner: Partner, changes, field):
    answer = partner.send(AT, body_of(**changes), partner.token("helper"))
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json["errors"]] == [field]
    assert all(each["code"] != "bad-value" for each in answer.json["errors"])


@pytest.mark.parametrize(("spaces", "status"), [(0, 201), (64 * 1024 - len(GOOD), 201), (64 * 1024, 413)])
def test_a_body_without_its_length_is_read_whole_or_refused(partner: Partner, spaces, status):
    answer = send_in_pieces(partner, GOOD + b" " * spaces)
    assert answer.status_code == status, answer.text
    assert count_registered(partner) == (1 if status == 201 else 0)


def test_every_field_that_is_wrong_is_named(partner: Partner):
    answer = partner.send(AT, {"name": 1, "keep": "no", "extra": 1}, partner.token("helper"))
    found = {(each["field"], each["code"]) for each in answer.json["errors"]}
    assert found == {
        ("name", "wrong-type"),
        ("keep", "wrong-type"),
        ("extra", "unknown-field"),
        ("id_number", "missing-field"),
        ("district", "missing-field"),
        ("reach", "missing-field"),
        ("choices", "missing-field"),
    }


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", None, "application/jsonx"]
)
def test_another_kind_of_body_is_refused(partner: Partner, kind):
    answer = partner.send(AT, GOOD, partner.token("helper"), content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (415, "wrong-media-type")


def test_a_compressed_body_is_refused_and_a_foreign_charset(partner: Partner):
    helper = partner.token("helper")
    answer = partner.send(AT, GOOD, helper | {"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json["code"]) == (415, "content-encoded")
    answer = partner.send(AT, GOOD, helper, content_type="application/json; charset=gbk")
    assert answer.status_code == 415


def test_rare_characters_survive_the_round_trip(partner: Partner):
    rare = "𠮷野\U0002a6d6"
    answer = partner.send(AT, body_of(name=rare), partner.token("helper"))
    assert answer.status_code == 201, answer.text
    contact = read_contact(partner.service, OPERATOR, ROUND, answer.json["number"], "a test")
    assert contact.name == rare


def test_the_same_key_and_body_get_the_same_answer_and_are_done_once(service: Service):
    partner = make_partner(service)
    helper = partner.token("helper")
    first = partner.send(AT, body_of(), helper | KEY)
    again = partner.send(AT, json.dumps(body_of(), indent=3).encode(), helper | KEY)
    assert first.status_code == again.status_code == 201  # done anew it would be 200 "changed"
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    other = partner.send(AT, body_of(reach="city"), helper | KEY)
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")
    # Another holder's key is another key.
    assert partner.send(AT, body_of(), partner.token("helper") | KEY).status_code == 200


def test_ten_at_once_are_done_once(service: Service):
    partner = make_partner(service)
    helper = partner.token("helper")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: partner.send(AT, body_of(), helper | KEY), range(10)))
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.data for answer in done}) == 1
    assert all(a.json["code"] == "in-flight" for a in answers if a.status_code == 409)
    assert count_registered(partner) == 1
    changes = fetch(service.database, "SELECT count(*) FROM audit_log WHERE act LIKE 'registration-%'")
    assert changes[0][0] == 0


def test_a_killed_holders_key_expires(partner: Partner):
    helper = partner.token("helper")
    seen = []
    real = idempotency.hold

    def hold(service, scope, key, digest):
        seen.append((scope, key, digest))
        return real(service, scope, key, digest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(idempotency, "hold", hold)
        patch.setattr(idempotency, "answer", lambda *_: None)  # killed before it could say what it had done
        assert partner.send(AT, body_of(), helper | KEY).status_code == 201
    stuck = partner.send(AT, body_of(), helper | KEY)
    assert (stuck.status_code, stuck.json["code"]) == (409, "in-flight")
    pass_time(partner.service, seconds=31)
    assert partner.send(AT, body_of(), helper | KEY).status_code == 200
    assert count_registered(partner) == 1
    assert len(seen) == 1


def test_a_refusal_gives_its_key_up(partner: Partner):
    helper = partner.token("helper")
    assert partner.send(AT, body_of(district="atlantis"), helper | KEY).status_code == 422
    assert partner.send(AT, body_of(), helper | KEY).status_code == 201


@pytest.mark.parametrize("key", ["short", "x" * 81, "with a blank in the key"])
def test_a_key_has_a_form(partner: Partner, key):
    answer = partner.send(AT, body_of(), partner.token("helper") | {"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"


def test_a_session_has_no_power_here_and_a_revoked_token_none(partner: Partner):
    client = log_in(partner.app, partner.service, "helper")
    answer = client.post(PREFIX + AT, json=body_of())
    assert answer.status_code == 401
    helper = partner.token("helper")
    revoke_token(partner.service, SERVICE, partner.names[-1])
    assert partner.send(AT, body_of(), helper).status_code == 401
    assert count_registered(partner) == 0


def test_no_log_holds_what_was_sent(partner: Partner, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        proof = partner.verify(PERSON.phone)
        partner.send(AT, body_of(), proof | KEY)
        partner.send(AT, body_of(name=7), proof)
        partner.send(AT, body_of(id_number=PERSON.id_number[:-1]), proof)
        (slip,) = partner.get(AT, proof).json["registrations"]
        partner.get(f"{AT}/{slip['number']}", {"Registration-Secret": slip["secret"]})
        partner.get(f"{AT}/{PERSON.id_number}", {"Registration-Secret": slip["secret"]})
    said = repr(lines) + caplog.text + "".join(capfd.readouterr())
    assert len(lines) >= 8
    for canary in (
        PERSON.id_number[:-1],
        PERSON.phone,
        PERSON.name,
        slip["number"],
        slip["secret"],
        *proof.values(),
    ):
        assert canary not in said


def test_without_its_counter_guessing_is_refused_and_the_rest_goes_on(sqlite_service: Service):
    """Redis is lost: what guards codes fails closed, what does not goes on."""
    open_round(sqlite_service)
    app = furnish(bare_app(), sqlite_service, WebSettings("http://localhost", 0, "redis://127.0.0.1:1/0"))
    partner = Partner(app, sqlite_service)
    assert partner.send(AT, body_of(), partner.token("helper")).status_code == 201
    assert partner.get("/rounds").status_code == 200
    at = f"/rounds/{ROUND}/stores/huli-1/look-ups"
    answer = partner.send(at, {"code": "000000000000"}, partner.token("counter", "huli-1"))
    assert answer.status_code == 503, answer.text
    assert "Retry-After" in answer.headers
