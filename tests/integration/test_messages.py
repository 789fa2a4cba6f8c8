"""The outbox: messages commit with their cause, are sent at least once, and leave nothing behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import text

from maskres.db import messages
from maskres.db.tables import idempotency_keys, phone_codes
from maskres.usecases.service import Service
from maskres.usecases.telling.messages import (
    MOST_ATTEMPTS,
    TURN_SECONDS,
    GatewayFailed,
    count_due,
    deliver_due,
    write_message,
)
from maskres.usecases.work.expiry import tidy
from tests.support.world import pass_time

PHONE = "+8613812345678"
WORDS = "验证码 482913，五分钟内有效。"


@dataclass
class Phone:
    """A gateway that remembers, and fails as told."""

    failures: list[GatewayFailed] = field(default_factory=list)
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, message_id: str, phone: str, words: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((message_id, phone, words))


def write(service: Service, **more) -> str:
    return service.database.write(lambda c: write_message(c, service, "phone-code", PHONE, WORDS, **more))


def row_of(service: Service, message_id: str):
    with service.database.reading() as c:
        return c.execute(text("SELECT * FROM messages WHERE id = :id"), {"id": message_id}).one()


def busy() -> GatewayFailed:
    return GatewayFailed("gateway-busy", "The gateway is busy.")


def test_a_message_is_sent_once_and_emptied(service):
    message_id = write(service)
    assert PHONE.encode() not in bytes(row_of(service, message_id).content)
    phone = Phone()
    assert deliver_due(service, phone).sent == 1
    assert deliver_due(service, phone).sent == 0
    assert phone.sent == [(message_id, PHONE, WORDS)]
    row = row_of(service, message_id)
    assert (row.status, row.content, row.failure) == ("sent", None, None)


def test_a_message_goes_with_its_cause(service):
    def cause(c):
        write_message(c, service, "phone-code", PHONE, WORDS)
        raise RuntimeError("the cause failed")

    with pytest.raises(RuntimeError):
        service.database.write(cause)
    assert count_due(service) == 0


def test_one_cause_writes_one_message(service):
    first = write(service, once="drawn/xiamen-2020-1/1/0001")
    assert write(service, once="drawn/xiamen-2020-1/1/0001") == first
    phone = Phone()
    deliver_due(service, phone)
    assert write(service, once="drawn/xiamen-2020-1/1/0001") == first
    assert deliver_due(service, phone).sent == 0
    assert len(phone.sent) == 1


def test_a_failing_gateway_is_tried_again_later_and_later(service):
    message_id = write(service)
    phone = Phone(failures=[busy(), busy()])
    assert deliver_due(service, phone).postponed == 1
    assert count_due(service) == 0
    pass_time(service, seconds=5)
    assert deliver_due(service, phone).postponed == 1
    pass_time(service, seconds=5)
    assert count_due(service) == 0
    pass_time(service, seconds=5)
    assert deliver_due(service, phone).sent == 1
    assert [each[0] for each in phone.sent] == [message_id]


def test_after_the_last_attempt_it_is_given_up_and_emptied(service):
    message_id = write(service)
    phone = Phone(failures=[busy() for _ in range(MOST_ATTEMPTS)])
    for _ in range(MOST_ATTEMPTS):
        deliver_due(service, phone)
        pass_time(service, hours=1)
    row = row_of(service, message_id)
    assert (row.status, row.content, row.failure) == ("failed", None, "gateway-busy")
    assert phone.failures == [] and phone.sent == []
    assert count_due(service) == 0


def test_what_the_gateway_refuses_for_good_is_not_tried_again(service):
    message_id = write(service)
    phone = Phone(failures=[GatewayFailed("gateway-refused", "No such phone.", is_final=True)])
    assert deliver_due(service, phone).failed == 1
    assert row_of(service, message_id).status == "failed"


def test_an_expired_message_is_never_sent(service):
    message_id = write(service, expires_at=service.now() + timedelta(minutes=5))
    pass_time(service, minutes=5)
    phone = Phone()
    assert deliver_due(service, phone).failed == 1
    assert phone.sent == []
    assert row_of(service, message_id).failure == "expired"


def test_what_soon_is_worth_nothing_goes_first(service):
    write(service)
    urgent = write(service, expires_at=service.now() + timedelta(minutes=5))
    phone = Phone()
    deliver_due(service, phone, limit=1)
    assert [each[0] for each in phone.sent] == [urgent]


def test_whoever_was_killed_while_sending_leaves_the_message_to_others(service):
    message_id = write(service)

    class Killed(Exception):
        pass

    class Dying(Phone):
        def send(self, message_id: str, phone: str, words: str) -> None:
            super().send(message_id, phone, words)
            raise Killed

    dying, phone = Dying(), Phone()
    with pytest.raises(Killed):
        deliver_due(service, dying)
    assert deliver_due(service, phone).sent == 0
    pass_time(service, seconds=TURN_SECONDS)
    assert deliver_due(service, phone).sent == 1
    # Sent twice, but under one id, by which the gateway can tell.
    assert {each[0] for each in dying.sent + phone.sent} == {message_id}


def test_two_who_look_at_the_same_time_do_not_both_send(service):
    write(service)
    with service.database.reading() as c:
        [due] = messages.list_due(c, service.now(), 10)
    now = service.now()
    until = now + timedelta(seconds=60)
    taken = [service.database.write(lambda c: messages.take(c, due, now, until)) for _ in range(2)]
    assert taken == [True, False]


def test_one_that_cannot_be_opened_does_not_keep_the_others_back(service):
    broken = write(service, expires_at=service.now() + timedelta(minutes=50))
    write(service)
    with service.database.writing() as c:
        c.execute(
            text("UPDATE messages SET content = :junk WHERE id = :id"), {"junk": b"\1" * 60, "id": broken}
        )
    phone = Phone()
    delivered = deliver_due(service, phone)
    assert (delivered.sent, delivered.postponed) == (1, 1)


def test_old_messages_forget_their_phones_and_those_of_a_cause_stay(service):
    write(service)
    kept = write(service, once="drawn/1")
    deliver_due(service, Phone())
    waiting = write(service)
    pass_time(service, days=30)
    assert tidy(service) == 0
    pass_time(service, seconds=1)
    assert tidy(service) == 2
    assert tidy(service) == 0
    assert row_of(service, kept).phone_digest == bytes(16)
    assert row_of(service, waiting).phone_digest != bytes(16)
    with service.database.reading() as c:
        assert messages.count_by_status(c) == {"sent": 1, "waiting": 1}
    assert write(service, once="drawn/1") == kept


def test_codes_and_answers_that_have_expired_are_forgotten(service):
    now = service.now()
    with service.database.writing() as c:
        for nth, days in enumerate((-2, 0)):
            at = now + timedelta(days=days)
            code = {"id": f"{nth:032}", "phone_digest": b"p" * 16, "phone": b"", "code_digest": b"c" * 16}
            c.execute(phone_codes.insert().values(**code, created_at=at, expires_at=at))
            key = {"scope": "s", "key": f"{nth}", "request_sha256": "0" * 64, "holder": "h"}
            c.execute(idempotency_keys.insert().values(**key, held_until=at, expires_at=at))
    assert tidy(service) == 2
    with service.database.reading() as c:
        assert c.execute(text("SELECT count(*) FROM phone_codes")).scalar_one() == 1
        assert c.execute(text("SELECT count(*) FROM idempotency_keys")).scalar_one() == 1
