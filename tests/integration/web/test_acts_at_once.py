"""What PostgreSQL does at once is what the general way does, to the last column; and whatever is not plain is left."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from maskres.db import at_once
from maskres.db.engine import Database
from maskres.registration.receipts import read_receipt
from maskres.usecases.accounts import tokens
from maskres.usecases.eligibility import deciding
from maskres.usecases.service import SERVICE, Service
from maskres.web.api.plain import PlainCases
from tests.support.api import Partner, application
from tests.support.collecting import Counters
from tests.support.lender import Lender
from tests.support.people import make_people
from tests.support.raw import fetch
from tests.support.web import make_app
from tests.support.world import OPERATOR, ROUND, hours_of, make_service, open_round, set_clock

pytest_plugins = ("tests.support.collecting_fixtures",)

ONE, TWO, THREE = make_people(3)
AT = f"/rounds/{ROUND}/registrations"
#: What the way taken must not show in; what is random, and the audit log's and persons' own ids, left out.
_SAME = (
    "SELECT round_id, number, status, id_digest, name_digest, phone_digest, key_version, age, sex, for_whom,"
    " is_keeping, district, reach, choices, seal, registered_at, changed_at, draw, ledger_size, entered_by,"
    " length(contact) FROM registrations ORDER BY number",
    "SELECT id_digest, key_version, data_version, length(canonical) FROM documents ORDER BY id_digest",
    "SELECT last_win_at, rounds_waited, bonus_tickets, kept_wishes, retained_until, count(*) FROM persons"
    " GROUP BY 1, 2, 3, 4, 5",
    "SELECT count(*) FROM registrations r JOIN documents d USING (id_digest) WHERE r.person_id = d.person_id",
    "SELECT at, actor, act, round, draw, number, detail FROM audit_log ORDER BY id",
    "SELECT scope, key, length(request_sha256), held_until, status, length(answer), data_version, expires_at,"
    " length(holder)"
    " FROM idempotency_keys ORDER BY key",
)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What was tried at once, and whether it was done."""
    taken: list[tuple[str, bool]] = []

    def spy(name: str) -> None:
        real = getattr(at_once, name)

        def act(*args: Any) -> bool:
            taken.append((name, real(*args)))
            return taken[-1][1]

        monkeypatch.setattr(at_once, name, act)

    spy("register")
    spy("hand_out")
    return taken


@pytest.fixture
def twins(postgres_lender: Lender) -> Iterator[list[Partner]]:
    """Two partners, each with the same open round in a database of its own."""
    with postgres_lender.lent() as one, postgres_lender.lent() as other:
        partners = []
        for url in (one, other):
            service = make_service(Database(url))
            open_round(service, entries_per_phone=2)
            partners.append(Partner(make_app(service), service))
        yield partners
        for partner in partners:
            partner.service.database.close()


@pytest.fixture
def partner(postgres_service: Service) -> Partner:
    open_round(postgres_service, entries_per_phone=2)
    return Partner(make_app(postgres_service), postgres_service)


def helper(
    partner: Partner, name: str = "helper-1", role: str = "helper", store: str | None = None
) -> dict[str, str]:
    made = tokens.make_token(partner.service, SERVICE, name, role, store)
    return {"Authorization": f"Bearer {made.secret}"}


def test_both_ways_write_and_answer_the_same(twins: list[Partner], ways, monkeypatch):
    told = []
    for partner, is_at_once in zip(twins, (True, False), strict=True):
        if not is_at_once:
            monkeypatch.setattr(at_once, "register", lambda *_: False)
        token, answers = helper(partner), []
        for nth, body in enumerate(
            (
                application(ONE, phone="13900000000", keep=True),
                application(TWO, phone="13900000000", sex="F", reach="district"),
                application(TWO, phone="13900000000", choices=[]),
                application(THREE, phone="13900000000"),
                application(THREE, phone="13900000001", for_whom="parent"),
            )
        ):
            sent = token | {"Idempotency-Key": f"a-key-of-the-request-{nth}"}
            # Sent twice: the second is the first one's answer.
            answers += [partner.send(AT, body, sent) for _ in range(2)]
        seen = [(each.status_code, each.headers.get("Idempotent-Replayed"), each.json) for each in answers]
        for each in seen:
            (each[2] or {}).pop("request_id", None)
        told.append((seen, [fetch(partner.service.database, each) for each in _SAME]))
    assert [each for each in ways if each[1]] == [("register", True)] * 3
    assert [status for status, _, _ in told[0][0]] == [201, 201, 201, 201, 200, 200, 409, 409, 201, 201]
    assert told[0] == told[1]


