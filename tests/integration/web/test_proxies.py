"""Somebody who collects for a winner: named on the status page, compared at the counter, recorded, erased."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask.testing import FlaskClient

from maskres.pickup.codes import code_digest
from maskres.usecases.accounts.tokens import make_token
from maskres.usecases.draw.committing import void_draw
from maskres.usecases.keeping.erasing import erase_round
from maskres.usecases.pickup.proxies import show_proxy
from maskres.usecases.pickup.till_lists import give_list, identity_key
from maskres.usecases.registration.proofs import secret_of
from maskres.usecases.rounds.steps import finish_draw, finish_round
from tests.support.collecting import Counters
from tests.support.counter_desk import HERE, answer_of, both
from tests.support.raw import dump, fetch
from tests.support.residents import post, sent_messages
from tests.support.web import csrf, send
from tests.support.world import OPERATOR, ROUND, pass_time, set_clock

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")

NAME, WORD = "李小明", "青梅竹马"
PAGE = "/status/1/proxy"


def winner_before(client: FlaskClient, world: Counters, number: str) -> FlaskClient:
    """Let a winner look themself up on a phone of their own."""
    phone = client.application.test_client()
    phone.set_cookie("lang", "en")
    secret = secret_of(world.service, ROUND, number)
    assert post(phone, "/status", number=number, secret=secret).status_code == 303
    return phone


def named(world: Counters, number: str) -> str | None:
    found = show_proxy(world.service, ROUND, number)
    return None if found is None else found.name


@both
def test_whom_a_winner_names_is_compared_at_the_counter_and_recorded(world: Counters, client: FlaskClient):
    number = world.winner()
    phone = winner_before(client, world, number)
    assert 'href="/status/1/proxy"' in phone.get("/status/1").text
    wrong = post(phone, PAGE, name=" ", last_four="12", word="x")
    assert wrong.status_code == 422 and named(world, number) is None
    for field, words in (
        ("name", "Please give the name"),
        ("last_four", "just the last four"),
        ("word", "A code word"),
    ):
        assert f'href="#{field}"' in wrong.text and wrong.text.count(words) == 2, field
    assert 'value="12"' in wrong.text
    empty = post(phone, PAGE, name="", last_four="", word="")
    assert empty.status_code == 422
    assert all(f'href="#{field}"' in empty.text for field in ("name", "last_four")), "both at once"
    assert "Please give one of the two" in post(phone, PAGE, name=NAME, last_four="", word="").text
    for _ in range(2):  # sent twice, it is done once
        assert post(phone, PAGE, name=NAME, last_four=" ０１２x ", word="").status_code == 303
    assert fetch(world.service.database, "SELECT number FROM audit_log WHERE act = 'proxy-named'") == [
        (number,)
    ]
    assert [(kind, to) for kind, to, _ in sent_messages(world.service)].count(
        ("proxy-named", f"+86{world.holder(number).phone}")
    ) == 1
    assert NAME in phone.get("/status/1").text and "012X" in phone.get("/status/1").text

    seen = client.get(send(client, "/counter/", {"code": world.code(number)}, "/counter/").location)
    assert "**明" in seen.text and "012X" in seen.text and NAME not in seen.text
    assert f"**{world.holder(number).name[-1]}" in seen.text, "the winner may come all the same"
    done = send(client, f"{seen.request.path}/hand-over", {"is_proxy": "yes"}, seen.request.path)
    assert answer_of(client.get(done.location)) == "handed-out"
    assert fetch(world.service.database, "SELECT is_proxy FROM handovers") == [(True,)]
    assert "Somebody else collected it for you" in phone.get("/status/1").text
    assert phone.get(PAGE).status_code == 303, "what was recorded stands"
    assert named(world, number) == NAME


def test_a_naming_can_be_changed_and_taken_back_and_goes_with_the_round(world: Counters, client: FlaskClient):
    number, other = world.winner(), world.winner(nth=1)
    phone = winner_before(client, world, number)
    post(phone, PAGE, name=NAME, last_four="0123", word="")
    pass_time(world.service, seconds=5)
    assert post(phone, PAGE, name="Ann O'Hara", last_four="", word=WORD).status_code == 303
    assert f'value="{WORD}"' in phone.get(PAGE).text
    token = make_token(world.service, OPERATOR, "huli-1-door", "counter", store=HERE)
    found = give_list(world.service, token.holder)
    code = world.code(number)
    (entry,) = (each for each in found.rounds[0].expected if each.digest == code_digest(found.key, code))
    key = AESGCM(identity_key(found.key, code))
    shown = json.loads(key.decrypt(entry.identity[:12], entry.identity[12:], entry.digest))
    assert shown["proxy"] == {"name": "A*** O***", "last_four": None, "word": WORD}
    held = str(dump(world.service.database)).encode() + b"".join(
        bytes(words) for (words,) in fetch(world.service.database, "SELECT words FROM proxies")
    )
    for secret in (NAME, WORD, "O'Hara"):
        assert secret.encode() not in held and base64.b64encode(secret.encode()) not in held
    assert post(phone, PAGE, act="take-back").status_code == 303
    assert named(world, number) is None and "Let somebody collect for me" in phone.get("/status/1").text

    post(winner_before(client, world, other), PAGE, name=NAME, last_four="", word=WORD)
    finish_draw(world.service, OPERATOR, ROUND, 1)
    assert post(phone, PAGE, page="/status", name=NAME, last_four="0123", word="").status_code == 303
    assert named(world, number) is None, "nothing is collected any more"
    void_draw(world.service, OPERATOR, ROUND, 2, "not needed")
    finish_round(world.service, OPERATOR, ROUND)
    set_clock(world.service, datetime(2031, 1, 1, tzinfo=UTC))
    erase_round(world.service, OPERATOR, ROUND)
    assert fetch(world.service.database, "SELECT count(*) FROM proxies") == [(0,)]


def test_what_a_winner_typed_too_late_waits_until_they_are_back(world: Counters, client: FlaskClient):
    number, other = world.winner(), world.winner(nth=1)
    phone = winner_before(client, world, number)
    typed = {"name": NAME, "last_four": "", "word": WORD, "csrf_token": csrf(phone, PAGE)}
    pass_time(world.service, minutes=31)
    assert phone.post(PAGE, data=typed).location == "/status"
    assert named(world, number) is None
    # Somebody else on the same device, with a registration of their own, sees nothing of it.
    assert (
        post(phone, "/status", number=other, secret=secret_of(world.service, ROUND, other)).status_code == 303
    )
    assert phone.get("/status/1").status_code == 200 and NAME not in phone.get(PAGE).text
    secret = secret_of(world.service, ROUND, number)
    shown = post(phone, "/status", number=number, secret=secret).location.split("#")[0]
    assert phone.get(shown).location == "/status/2/proxy"
    form = phone.get("/status/2/proxy").text
    assert f'value="{NAME}"' in form and f'value="{WORD}"' in form and "What you typed stands here" in form
    assert phone.get(shown).status_code == 200, "brought there once"
    assert NAME not in phone.get("/status/2/proxy").text
