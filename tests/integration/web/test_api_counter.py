"""The counter by the API: tokens bound to a store, look-ups that tell strangers nothing, hand-overs done once."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest
from sqlalchemy import event

from maskres.formats.keyed import KeyedHash
from maskres.formats.symbols import grouped
from maskres.identity.names import masked_name
from tests.support.api import Partner
from tests.support.collecting import Counters
from tests.support.raw import fetch
from tests.support.web import make_app

pytest_plugins = ("tests.support.collecting_fixtures",)
STORE, OTHER = "huli-1", "siming-1"


class Shop:
    """A store's till system."""

    def __init__(self, counters: Counters, store: str = STORE) -> None:
        self.counters = counters
        self.partner = Partner(make_app(counters.service), counters.service)
        self.token = self.partner.token("counter", store)
        self.store = store

    def post(self, act: str, body: object, store: str | None = None, **headers: str):
        path = f"/rounds/{self.counters.slug}/stores/{store or self.store}/{act}"
        return self.partner.send(path, body, self.token | headers)


@pytest.fixture
def shop(counters: Counters) -> Shop:
    counters.at(9.2)
    return Shop(counters)


@pytest.fixture
def one(sqlite_counters: Counters) -> Shop:
    sqlite_counters.at(9.2)
    return Shop(sqlite_counters)


def test_a_winner_is_looked_up_served_once_and_the_slip_undone(shop: Shop):
    code = shop.counters.code(shop.counters.winner())
    shown = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()
    assert shop.post("look-ups", {"code": shown}).json["answer"] == "valid"
    act = {"nonce": shop.counters.nonce(), "code": code}
    first = shop.post("hand-overs", act)
    assert (first.status_code, first.json["answer"]) == (200, "handed-out")
    assert shop.post("hand-overs", act).json == first.json
    second = shop.post("hand-overs", act | {"nonce": shop.counters.nonce()})
    assert second.json["answer"] == "already-handed-out"
    assert second.json["till"] == shop.partner.names[-1]
    assert second.json["handed_out_at"].endswith("Z")
    undo = {"nonce": shop.counters.nonce(), "undoes": act["nonce"]}
    assert shop.post("undos", undo).json["answer"] == "undone"
    assert shop.post("undos", undo).json["answer"] == "undone"
    assert shop.post("look-ups", {"code": code}).json["answer"] == "valid"


def test_a_winner_who_brought_only_the_card_is_served_at_the_store_on_the_day(one: Shop):
    person = one.counters.holder(one.counters.winner())
    act = {"nonce": one.counters.nonce(), "card": {"id_number": person.id_number.lower()}}
    assert one.post("hand-overs", act).json["answer"] == "handed-out"
    away = one.counters.holder(one.counters.winner(OTHER))
    act = {"nonce": one.counters.nonce(), "card": {"id_number": away.id_number}}
    assert one.post("hand-overs", act).json["answer"] == "unknown"
    bad = one.post("hand-overs", {"nonce": one.counters.nonce(), "card": {"id_number": "1"}})
    assert (bad.status_code, bad.json["errors"][0]["field"]) == (422, "card.id_number")


def test_a_look_up_says_whom_to_compare_and_each_reading_is_logged(shop: Shop):
    counters = shop.counters
    number = counters.winner()
    person = counters.holder(number)
    seen = shop.post("look-ups", {"code": counters.code(number)}).json
    assert seen["answer"] == "valid"
    assert seen["identity"] == {"name": masked_name(person.name), "last_four": person.id_number[-4:]}
    assert seen["starts_at"].endswith("Z") and seen["starts_at"] < seen["ends_at"]
    assert _readings(shop, number) == ["identity"]

    by_card = shop.post("look-ups", {"card": {"id_number": person.id_number}}).json
    assert by_card["identity"] == seen["identity"]
    assert _readings(shop, number) == ["identity", "card", "identity"]
    shop.post("look-ups", {"card": {"id_number": person.id_number}})
    told = [(phone, words) for phone, words in shop.partner.deliver() if "by the card alone" in words]
    ((phone, words),) = told
    assert phone == f"+86{person.phone}", "told once a store and day"
    assert grouped(number) in words and person.id_number not in words and person.name not in words

    elsewhere = counters.code(counters.winner(OTHER))
    for code in (elsewhere, "000000000000"):
        assert shop.post("look-ups", {"code": code}).json["identity"] is None
    for refused in (
        shop.post("look-ups", {}),
        shop.post("look-ups", {"code": elsewhere, "card": {"id_number": person.id_number}}),
    ):
        assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "one-of-three")


