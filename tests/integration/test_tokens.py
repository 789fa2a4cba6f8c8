"""Tokens: shown once, known by digest, revoked at once; and the till each counter acts as."""

from __future__ import annotations

import pytest

from maskres.errors import ConflictError, InputError, StepRefused
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts import staff
from maskres.usecases.accounts.tills import revoke_till
from maskres.usecases.accounts.tokens import find_token, list_tokens, make_token, revoke_token, till_for
from maskres.usecases.service import Actor, Service
from tests.support.raw import dump, fetch
from tests.support.world import OPERATOR, ROUND, play_to

STORE = "huli-1"


def test_a_token_is_known_until_it_is_revoked(service: Service):
    made = make_token(service, OPERATOR, "till-9", "counter", STORE)
    assert made.secret.startswith("maskres_")
    assert len(made.secret) == 51
    assert find_token(service, made.secret) == made.holder
    assert made.holder.actor == Actor("counter/token:till-9")
    for text in ("", made.secret[:-1], made.secret + "x", made.secret.swapcase(), "maskres_" + "é" * 43):
        assert find_token(service, text) is None
    assert made.secret[8:] not in repr(made)
    assert made.secret[8:] not in repr(dump(service.database))
    revoke_token(service, OPERATOR, "till-9")
    revoke_token(service, OPERATOR, "till-9")
    assert find_token(service, made.secret) is None
    (listed,) = list_tokens(service)
    assert listed.revoked_at == service.now()
    assert fetch(service.database, "SELECT act FROM audit_log ORDER BY id")[1:] == [
        ("token-made",),
        ("token-revoked",),
    ]
    for name in ("nobody", "\0"):
        with pytest.raises(InputError) as refused:
            revoke_token(service, OPERATOR, name)
        assert refused.value.code == "unknown-token"


@pytest.mark.parametrize(
    ("name", "role", "store", "code"),
    [
        ("T", "helper", None, "bad-slug"),
        ("t", "operator", None, "bad-role"),
        ("t", "counter", None, "bad-store"),
    ],
)
def test_what_a_token_cannot_be_is_said(sqlite_service: Service, name, role, store, code):
    with pytest.raises(InputError) as refused:
        make_token(sqlite_service, OPERATOR, name, role, store)
    assert refused.value.code == code


def test_no_token_is_named_as_an_account_is(service: Service):
    staff.add_account(service, OPERATOR, "anna", "Anna", "counter", STORE, password="four horses in the rain")
    make_token(service, OPERATOR, "bert", "helper")
    with pytest.raises(ConflictError):
        make_token(service, OPERATOR, "anna", "counter", STORE)
    with pytest.raises(ConflictError):
        staff.add_account(service, OPERATOR, "bert", "B", "helper", password="four horses in the rain")


def test_a_counter_acts_as_one_till_of_its_store(service: Service):
    play_to(service, DrawStatus.OPEN)
    till = till_for(service, OPERATOR, ROUND, STORE, "anna")
    assert till_for(service, OPERATOR, ROUND, STORE, "anna") == till
    enrolled = "SELECT count(*) FROM audit_log WHERE act = 'tills-enrolled'"
    assert fetch(service.database, enrolled) == [(1,)], "once"
    with pytest.raises(InputError) as refused:
        till_for(service, OPERATOR, ROUND, "nowhere", "anna")
    assert refused.value.code == "unknown-store"
    revoke_till(service, OPERATOR, till)
    with pytest.raises(StepRefused) as stopped:
        till_for(service, OPERATOR, ROUND, STORE, "anna")
    assert stopped.value.code == "till-revoked"
