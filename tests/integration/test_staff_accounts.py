"""Accounts of staff: roles, passwords, second factors; and that a stopped one is stopped at once."""

from __future__ import annotations

import json

import pyotp
import pytest
from argon2 import PasswordHasher

from maskres.errors import ConflictError, InputError, StepRefused
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts import passwords, staff
from maskres.usecases.accounts.second_factor import begin_totp, check_totp, confirm_totp
from maskres.usecases.service import Actor, Service
from tests.support.raw import dump, fetch, refusal, run
from tests.support.world import pass_time

ADMIN = Actor("operator/admin")
PASSWORD = "four horses in the rain"


def add(service: Service, name: str = "li", role: str = "operator", store: str | None = None):
    return staff.add_account(service, ADMIN, name, "李伟", role, store, password=PASSWORD)


def code_now(service: Service, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(service.now().timestamp()) // 30 + steps)


def with_factor(service: Service) -> tuple[staff.Account, str]:
    account = add(service)
    secret = begin_totp(service, account.id).secret
    assert confirm_totp(service, account.id, code_now(service, secret))
    return account, secret


def acts(service: Service) -> list[tuple[str, str]]:
    return fetch(service.database, "SELECT actor, act FROM audit_log ORDER BY id")


def test_whoever_has_the_password_is_told_apart_from_nobody_else(service: Service):
    account = add(service)
    assert staff.check_password(service, "li", PASSWORD) == account
    assert staff.check_password(service, " Li ", PASSWORD) == account
    assert account.actor == Actor("operator/li")
    assert staff.find_account(service, account.id) == account
    assert staff.find_account(service, 999) is None
    wrong = [
        "",
        PASSWORD + " ",
        PASSWORD.upper(),
        "x" * 100_000,
        "\ud800" + PASSWORD,
        "four\0horses in the rain",
    ]
    assert {staff.check_password(service, "li", each) for each in wrong} == {None}
    for name in ("wang", "", "l\0i", "\ud800", "李", "x" * 100_000, "li' OR 1=1"):
        assert staff.check_password(service, name, PASSWORD) is None, name


def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(sqlite_service: Service, monkeypatch):
    add(sqlite_service)
    hashed = []

    class Counting(PasswordHasher):
        def verify(self, *given):
            hashed.append(given[0].split("$")[3])
            return super().verify(*given)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    for name in ("li", "wang", "no slug!"):
        staff.check_password(sqlite_service, name, "not the password")
    assert len(hashed) == 3
    assert len(set(hashed)) == 1, "with the same parameters"


def test_the_same_letters_from_another_keyboard_are_the_same_password(sqlite_service: Service):
    staff.add_account(sqlite_service, ADMIN, "mei", "Mei", "auditor", password="caf\u00e9 au lait 12")
    assert staff.check_password(sqlite_service, "mei", "cafe\u0301 au lait 12") is not None


@pytest.mark.parametrize(
    ("password", "name"),
    [
        ("short", "li"),
        ("x" * 201, "li"),
        ("a" * 20, "li"),
        ("Li-Wei-Xiamen", "li-wei-xiamen"),
        ("\ud800" * 20, "li"),
    ],
)
def test_weak_passwords_are_refused(sqlite_service: Service, password: str, name: str):
    with pytest.raises(InputError) as refused:
        staff.add_account(sqlite_service, ADMIN, name, "Li", "operator", password=password)
    assert (refused.value.code, refused.value.field) == ("bad-password", "password")
    assert staff.list_accounts(sqlite_service) == []


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": "Li"}, "bad-slug", "name"),
        ({"shown_name": " "}, "bad-name", "shown_name"),
        ({"shown_name": "x" * 61}, "bad-name", "shown_name"),
        ({"role": "king"}, "bad-role", "role"),
        ({"role": "counter"}, "bad-store", "store"),
        ({"store": "huli-1"}, "bad-store", "store"),
        ({"role": "counter", "store": "Huli 1"}, "bad-slug", "store"),
    ],
)
def test_what_an_account_cannot_be_is_said(sqlite_service: Service, changes: dict, code: str, field: str):
    given = {"name": "li", "shown_name": "Li", "role": "operator", "store": None} | changes
    with pytest.raises(InputError) as refused:
        staff.add_account(sqlite_service, ADMIN, **given, password=PASSWORD)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_name_is_given_once(service: Service):
    add(service)
    with pytest.raises(ConflictError) as refused:
        add(service, role="auditor")
    assert refused.value.code == "name-taken"
    assert [account.role for account in staff.list_accounts(service)] == [StaffRole.OPERATOR]


def test_the_database_too_holds_roles_and_stores_together(service: Service):
    add(service)
    for change in ("role = 'king'", "role = 'counter'", "store = 'huli-1'", "totp_since = 'x'"):
        assert refusal(service.database, f"UPDATE staff_accounts SET {change}") is not None, change


