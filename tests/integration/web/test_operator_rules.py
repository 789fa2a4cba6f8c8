"""The rules of a draft on their form: begun from a suggestion, previewed in words, kept, and frozen by the opening."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from maskres.db import rounds
from maskres.formats import strict_json
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.rules import Basis, Rules, StratumRule
from maskres.rounds.rules_file import INTEGERS, read_rules
from maskres.usecases.rounds.steps import open_round
from maskres.usecases.service import Service
from maskres.web.operator.rules_fields import form_of, read_form
from tests.support.office import Desk, digest_shown
from tests.support.people import make_rules
from tests.support.web import PASSWORD, code_of, csrf, log_in, make_account, make_app, send
from tests.support.world import OPERATOR, ROUND, SEED, create_round, pass_time

PAGE = f"/operator/rounds/{ROUND}/rules"
_STORES = "store,district,name,address,opens,closes\nhuli-1,huli,中山药店,中山路2号,08:30,18:00\n".encode()


@pytest.fixture
def desk(sqlite_service: Service, tmp_path: Path) -> Desk:
    return Desk(sqlite_service, tmp_path / "bundles")


def rules_of(service: Service, slug: str = ROUND) -> Rules:
    with service.database.reading() as c:
        return rounds.find_round(c, slug).rules


def fields_of(rules: Rules) -> dict[str, Any]:
    """Give the fields of the form as a browser sends them."""
    values = form_of(rules).values
    return {name: value.split("|") if name.endswith("_bases") else value for name, value in values.items()}


def look(desk: Desk, fields: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> tuple[str, str]:
    """Send the form of the rules; gives the address of the page that says what would change, and that page."""
    sent = desk.post("operator", PAGE, fields, files)
    assert sent.status_code == 303, sent.text
    where = sent.headers["Location"]
    return where, desk.get("operator", where).text


def test_rules_are_changed_by_form_after_a_look_at_what_would_change(desk: Desk) -> None:
    service = desk.service
    create_round(service)
    before = rules_of(service)
    fields = fields_of(before) | {
        "quantity": "7",
        "basis_employment": "1",
        "basis_household": "2",
        "basis_insurance": "3",
        "group_1_stratum": "insured",
        "group_1_max_age": "30",
        "group_1_bases": ["insurance", "employment"],
        "act": "preview",
    }
    preview, shown = look(desk, fields)
    assert rules_of(service) == before, "nothing is changed by looking"
    new, gone = (re.findall(rf">{word}</strong> <(?:strong|s)>([^<]+)", shown) for word in ("new", "gone"))
    assert any("7" in line for line in new) and any("5" in line for line in gone)
    stale = desk.post("operator", preview, {"approved": "0" * 64})
    assert stale.status_code == 422 and "Something changed since you looked" in stale.text
    approved = digest_shown(shown)
    nine, _ = look(desk, fields | {"quantity": "9"})
    unseen = desk.post("operator", nine, {"approved": approved})
    assert unseen.status_code == 422 and rules_of(service) == before, "other rules than those looked at"
    edited = desk.get("operator", html.unescape(re.findall(r'href="([^"]+\?from=[^"]+)"', shown)[0]))
    assert 'name="quantity" type="text" spellcheck="false" value="7"' in edited.text, "what was typed is kept"
    kept = desk.post("operator", preview, {})
    assert kept.headers.get("Location") == f"/operator/rounds/{ROUND}", kept.text
    again = desk.post("operator", preview, {"approved": approved})
    assert again.headers.get("Location") == PAGE, "pressed twice, it is kept once"
    assert "perhaps they are kept already" in desk.get("operator", PAGE).text
    back = desk.client("operator").get(preview)
    assert back.headers.get("Location") == PAGE, "the browser's Back: what the draft has now"
    assert desk.approvals("rules-changed") == [approved]
    after = rules_of(service)
    assert (after.quantity, after.bases[0]) == (7, Basis("employment"))
    assert after.strata[1] == StratumRule("insured", max_age=30, bases=("insurance", "employment"))

    other = desk.post(
        "operator", PAGE, {"act": "preview"}, {"file": strict_json.dumps(make_rules("other-1"))}
    )
    assert other.status_code == 422 and "the rules of another round" in other.text
    filed = strict_json.dumps(make_rules(ROUND, quantity=9))
    assert "What would change" in look(desk, {"act": "preview"}, {"file": filed})[1]
    narrow, shown = look(desk, fields_of(after) | {"districts": "huli", "act": "preview"})
    assert "Districts that would go" in shown
    refused = desk.post("operator", narrow, {})
    assert refused.status_code == 422 and "not a district of the round" in refused.text

    open_round(service, OPERATOR, ROUND)
    frozen = desk.get("operator", PAGE).text
    assert "can never be changed" in frozen and 'name="quantity"' not in frozen
    assert desk.post("operator", PAGE, fields).status_code == 409
    late = desk.client("operator").get(narrow)
    assert late.headers.get("Location") == PAGE, "nothing is to be kept of rules that are frozen"
    assert rules_of(service) == after


def test_every_field_says_in_words_what_it_must_be(desk: Desk) -> None:
    create_round(desk.service)
    right = fields_of(rules_of(desk.service)) | {"act": "preview"}
    wrong = dict.fromkeys((*INTEGERS, "months", "of_last", "tickets_per_round_waited", "max_tickets"), "１x")
    wrong |= {"zone": "Mars", "goods": " ", "districts": "Huli", "others": "", "basis_household": "2"}
    wrong |= dict.fromkeys(("reference_date", "personal_data_until", "person_data_until"), "2020-13-01")
    wrong |= {
        "group_0_stratum": "Ä",
        "group_0_min_age": "-1",
        "group_0_max_age": "200",
        "basis_insurance": "2",
    }
    answer = desk.post("operator", PAGE, right | wrong)
    assert answer.status_code == 422
    summary = answer.text.split("govuk-error-summary__list")[1].split("</ul>")[0]
    assert set(re.findall(r'href="#([a-z_0-9]+)"', summary)) == set(wrong) - {"basis_insurance"}
    for name in set(wrong) - {"basis_insurance"}:
        assert f'id="{name}-error"' in answer.text, name
    assert 'value="１x"' in answer.text
    across: list[tuple[dict[str, Any], str]] = [
        ({"personal_data_until": "2020-01-01"}, "personal_data_until"),
        ({"person_data_until": "2020-03-01"}, "person_data_until"),
        ({"months": "13"}, "months"),
        ({"group_0_min_age": "", "group_0_max_age": ""}, "group_0_stratum"),
        ({"group_1_stratum": "elderly", "group_1_min_age": "9"}, "group_1_stratum"),
        ({"group_0_max_age": "50"}, "group_0_min_age"),
        ({"group_0_bases": ["employment"]}, "group_0_bases"),
        ({f"group_{row}_stratum": f"g{row}" for row in range(9)}
         | {f"group_{row}_min_age": str(20 + 2 * row) for row in range(9)}
         | {f"group_{row}_max_age": str(100 - 3 * row) for row in range(9)}, "group_0_stratum"),
        (dict.fromkeys(("basis_household", "basis_insurance"), ""), "basis_household"),
    ]  # fmt: skip
    for changes, field in across:
        said = desk.post("operator", PAGE, right | changes)
        assert said.status_code == 422 and f'href="#{field}"' in said.text, (field, changes)


def test_what_a_form_holds_is_what_the_rules_say() -> None:
    for changes in ({}, {"strata": [{"stratum": "all"}]}, {"bases": [{"register": "employment"}]}):
        rules = read_rules(strict_json.dumps(make_rules(ROUND, **changes)))
        assert read_form(form_of(rules)) == rules


def test_a_round_begins_with_suggested_rules_or_those_of_an_earlier_one(desk: Desk) -> None:
    notary, witness = (key.verifier.text for key in cosigner_keys(SEED))
    fields = {
        "notary": notary,
        "witness": witness,
        "closes_at": "2020-02-10T09:00",
        "rules_from": "suggested",
    }
    files = {"stores": _STORES}
    bad = desk.post("operator", "/operator/rounds/new", fields | {"round": "Xiamen 1"}, files)
    assert bad.status_code == 422 and 'href="#round"' in bad.text and "Xiamen 1" in bad.text
    for slug, source in (("xiamen-2020-1", "suggested"), ("xiamen-2020-2", "xiamen-2020-1")):
        made = desk.post(
            "operator", "/operator/rounds/new", fields | {"round": slug, "rules_from": source}, files
        )
        assert made.headers.get("Location") == f"/operator/rounds/{slug}", html.unescape(made.text)
        rules = rules_of(desk.service, slug)
        assert (rules.round, rules.districts) == (slug, ("huli",))
        assert read_rules(rules.to_json()) == rules
    twice = desk.post("operator", "/operator/rounds/new", fields | {"round": slug}, files)
    assert twice.status_code == 422 and "a round of this name already" in twice.text
    # Nobody could tell it from xiamen-2020-2: both are round 2 of 2020.
    alike = desk.post("operator", "/operator/rounds/new", fields | {"round": "masks-2020-02"}, files)
    assert alike.status_code == 422 and 'href="#round"' in alike.text
    assert "another round that people know as Round 2 of 2020" in alike.text


def test_a_round_without_its_files_and_keys_names_each(desk: Desk) -> None:
    said = desk.post("operator", "/operator/rounds/new", {"rules_from": "file"})
    assert said.status_code == 422
    for words in ("file of the rules", "file of the stores", "the notary&#39;s key", "the witness&#39;s key"):
        assert said.text.count(words) == 2, words  # in the summary, and at the field


def test_what_was_typed_survives_the_end_of_the_session_for_the_same_person_alone(desk: Desk) -> None:
    service = desk.service
    create_round(service)
    fields = {
        "goods": "gloves",
        "quantity": "7",
        "act": "preview",
        "group_0_bases": ["household", "insurance"],
    }
    for is_same in (False, True):
        client = log_in(make_app(service), service, "operator")
        client.set_cookie("lang", "en")
        token = csrf(client, PAGE)
        pass_time(service, hours=3)
        ended = client.post(PAGE, data=fields | {"csrf_token": token})
        assert ended.location.startswith("/staff/login")
        account = make_account(service, "operator" if is_same else "auditor")
        for step, answers in (
            (ended.location, {"name": account.name, "password": PASSWORD}),
            ("/staff/code", {"code": code_of(service, account)}),
        ):
            assert send(client, step, answers).status_code == 303
        shown = client.get(PAGE)
        assert ("What you typed stands here once more" in shown.text) == is_same
        assert ('value="gloves"' in shown.text) == is_same
        assert "What you typed" not in client.get(PAGE).text
    assert rules_of(service).goods == "masks", "nothing was done by it"