def _readings(shop: Shop, number: str) -> list[str]:
    rows = fetch(
        shop.counters.service.database,
        "SELECT detail FROM audit_log WHERE act = 'personal-data-read' AND number = :n ORDER BY id",
        n=number,
    )
    return [json.loads(row[0])["what"] for row in rows]


def test_a_store_says_that_it_is_sold_out_and_takes_it_back(shop: Shop):
    at = f"/rounds/{shop.counters.slug}/stores"

    def put(state: str, store: str = STORE):
        return shop.partner.send(f"{at}/{store}/state", {"state": state}, shop.token, method="PUT")

    said = put("sold-out")
    assert (said.status_code, said.json["state"]) == (200, "sold-out")
    assert put("sold-out").json == said.json
    shown = {each["store"]: each for each in shop.partner.get(at).json["stores"]}
    assert (shown[STORE]["state"], shown[STORE]["state_since"]) == ("sold-out", said.json["since"])
    assert (shown[OTHER]["state"], shown[OTHER]["state_since"]) == ("open", None)
    assert put("open").json["state"] == "open"
    assert put("sold-out", OTHER).status_code == 404
    assert put("on fire").json["errors"][0]["code"] == "unknown-word"


def test_what_was_done_without_network_is_taken_once_and_conflicts_are_told(shop: Shop):
    counters = shop.counters
    here, twice = counters.code(counters.winner()), counters.code(counters.winner(nth=1))
    assert shop.post("hand-overs", {"nonce": counters.nonce(), "code": twice}).json["answer"] == "handed-out"
    kept = [
        {"nonce": counters.nonce(), "code": code, "claimed_at": "2020-02-13T01:05:00Z"}
        for code in (here, twice, "000000000000")
    ]
    first = shop.post("uploads", {"acts": kept, "is_complete": True})
    assert [each["answer"] for each in first.json["answers"]] == ["handed-out", "conflict", "conflict"]
    assert [each["reason"] for each in first.json["answers"]][1:] == ["already-handed-out", "unknown"]
    assert shop.post("uploads", {"acts": kept}).json == first.json


def test_another_stores_code_is_told_only_with_a_valid_code_and_its_objects_are_not_there(shop: Shop):
    code = shop.counters.code(shop.counters.winner(OTHER))
    told = shop.post("look-ups", {"code": code}).json
    assert (told["answer"], told["store"]) == ("other-store", OTHER)
    assert shop.post("look-ups", {"code": "000000000000"}).json["answer"] == "unknown"
    nothing_there = shop.post(
        "look-ups", {"code": code}, store="no-such-store", **{"X-Request-Id": "same-same"}
    )
    for act, body in (
        ("look-ups", {"code": code}),
        ("hand-overs", {"nonce": shop.counters.nonce(), "code": code}),
        ("undos", {"nonce": shop.counters.nonce(), "undoes": "nonce-000000000000"}),
        ("uploads", {"acts": []}),
    ):
        answer = shop.post(act, body, store=OTHER, **{"X-Request-Id": "same-same"})
        assert answer.status_code == 404, act
        assert answer.data == nothing_there.data
    elsewhere = Shop(shop.counters, OTHER)
    done = {"nonce": shop.counters.nonce(), "code": code}
    assert elsewhere.post("hand-overs", done).json["answer"] == "handed-out"
    undo = {"nonce": shop.counters.nonce(), "undoes": done["nonce"]}
    assert shop.post("undos", undo).json["answer"] == "unknown"


