"""One-time codes: six digits that reach one phone, can be used once, and cannot be guessed."""

from __future__ import annotations

import json
import re

import pytest

from maskres.errors import InputError
from maskres.usecases.service import Service
from maskres.usecases.telling.phone_codes import (
    CheckedCode,
    CodePurpose,
    CodeStatus,
    check_code,
    send_code,
    sweep_codes,
)
from tests.support.raw import dump, fetch
from tests.support.world import pass_time

PHONE = "+8613812345678"
S = CodeStatus


def send(service: Service, phone: str = PHONE, language: str = "en", **more) -> str:
    return send_code(service, phone, language, CodePurpose.REGISTER, **more)


def messages(service: Service) -> list[tuple[str, str]]:
    """Give phone and words of every message that waits."""
    found = fetch(service.database, "SELECT id, content FROM messages ORDER BY created_at, id")
    opened = [service.cipher.decrypt(bytes(blob), bound_to=f"message/{id_}".encode()) for id_, blob in found]
    return [tuple(json.loads(each)) for each in opened]


def code_of(service: Service) -> str:
    """Give the code of the newest message."""
    (_phone, words) = messages(service)[-1]
    return re.search(r"[0-9]{6}", words).group()


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_the_code_that_was_sent_is_right_once(service: Service):
    code_id = send(service)
    ((phone, words),) = messages(service)
    assert phone == PHONE
    assert "registering" in words
    code = code_of(service)
    assert check_code(service, code_id, another(code)) == CheckedCode(S.WRONG)
    assert check_code(service, code_id, f" {code[:3]} {code[3:]}") == CheckedCode(S.RIGHT, PHONE)
    assert check_code(service, code_id, code) == CheckedCode(S.EXPIRED), "used up"


def test_the_words_come_in_the_language_of_whoever_asks(service: Service):
    send_code(service, PHONE, "zh-Hans", CodePurpose.LOOK_UP)
    ((_, words),) = messages(service)
    assert words.startswith("验证码")
    assert "查询登记" in words
    with pytest.raises(InputError) as refused:
        send(service, language="tlh")
    assert refused.value.code == "unknown-language"


def test_a_code_expires_after_ten_minutes(service: Service):
    code_id = send(service)
    code = code_of(service)
    pass_time(service, minutes=9, seconds=59)
    assert check_code(service, code_id, another(code)).status is S.WRONG
    pass_time(service, seconds=1)
    assert check_code(service, code_id, code) == CheckedCode(S.EXPIRED)
    assert fetch(service.database, "SELECT expires_at FROM messages") == fetch(
        service.database, "SELECT expires_at FROM phone_codes"
    ), "it is not sent later either"


def test_five_attempts_and_no_more(service: Service):
    code_id = send(service)
    code = code_of(service)
    told = [check_code(service, code_id, another(code)).status for _ in range(6)]
    assert told == [S.WRONG] * 4 + [S.TOO_MANY] * 2
    assert check_code(service, code_id, code) == CheckedCode(S.TOO_MANY)


def test_a_code_is_of_its_own_message_alone(service: Service):
    first = send(service)
    code = code_of(service)
    second = send(service, "+8613912345678")
    assert check_code(service, second, code).status is S.WRONG
    assert check_code(service, first, code).status is S.RIGHT


def test_one_a_minute_and_five_an_hour_and_nobody_outside_can_tell(service: Service):
    first = send(service)
    decoy = send(service)
    assert len(messages(service)) == 1
    assert decoy != first
    assert len(decoy) == len(first)
    told = [check_code(service, decoy, code_of(service)).status for _ in range(5)]
    assert told == [S.WRONG] * 4 + [S.TOO_MANY], "as with any code"
    for _ in range(6):
        pass_time(service, minutes=1)
        send(service)
    assert len(messages(service)) == 5
    send(service, "+8613912345678")
    assert len(messages(service)) == 6, "other phones are others"
    pass_time(service, hours=1)
    send(service)
    assert len(messages(service)) == 7


def test_whoever_asks_twice_in_a_hurry_keeps_their_code(service: Service):
    first = send(service)
    code = code_of(service)
    assert send(service, previous=first) == first
    assert send(service, "+8613912345678", previous=first) != first
    assert check_code(service, first, code).status is S.RIGHT
    assert send(service, previous=first) != first, "used up"
    pass_time(service, minutes=1)
    assert send(service, previous=first) != first, "later a new one is sent"


def test_what_is_no_id_and_no_code_is_answered(service: Service):
    code_id = send(service)
    for junk in ("", "x", "\ud800" * 32, "0" * 32, "a\0" * 16, "1" * 100_000):
        assert check_code(service, junk, "123456") == CheckedCode(S.EXPIRED)
    for junk in ("", "\ud800", "1" * 100_000, "\0"):
        assert check_code(service, code_id, junk).status is S.WRONG


def test_neither_code_nor_phone_stands_in_the_database(service: Service):
    send(service)
    code = code_of(service)
    for table, rows in dump(service.database).items():
        for row in rows:
            for value in row.values():
                held = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                assert PHONE[1:].encode() not in held, table
                assert held != code.encode(), table


def test_codes_are_swept_once_they_count_for_nothing(service: Service):
    send(service)
    assert sweep_codes(service) == 0
    pass_time(service, minutes=59, seconds=59)
    assert sweep_codes(service) == 0
    pass_time(service, seconds=1)
    assert sweep_codes(service) == 1
