"""The demo's accounts of staff: known words for passwords, second factors of their own; and its tills."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pyotp

from maskres.demo.facts import DemoAccount
from maskres.demo.files import damaged, read_json, write_json
from maskres.errors import ConflictError
from maskres.usecases.accounts import staff
from maskres.usecases.accounts.enrolling import enrol_device, invite_till, list_devices, revoke_device
from maskres.usecases.accounts.second_factor import begin_totp, confirm_totp
from maskres.usecases.service import Actor, Service

DEMO = Actor("demo")
_FILE = "accounts.json"
_STAFF = (
    ("lin", "林 Lin", "operator"),
    ("chen", "陈 Chen", "operator"),
    ("wang", "王 Wang", "notary"),
    ("zhao", "赵 Zhao", "witness"),
    ("shen", "沈 Shen", "counter"),
    ("gao", "高 Gao", "helper"),
    ("su", "苏 Su", "auditor"),
)
_STEP = timedelta(seconds=30)


def make_accounts(service: Service, folder: Path, store: str) -> tuple[DemoAccount, ...]:
    """Make the accounts that are missing; their secrets are kept in the demo's folder from the first one on.

    Args:
        service: the service, its clock the real one.
        folder: the demo's.
        store: of the counter.
    """
    path = folder / _FILE
    known = _read_known(path)
    for name, shown_name, role in _STAFF:
        if name not in known:
            account = _find_or_add(service, name, shown_name, role, store if role == "counter" else None)
            if account.has_second_factor:
                # Its secret was never written down: the run that made it was killed at that moment.
                staff.reset_second_factor(service, DEMO, account.id)
            secret = begin_totp(service, account.id, "maskres demo").secret
            known[name] = DemoAccount(name, role, account.store, password_of(name), secret)
            write_json(path, [asdict(each) for each in known.values()])
        _confirm(service, known[name])
    return tuple(known.values())


def password_of(name: str) -> str:
    """Give the password of a demo's account: no secret, for the demo's ledger can never pass as real."""
    return f"demo-only-{name}"


def code_of(account: DemoAccount, now: datetime) -> str:
    """Give the code of an account's second factor at a moment."""
    return pyotp.TOTP(account.totp_secret).at(now)


def _read_known(path: Path) -> dict[str, DemoAccount]:
    document = read_json(path)
    try:
        return {each["name"]: DemoAccount(**each) for each in document or ()}
    except (TypeError, KeyError):
        raise damaged(path) from None


def _find_or_add(service: Service, name: str, shown_name: str, role: str, store: str | None) -> staff.Account:
    try:
        return staff.add_account(service, DEMO, name, shown_name, role, store, password=password_of(name))
    except ConflictError:
        return staff.find_named(service, name)


def _confirm(service: Service, account: DemoAccount) -> None:
    stands = staff.find_named(service, account.name)
    if not stands.has_second_factor:
        # The code before the present one: nobody could log in with the present one once it was used here.
        code = code_of(account, service.now() - _STEP)
        if not confirm_totp(service, stands.id, code):
            raise AssertionError(f"the second factor of {account.name} does not take its own code")


def make_tills(service: Service, store: str) -> None:
    """Make two devices of the counter's store tills, one of them out of use again; those that are there stay.

    Nobody holds them, and they are in no round: no missed place waits for what they might report.
    """
    known = {each.name for each in list_devices(service) if each.taken_at is not None}
    for name, is_revoked in ((f"{store}-door", False), (f"{store}-lost", True)):
        if name not in known:
            enrol_device(service, invite_till(service, DEMO, name, store).code)
        if is_revoked:
            revoke_device(service, DEMO, name)
