"""What must happen once although many come at once: guesses are counted, codes used up, requests done."""

from __future__ import annotations

from collections import Counter

import pyotp

from maskres.db.tables import idempotency_keys, phone_codes, staff_accounts
from maskres.usecases.accounts import staff
from maskres.usecases.accounts.second_factor import begin_totp, check_totp, confirm_totp
from maskres.usecases.service import Service
from maskres.usecases.telling.phone_codes import MAX_ATTEMPTS, CodePurpose, CodeStatus, check_code, send_code
from maskres.usecases.work.idempotency import Held, InFlight, hold
from tests.support.racing import apart, barrier, race
from tests.support.raw import fetch, run
from tests.support.world import OPERATOR, pass_time

AT_ONCE = 10
PHONE = "+8613812345678"


def at_once(service: Service, act) -> list:
    with apart(service, AT_ONCE) as services:
        return race(services, act)


def send(service: Service) -> str:
    return send_code(service, PHONE, "en", CodePurpose.REGISTER)


def with_factor(service: Service) -> tuple[int, str]:
    account = staff.add_account(service, OPERATOR, "li", "Li", "operator", password="four horses in the rain")
    totp = pyotp.TOTP(begin_totp(service, account.id).secret)
    assert confirm_totp(service, account.id, totp.at(service.now()))
    pass_time(service, minutes=5)
    return account.id, totp.at(service.now())


def test_ten_guesses_at_once_are_five(service: Service):
    code_id = send(service)
    told = Counter(
        each.status for each in at_once(service, lambda mine, nth: check_code(mine, code_id, "nope"))
    )
    assert told == {CodeStatus.WRONG: MAX_ATTEMPTS - 1, CodeStatus.TOO_MANY: AT_ONCE - MAX_ATTEMPTS + 1}
    assert fetch(service.database, "SELECT attempts FROM phone_codes") == [(MAX_ATTEMPTS,)]


def test_without_the_condition_all_ten_guesses_are_taken(service: Service):
    """The twin looks how often it was tried, then compares, then counts."""
    send(service)
    all_have_looked = barrier(AT_ONCE)

    def guess(mine: Service, nth: int) -> bool:
        ((attempts,),) = fetch(mine.database, "SELECT attempts FROM phone_codes")
        all_have_looked.wait()
        run(mine.database, "UPDATE phone_codes SET attempts = :n", n=attempts + 1)
        return attempts < MAX_ATTEMPTS

    assert at_once(service, guess) == [True] * AT_ONCE
    assert fetch(service.database, f"SELECT attempts FROM {phone_codes}") == [(1,)]


def test_a_phone_that_asks_ten_times_at_once_gets_one_message(service: Service):
    ids = at_once(service, lambda mine, nth: send(mine))
    assert len(set(ids)) == AT_ONCE
    assert fetch(service.database, "SELECT count(*) FROM messages") == [(1,)]


def test_a_code_of_the_second_factor_lets_one_in(service: Service):
    account_id, code = with_factor(service)
    assert Counter(at_once(service, lambda mine, nth: check_totp(mine, account_id, code))) == {
        True: 1,
        False: AT_ONCE - 1,
    }


def test_without_the_condition_it_lets_everybody_in(service: Service):
    with_factor(service)
    present = int(service.now().timestamp()) // 30
    all_have_looked = barrier(AT_ONCE)

    def log_in(mine: Service, nth: int) -> bool:
        ((step,),) = fetch(mine.database, f"SELECT totp_step FROM {staff_accounts}")
        all_have_looked.wait()
        run(mine.database, "UPDATE staff_accounts SET totp_step = :step", step=present)
        return step < present

    assert at_once(service, log_in) == [True] * AT_ONCE


def test_the_same_key_ten_times_at_once_is_done_once(service: Service):
    told = at_once(service, lambda mine, nth: hold(mine, "token:1", "k", "0" * 64))
    assert sum(isinstance(each, Held) for each in told) == 1
    assert told.count(InFlight()) == AT_ONCE - 1


def test_the_key_of_a_killed_holder_goes_to_one_heir(service: Service):
    hold(service, "token:1", "k", "0" * 64)
    pass_time(service, seconds=31)
    told = at_once(service, lambda mine, nth: hold(mine, "token:1", "k", "0" * 64))
    assert sum(isinstance(each, Held) for each in told) == 1


def test_without_the_condition_every_heir_does_it(service: Service):
    hold(service, "token:1", "k", "0" * 64)
    all_have_looked = barrier(AT_ONCE)

    def inherit(mine: Service, nth: int) -> bool:
        ((status,),) = fetch(mine.database, f"SELECT status FROM {idempotency_keys}")
        all_have_looked.wait()
        return (
            run(mine.database, "UPDATE idempotency_keys SET holder = :me", me=str(nth)) == 1
            and status is None
        )

    assert at_once(service, inherit) == [True] * AT_ONCE