def test_somebody_of_an_earlier_round_stays_the_same_person(partner: Partner, ways):
    token = helper(partner)
    assert partner.send(AT, application(ONE), token).status_code == 201
    open_round(partner.service, "xiamen-2020-2")
    assert partner.send("/rounds/xiamen-2020-2/registrations", application(ONE), token).status_code == 201
    assert ways == [("register", True)] * 2
    database = partner.service.database
    assert fetch(database, "SELECT count(DISTINCT person_id), count(*) FROM registrations") == [(1, 2)]
    assert fetch(database, "SELECT count(*) FROM persons") == [(1,)]


def test_a_receipt_carries_the_newest_checkpoint_though_an_older_one_was_remembered(partner: Partner, ways):
    token = helper(partner)
    first = partner.send(AT, application(ONE), token)
    open_round(partner.service, "xiamen-2020-2")
    second, third = (partner.send(AT, application(each), token) for each in (TWO, THREE))
    sizes = [read_receipt(each.json["receipt"].encode()).ledger_size for each in (first, second, third)]
    assert sizes[0] < sizes[1] == sizes[2]
    assert ways == [("register", True), ("register", False), ("register", True)]


def test_a_draw_closed_a_moment_ago_takes_nobody(partner: Partner, ways):
    token = helper(partner)
    assert partner.send(AT, application(ONE), token).status_code == 201
    set_clock(partner.service, hours_of(1, 48))
    partner.send(AT, application(TWO), token)
    deciding.close_draw(partner.service, OPERATOR, ROUND, 1)
    refused = partner.send(AT, application(THREE), token | {"Idempotency-Key": "a-key-of-the-request"})
    assert (refused.status_code, refused.json["code"]) == (409, "registration-closed")
    assert ways[-1] == ("register", False)
    assert fetch(partner.service.database, "SELECT count(*) FROM idempotency_keys") == [(0,)]


def test_a_token_revoked_a_moment_ago_lets_nobody_in(partner: Partner, ways):
    token = helper(partner)
    assert partner.send(AT, application(ONE), token).status_code == 201
    tokens.revoke_token(partner.service, OPERATOR, "helper-1")
    refused = partner.send(AT, application(TWO), token)
    assert (refused.status_code, refused.json["code"]) == (401, "bad-token")
    assert ways == [("register", True), ("register", False)]
    assert fetch(partner.service.database, "SELECT count(*) FROM registrations") == [(1,)]


def test_a_key_of_another_request_is_told_so_and_registers_nobody(partner: Partner):
    sent = helper(partner) | {"Idempotency-Key": "a-key-of-the-request"}
    assert partner.send(AT, application(ONE), sent).status_code == 201
    other = partner.send(AT, application(TWO), sent)
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")
    assert fetch(partner.service.database, "SELECT count(*) FROM persons") == [(1,)]


def _request(rng: random.Random, people: list[Any]) -> dict[str, Any]:
    """Make a request that is in order more often than not; its token is put in later."""
    body = application(rng.choice(people), phone=f"1380000{rng.randrange(300):04}")
    name = rng.choice(list(body))
    spoilt = rng.randrange(18)
    if spoilt == 0:
        body[name] = rng.choice([None, 1, "", [], {}, True, "x" * 300, "é\0", -1.5])
    elif spoilt == 1:
        del body[name]
    elif spoilt == 2:
        body[rng.choice(["nothing", "for_whom", "keep", "sex"])] = rng.choice(["yes", True, "M", "self"])
    data = json.dumps(body, ensure_ascii=rng.random() < 0.5).encode()
    at = rng.randrange(len(data))
    data = {
        3: data[:at] + rng.randbytes(1) + data[at + 1 :],
        4: data[:at],
        5: b"\xef\xbb\xbf" + data,
        6: data[:-1] + b',"name":"Twice"}',
    }.get(spoilt, data)
    usual = [{}] * 12
    keys = [{"Idempotency-Key": key} for key in ("k" * 15, "k" * 16, f"a-key-of-request-{rng.randrange(40)}")]
    others = [{"Phone-Proof": "x"}, {"Registration-Secret": ""}, {"Content-Encoding": "identity"}]
    return {
        "method": rng.choice(["POST"] * 12 + ["GET"]),
        "path": f"/api/v1{AT}" + rng.choice([""] * 12 + ["/", "s"]),
        "query_string": rng.choice([""] * 12 + ["language=en", "language=xx", "other=1"]),
        "content_type": rng.choice(
            ["application/json"] * 12 + ["text/json", "application/json; charset=utf-8"]
        ),
        "headers": rng.choice(usual + 2 * keys) | rng.choice(usual + others),
        "data": data,
    }