def test_a_disabled_account_stops_at_once(service: Service):
    account, secret = with_factor(service)
    pass_time(service, minutes=2)
    staff.disable(service, ADMIN, account.id)
    assert staff.check_password(service, "li", PASSWORD) is None
    assert not check_totp(service, account.id, code_now(service, secret))
    stopped = staff.find_account(service, account.id)
    assert stopped.is_disabled
    assert stopped.session_version > account.session_version
    staff.enable(service, ADMIN, account.id)
    again = staff.check_password(service, "li", PASSWORD)
    assert again is not None
    assert again.session_version > account.session_version, "what had begun stays ended"
    assert check_totp(service, account.id, code_now(service, secret))


def test_a_new_password_ends_the_sessions_and_the_old_one(service: Service):
    account = add(service)
    staff.set_password(service, ADMIN, account.id, "six other horses")
    assert staff.check_password(service, "li", PASSWORD) is None
    later = staff.check_password(service, "li", "six other horses")
    assert later is not None
    assert later.session_version > account.session_version
    staff.end_sessions(service, ADMIN, account.id)
    assert staff.find_account(service, account.id).session_version > later.session_version
    for act in (staff.disable, staff.enable, staff.end_sessions, staff.reset_second_factor):
        with pytest.raises(InputError) as refused:
            act(service, ADMIN, 999)
        assert refused.value.code == "unknown-account"


def test_a_hash_with_old_parameters_is_made_anew_at_log_in(service: Service):
    account = add(service)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    run(service.database, "UPDATE staff_accounts SET password_hash = :weak", weak=weak)
    assert staff.check_password(service, "li", "not the password") is None
    assert fetch(service.database, "SELECT password_hash FROM staff_accounts") == [(weak,)]
    assert staff.check_password(service, "li", PASSWORD) == account, "sessions go on"
    ((newer,),) = fetch(service.database, "SELECT password_hash FROM staff_accounts")
    assert not passwords.is_outdated(newer)
    assert staff.check_password(service, "li", PASSWORD) == account


def test_a_second_factor_counts_from_its_first_code(service: Service):
    account = add(service)
    begun = begin_totp(service, account.id)
    assert begun.uri.startswith("otpauth://totp/maskres:li?secret=" + begun.secret)
    assert begin_totp(service, account.id) == begun, "who loads the page again sees the same"
    assert not staff.find_account(service, account.id).has_second_factor
    assert not check_totp(service, account.id, code_now(service, begun.secret))
    assert not confirm_totp(service, account.id, "000000")
    assert confirm_totp(service, account.id, code_now(service, begun.secret))
    assert staff.find_account(service, account.id).has_second_factor
    assert not confirm_totp(service, account.id, code_now(service, begun.secret, 1))
    with pytest.raises(StepRefused) as refused:
        begin_totp(service, account.id)
    assert refused.value.code == "has-second-factor"
    staff.reset_second_factor(service, ADMIN, account.id)
    assert begin_totp(service, account.id).secret != begun.secret


def test_no_code_is_taken_twice_and_only_near_its_time(service: Service):
    account, secret = with_factor(service)
    assert not check_totp(service, account.id, code_now(service, secret)), "the one that confirmed"
    pass_time(service, minutes=5)
    for steps in (-2, 2):
        assert not check_totp(service, account.id, code_now(service, secret, steps)), steps
    code = code_now(service, secret)
    assert check_totp(service, account.id, f" {code[:3]} {code[3:]} ")
    assert not check_totp(service, account.id, code)
    assert not check_totp(service, account.id, code_now(service, secret, -1)), "older than the last taken"
    assert check_totp(service, account.id, code_now(service, secret, 1))
    for junk in ("", "12345", "1234567", "abcdef", "\ud800", "1" * 100_000, "①②③④⑤⑥⑦"):
        assert not check_totp(service, account.id, junk)
    assert not check_totp(service, 999, code)


def test_every_act_stands_in_the_audit_log_without_secrets(service: Service):
    account, secret = with_factor(service)
    staff.set_password(service, ADMIN, account.id, "six other horses")
    staff.disable(service, ADMIN, account.id)
    staff.enable(service, ADMIN, account.id)
    staff.end_sessions(service, ADMIN, account.id)
    staff.reset_second_factor(service, ADMIN, account.id)
    assert acts(service)[1:] == [
        ("operator/admin", "account-added"),
        ("operator/li", "second-factor-set"),
        ("operator/admin", "password-set"),
        ("operator/admin", "account-disabled"),
        ("operator/admin", "account-enabled"),
        ("operator/admin", "sessions-ended"),
        ("operator/admin", "second-factor-reset"),
    ]
    everything = json.dumps(
        {k: [dict(r) for r in v] for k, v in dump(service.database).items()}, default=repr
    )
    for hidden in (secret, PASSWORD, "six other horses"):
        assert hidden not in everything
