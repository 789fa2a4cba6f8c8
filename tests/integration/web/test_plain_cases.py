"""Plain cases are answered before Flask as Flask would; whatever is not plain is as if nobody had looked at it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from structlog.testing import capture_logs

from maskres.config import WebSettings
from maskres.usecases.registration import registering_at_once
from maskres.usecases.rounds.memory import Memory
from maskres.usecases.service import Service
from maskres.web.access import access_of
from maskres.web.api import plain, plain_cases
from maskres.web.api.routes import PREFIX
from maskres.web.door import Door
from maskres.web.limits import Limiter, Limits
from tests.support.api import Partner, application
from tests.support.people import make_people
from tests.support.raw import fetch
from tests.support.web import make_app
from tests.support.world import ROUND, open_round

ONE, TWO = make_people(2)
AT = f"/rounds/{ROUND}/registrations"


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each request of a plain case's address, whether it was answered as one."""
    told: list[bool] = []
    real = plain.PlainCases._try

    def look(*args: Any) -> Any:
        answer = real(*args)
        told.append(answer is not None)
        return answer

    monkeypatch.setattr(plain.PlainCases, "_try", look)
    return told


@pytest.fixture
def app(postgres_service: Service) -> Flask:
    open_round(postgres_service)
    return make_app(postgres_service)


@pytest.fixture
def one(app: Flask, postgres_service: Service) -> Partner:
    return Partner(app, postgres_service)


def test_the_headers_are_those_of_flask(one: Partner, passed: list[bool], monkeypatch: pytest.MonkeyPatch):
    token, answers = one.token("helper"), []
    for nth, person in enumerate((ONE, TWO)):
        if nth:
            monkeypatch.setattr(plain.PlainCases, "_try", lambda *_: None)
        answers.append(one.send(AT, application(person), token | {"X-Request-Id": "the-proxy-gave-it"}))
    assert passed == [True]
    assert [each.status for each in answers] == ["201 CREATED"] * 2
    told = [{name: value for name, value in each.headers if name != "Content-Length"} for each in answers]
    assert told[0] == told[1]
    assert told[0]["X-Request-Id"] == "the-proxy-gave-it"
    assert [int(each.headers["Content-Length"]) for each in answers] == [len(each.data) for each in answers]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"query_string": "language=en"}, 201, None),
        ({"query_string": "lang=en"}, 422, "bad-fields"),
        ({"content_type": "application/json; charset=utf-8"}, 201, None),
        ({"content_type": "text/plain"}, 415, "wrong-media-type"),
        ({"headers": {"Content-Encoding": "gzip"}}, 415, "content-encoded"),
        ({"headers": {"Idempotency-Key": "short"}}, 422, "bad-fields"),
        ({"headers": {"Authorization": "Bearer maskres_nobody"}}, 401, "bad-token"),
        ({"headers": {"Authorization": ""}}, 401, "bad-token"),
        ({"data": b"{"}, 400, "bad-json"),
        ({"data": b'{"name": "A", "name": "B"}'}, 400, "bad-json"),
        ({"data": b"[" * 9 + b"]" * 9}, 400, "bad-json"),
        ({"data": b'{"name": 1}'}, 422, "bad-fields"),
        ({"data": b" " * 70_000}, 413, "too-large"),
        ({"method": "PUT"}, 405, "wrong-method"),
    ],
)
def test_what_is_not_plain_is_answered_by_flask(
    one: Partner, passed: list[bool], changes: dict[str, Any], status: int, code: str | None
):
    asked: dict[str, Any] = {
        "method": "POST",
        "data": json.dumps(application(ONE)).encode(),
        "content_type": "application/json",
    } | changes
    asked["headers"] = one.token("helper") | changes.get("headers", {})
    answer = one.app.test_client().open(PREFIX + AT, **asked)
    assert (answer.status_code, answer.json.get("code")) == (status, code)
    assert not any(passed)


def test_a_body_that_ends_early_registers_nobody(one: Partner, passed: list[bool]):
    data = json.dumps(application(ONE)).encode()
    answer = one.app.test_client().post(
        PREFIX + AT,
        input_stream=io.BytesIO(data[:-1]),
        content_type="application/json",
        headers=one.token("helper") | {"Content-Length": str(len(data))},
    )
    assert answer.status_code == 400
    assert passed == [False]


def test_a_token_of_another_role_is_told_so(one: Partner, passed: list[bool]):
    refused = one.send(AT, application(ONE), one.token("counter", "siming-1"))
    assert (refused.status_code, refused.json["code"]) == (403, "wrong-role")
    assert passed == [False]


def test_an_error_within_is_logged_and_the_general_way_goes_on(
    one: Partner, passed: list[bool], monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: Any) -> None:
        raise RuntimeError("with something personal in it")

    monkeypatch.setattr(registering_at_once, "prepare", fail)
    with capture_logs() as lines:
        assert one.send(AT, application(ONE), one.token("helper")).status_code == 201
    assert passed == [False]
    assert fetch(one.service.database, "SELECT count(*) FROM registrations") == [(1,)]
    (line,) = (each for each in lines if each["event"] == "plain-case-failed")
    assert line["error"] == "RuntimeError"
    assert "personal" not in str(lines)


def test_what_is_left_to_flask_is_counted_once(
    one: Partner, passed: list[bool], monkeypatch: pytest.MonkeyPatch
):
    counted: list[str] = []
    real = Limiter.require

    def count(self: Limiter, rules: Any, endpoint: str, who: str) -> None:
        counted.append(endpoint)
        real(self, rules, endpoint, who)

    monkeypatch.setattr(Limiter, "require", count)
    token = one.token("helper")
    for _ in range(2):
        one.send(AT, application(ONE), token)
    assert passed == [True, False]
    assert counted == ["registrations.register_person"] * 2


def test_a_limit_that_is_reached_is_said_by_flask(
    one: Partner, passed: list[bool], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Limiter, "_give", lambda *_: False)
    refused = one.send(AT, application(ONE), one.token("helper"))
    assert refused.status_code == 429
    assert passed == [False]


def cases_of(service: Service) -> Sequence[plain.PlainCase]:
    return plain_cases.plain_cases(
        Door(service, WebSettings("http://localhost"), Limits(None), Memory(service))
    )


def test_each_is_a_case_of_a_route_that_has_all_others(app: Flask, postgres_service: Service):
    cases = cases_of(postgres_service)
    routes = {
        (rule.endpoint, rule.rule) for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())
    }
    assert len(cases) == 2
    for case in cases:
        assert (case.endpoint, PREFIX + case.address) in routes
        access = access_of(app, case.endpoint, "POST")
        assert access is not None
        assert not access.roles or access.roles == {case.role}


def test_on_sqlite_there_are_none(sqlite_service: Service):
    assert cases_of(sqlite_service) == ()