def test_sound_and_broken_requests_are_answered_alike_by_both_ways(twins: list[Partner], ways, monkeypatch):
    rng, people = random.Random(20200206), list(make_people(300))
    tokens_of = [
        [
            helper(partner),
            helper(partner, "till-1", "counter", "siming-1"),
            {"Authorization": "Bearer nobody"},
            {},
        ]
        for partner in twins
    ]
    try_it = PlainCases._try
    for _ in range(300):
        asked, whose = _request(rng, people), rng.choice([0] * 12 + [1, 2, 3])
        answers = []
        for partner, held, way in zip(twins, tokens_of, (try_it, lambda *_: None), strict=True):
            monkeypatch.setattr(PlainCases, "_try", way)
            sent = asked | {"headers": held[whose] | asked["headers"]}
            answer = partner.app.test_client().open(**sent)
            members = answer.get_json(silent=True) or {}
            members.pop("request_id", None)
            answers.append((answer.status, answer.headers.get("Idempotent-Replayed"), members))
        assert answers[0] == answers[1], asked
    assert ways.count(("register", True)) > 30
    found = [[fetch(partner.service.database, each) for each in _SAME] for partner in twins]
    assert found[0] == found[1]


class Till:
    """A store's till, by the interface."""

    def __init__(self, counters: Counters, store: str) -> None:
        self.partner, self.store = Partner(make_app(counters.service), counters.service), store
        self.slug, self.token = counters.slug, self.partner.token("counter", store)

    def hand_out(self, code: str, nonce: str, **headers: str) -> Any:
        path = f"/rounds/{self.slug}/stores/{self.store}/hand-overs"
        return self.partner.send(path, {"nonce": nonce, "code": code}, self.token | headers)


def test_a_hand_over_at_once_is_the_general_one(postgres_counters: Counters, ways, monkeypatch):
    counters = postgres_counters
    counters.at(9.2)
    till = Till(counters, "huli-1")
    # The first of a token enrols its till by the general way.
    winners = [counters.winner("huli-1", nth=nth) for nth in range(3)]
    till.hand_out(counters.code(winners[0]), counters.nonce())
    found = []
    for nth, number in enumerate(winners[1:]):
        if nth:
            monkeypatch.setattr(at_once, "hand_out", lambda *_: False)
        nonce = counters.nonce()
        keyed = {"Idempotency-Key": f"a-key-of-the-request-{nth}"}
        answers = [till.hand_out(counters.code(number), nonce, **keyed) for _ in range(2)]
        database, values = counters.service.database, {"nonce": nonce, "number": number}
        found.append(
            (
                [(each.status_code, each.headers.get("Idempotent-Replayed"), each.json) for each in answers],
                fetch(
                    database,
                    "SELECT round_id, store, till, claimed_at, received_at, is_offline, has_code, is_proxy, undoes,"
                    " answer, reason, answer_at, answer_till, answer_store FROM handovers WHERE nonce = :nonce",
                    nonce=nonce,
                ),
                fetch(
                    database,
                    "SELECT l.status, l.collected_nonce = :nonce, l.collected_store, l.collected_till, l.collected_at,"
                    " l.collected_from, h.place_id = l.id FROM places l JOIN handovers h ON h.nonce = :nonce"
                    " WHERE l.number = :number",
                    **values,
                ),
            )
        )
    assert ways == [("hand_out", False), ("hand_out", True), ("hand_out", False)]
    for one, other in zip(*found, strict=True):
        for x, y in zip(one, other, strict=True):
            if x != y:
                print("DIFF", x, y)
    undone = counters.undo(counters.till("huli-1", till.partner.names[-1]), nonce)
    assert undone.code == "undone"


def test_what_is_not_plain_is_answered_by_the_general_way(postgres_counters: Counters, ways):
    counters = postgres_counters
    counters.at(9.2)
    till, strange = Till(counters, "huli-1"), Till(counters, "siming-1")
    here, late = counters.winner("huli-1"), counters.winner("huli-1", "pm")
    for each in (till, strange):
        each.hand_out("7K3M9QTR4XH7", counters.nonce())
    assert strange.hand_out(counters.code(here), counters.nonce()).json["answer"] == "other-store"
    nonce = counters.nonce()
    assert till.hand_out(counters.code(here), nonce).json["answer"] == "handed-out"
    assert till.hand_out(counters.code(here), nonce).json["answer"] == "handed-out"
    assert till.hand_out(counters.code(here), counters.nonce()).json["answer"] == "already-handed-out"
    assert till.hand_out(counters.code(late), nonce).json["answer"] == "nonce-reused"
    counters.at(9.2, days=1)
    assert till.hand_out(counters.code(late), counters.nonce()).json["answer"] == "other-day"
    assert [name for name, is_done in ways if is_done] == ["hand_out"]
    tokens.revoke_token(counters.service, OPERATOR, till.partner.names[-1])
    counters.at(9.2)
    assert till.hand_out(counters.code(late), counters.nonce()).status_code == 401
    assert counters.place(late)["status"] == "assigned"
