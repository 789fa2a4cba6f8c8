"""Idempotency keys: held while the request is done, then the same answer for a day, and for nobody else."""

from __future__ import annotations

import hashlib

import pytest

from maskres.errors import InputError
from maskres.usecases.service import Service
from maskres.usecases.work.idempotency import (
    Answered,
    Held,
    InFlight,
    OtherRequest,
    answer,
    hold,
    release,
    sweep_expired,
)
from tests.support.raw import fetch
from tests.support.world import pass_time

REQUEST = hashlib.sha256(b"POST /registrations {}").hexdigest()
OTHER = hashlib.sha256(b"POST /registrations []").hexdigest()


def ask(service: Service, scope: str = "token:1", key: str = "k-1", request: str = REQUEST):
    return hold(service, scope, key, request)


def test_the_same_request_is_answered_the_same(service: Service):
    held = ask(service)
    assert isinstance(held, Held)
    assert ask(service) == InFlight()
    assert answer(service, held, 201, "王伟".encode())
    assert ask(service) == Answered(201, "王伟".encode())
    assert ask(service, request=OTHER) == OtherRequest()
    assert isinstance(ask(service, scope="token:2"), Held), "nobody gets somebody else's answer"
    ((stored,),) = fetch(service.database, "SELECT answer FROM idempotency_keys WHERE answer IS NOT NULL")
    assert "王伟".encode() not in bytes(stored)
    assert not answer(service, held, 500, b"late"), "the first answer stands"


def test_a_request_that_was_not_done_can_be_tried_again(service: Service):
    held = ask(service)
    assert ask(service, request=OTHER) == OtherRequest()
    release(service, held)
    again = ask(service)
    assert isinstance(again, Held)
    release(service, held)
    assert ask(service) == InFlight(), "an old holder releases nothing of a new one's"
    answer(service, again, 200, b"{}")
    release(service, again)
    assert ask(service) == Answered(200, b"{}"), "nor is an answer released"


def test_a_killed_holder_loses_the_key(service: Service):
    killed = ask(service)
    pass_time(service, seconds=29)
    assert ask(service) == InFlight()
    pass_time(service, seconds=1)
    heir = ask(service)
    assert isinstance(heir, Held)
    assert not answer(service, killed, 201, b"late")
    assert answer(service, heir, 201, b"mine")
    assert ask(service) == Answered(201, b"mine")


def test_answers_are_kept_for_a_day(service: Service):
    answer(service, ask(service), 200, b"{}")
    ask(service, key="k-2")
    pass_time(service, hours=23, minutes=59)
    assert sweep_expired(service) == 0
    assert ask(service) == Answered(200, b"{}")
    pass_time(service, minutes=1)
    assert isinstance(ask(service, request=OTHER), Held), "its time is over even where nobody has swept"
    assert sweep_expired(service) == 1


@pytest.mark.parametrize("key", ["", "x" * 81, "a b", "a\0", "é", "a\n"])
def test_keys_that_cannot_be_are_refused(sqlite_service: Service, key: str):
    with pytest.raises(InputError) as refused:
        ask(sqlite_service, key=key)
    assert refused.value.code == "bad-idempotency-key"
