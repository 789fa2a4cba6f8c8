"""The API answers as its description says: schemathesis finds no answer that is not documented."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi

from maskres.usecases.registration.proofs import secret_of
from maskres.usecases.telling.phone_proofs import make_phone_proof
from maskres.web.limits import Limiter
from tests.support.api import Partner
from tests.support.collecting import Counters
from tests.support.web import make_app

pytest_plugins = ("tests.support.collecting_fixtures",)
CHECKS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    openapi.negative_data_rejection,
]
#: Of each kind and operation: what is made up and sound, what is made up and not, and addresses made up too.
EXAMPLES = {"sound": 5, "unsound": 6, "elsewhere": 2}
_bounded = {
    kind: settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for kind, count in EXAMPLES.items()
}


@pytest.fixture
def partner(sqlite_counters: Counters, monkeypatch: pytest.MonkeyPatch) -> Partner:
    sqlite_counters.at(9.2)
    # Not how often is tried here, but what is answered.
    monkeypatch.setattr(Limiter, "require", lambda *_: None)
    return Partner(make_app(sqlite_counters.service), sqlite_counters.service)


def credentials(partner: Partner, counters: Counters, number: str) -> dict[str, dict[str, str]]:
    """Give what is shown at the operations of each subject."""
    phone = f"+86{counters.holder(number).phone}"
    proof, _ = make_phone_proof(partner.service, phone)
    secret = secret_of(partner.service, counters.slug, number)
    return {
        "counters": partner.token("counter", "huli-1"),
        "registrations": {"Phone-Proof": proof, "Registration-Secret": secret},
    }


def _sender(headers: dict[str, str], statuses: set[int]) -> Any:
    def send(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS, headers=headers)

    return send


def test_no_answer_is_undocumented(partner: Partner, sqlite_counters: Counters):
    number = sqlite_counters.winner()
    shown = credentials(partner, sqlite_counters, number)
    there: dict[str, Any] = {
        "round": sqlite_counters.slug,
        "store": "huli-1",
        "draw": 1,
        "number": number,
        "name": "result.csv",
        "size": 1,
        "old_size": 1,
        "entry": 0,
        "id": "0" * 32,
    }
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", partner.app)
    answered: dict[str, set[int]] = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        headers = shown.get((operation.tags or [""])[0], {})
        statuses = answered.setdefault(operation.label, set())

        send = _sender(headers, statuses)
        names = {parameter.name for parameter in operation.path_parameters}
        known = {name: value for name, value in there.items() if name in names}
        sound = operation.as_strategy(path_parameters=known or None)
        _bounded["sound"](given(case=sound)(send))()
        if operation.body or operation.query:
            unsound = operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=known or None)
            _bounded["unsound"](given(case=unsound)(send))()
        if known:
            _bounded["elsewhere"](given(case=operation.as_strategy())(send))()
    assert len(answered) >= 23
    # The tries came past the door: every operation did what it is there for, but those that nobody can make up.
    done = {label for label, statuses in answered.items() if statuses & {200, 201, 202}}
    assert set(answered) - done <= {
        "POST /api/v1/checkpoints/{size}/cosignatures",
        "POST /api/v1/phone-codes",
        "POST /api/v1/phone-codes/{id}/check",
        "POST /api/v1/rounds/{round}/registrations",
        "PUT /api/v1/rounds/{round}/registrations/{number}/wishes",
        "POST /api/v1/rounds/{round}/stores/{store}/look-ups",
        "POST /api/v1/rounds/{round}/stores/{store}/hand-overs",
    }


def test_the_description_is_openapi_31_and_says_who_may_do_what(partner: Partner):
    document = partner.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    operations = [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    for path, _method, operation in operations:
        assert operation["summary"].endswith("."), path
        assert "security" in operation, path
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["description"]


def test_a_method_that_is_not_there_says_which_are(partner: Partner):
    answer = partner.send("/rounds", {}, method="DELETE")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.json["version"] == 1