@pytest.mark.parametrize(
    ("act", "body", "field", "code"),
    [
        ("hand-overs", {"code": "000000000000"}, "nonce", "missing-field"),
        ("hand-overs", {"nonce": "short", "code": "000000000000"}, "nonce", "bad-length"),
        ("hand-overs", {"nonce": "n" * 20}, "code", "one-of-three"),
        ("hand-overs", {"nonce": "n" * 20, "code": "0", "card": {"id_number": "1"}}, "code", "one-of-three"),
        ("hand-overs", {"nonce": "n" * 20, "code": "no code"}, "code", "bad-number"),
        ("hand-overs", {"nonce": "n" * 20, "code": "000000000000", "till": "x"}, "till", "unknown-field"),
        ("look-ups", {"code": 7}, "code", "wrong-type"),
        ("uploads", {"acts": [{"nonce": "n" * 20, "code": "0" * 12}]}, "acts.0.claimed_at", "missing-field"),
        (
            "uploads",
            {"acts": [{"nonce": "n" * 20, "code": "0" * 12, "claimed_at": "2020-02-13"}]},
            "acts.0.claimed_at",
            "bad-time",
        ),
    ],
)
def test_what_cannot_be_read_is_named(one: Shop, act, body, field, code):
    answer = one.post(act, body)
    assert answer.status_code == 422, answer.text
    assert (field, code) in {(each["field"], each["code"]) for each in answer.json["errors"]}


def test_who_may_not_is_told_so(one: Shop):
    body = {"code": "000000000000"}
    path = f"/rounds/{one.counters.slug}/stores/{STORE}/look-ups"
    assert one.partner.send(path, body).status_code == 401
    helper = one.partner.send(path, body, one.partner.token("helper"))
    assert (helper.status_code, helper.json["code"]) == (403, "wrong-role")
    # Who may not is told so before the body is read.
    assert one.partner.send(path, b"{", one.partner.token("helper")).status_code == 403
    one.token = one.partner.token("counter", "no-part-in-it")
    assert one.post("look-ups", body, store="no-part-in-it").status_code == 404


def test_looking_up_is_limited_by_token(one: Shop):
    answers = [one.post("look-ups", {"code": "000000000000"}) for _ in range(125)]
    assert [answer.status_code for answer in answers[:120]] == [200] * 120
    assert {answer.status_code for answer in answers[120:]} == {429}
    assert answers[-1].json["code"] == "too-many-requests"
    assert "Retry-After" in answers[-1].headers
    one.token = one.partner.token("counter", STORE)
    assert one.post("look-ups", {"code": "000000000000"}).status_code == 200


def work_of(shop: Shop, monkeypatch: pytest.MonkeyPatch, code: str) -> tuple[list[str], int]:
    """Look a code up; gives every statement that is run for it, and how many digests are made."""
    statements: list[str] = []
    digests = 0
    digest = KeyedHash.digest
    hmac_digest = hmac.digest

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    def count_keyed(keyed: KeyedHash, message: bytes) -> bytes:
        nonlocal digests
        digests += 1
        return digest(keyed, message)

    def count(*args: Any) -> bytes:
        nonlocal digests
        digests += 1
        return hmac_digest(*args)

    engine = shop.counters.service.database.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(KeyedHash, "digest", count_keyed)
            patched.setattr("hmac.digest", count)
            assert shop.post("look-ups", {"code": code}).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return statements, digests


def test_hit_miss_used_and_elsewhere_are_told_apart_by_the_same_work(
    one: Shop, monkeypatch: pytest.MonkeyPatch
):
    hit, used = (one.counters.code(one.counters.winner(nth=nth)) for nth in (0, 1))
    one.post("hand-overs", {"nonce": one.counters.nonce(), "code": used})
    elsewhere = one.counters.code(one.counters.winner(OTHER))
    missed, digests = work_of(one, monkeypatch, "000000000000")
    assert digests >= 2, "the token's, and the code's"
    assert "FROM places" in missed[-1] and "code_digest" in missed[-1]
    # Whatever follows is for the words of an answer that names the winner, the till or the other store.
    for code in (hit, used, elsewhere):
        statements, as_many = work_of(one, monkeypatch, code)
        assert statements[: len(missed)] == missed
        assert as_many == digests
