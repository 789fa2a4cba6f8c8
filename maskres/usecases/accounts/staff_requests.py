"""Changing accounts from a page: those that could decide a draw take two operators, those of counters and helpers one.

Whoever could make a notary's account, or give one a new password and second factor, could enter the dice. So one
operator asks and another confirms, as with disqualifying: what was asked for stands in the audit log and is open until
a later line there ends it. Stopping an account is done at once by one: it only ever takes power away.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from maskres.db import record
from maskres.db.engine import Transaction
from maskres.db.locks import lock_accounts
from maskres.db.record import LogFilter
from maskres.errors import ConflictError, StepRefused
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts import staff
from maskres.usecases.accounts.passwords import hash_password
from maskres.usecases.accounts.staff import Account
from maskres.usecases.service import Actor, Service, one_transaction

#: What one operator may do alone, since these roles take no step of a round.
ALONE = frozenset({StaffRole.COUNTER, StaffRole.HELPER})
_ASKED, _ENDED = "account-change-asked", "account-change-ended"
_MOST = 1000
_PASSWORD_BYTES = 10


class AccountAct(StrEnum):
    """What can be done to an account and gives power to somebody."""

    ADD = "add"
    ENABLE = "enable"
    RESET_FACTOR = "reset-second-factor"
    NEW_PASSWORD = "new-password"


_WITH_PASSWORD = frozenset({AccountAct.ADD, AccountAct.NEW_PASSWORD})


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done.

    Attributes:
        act: what.
        account: the account's name.
        shown_name: the name people read.
        role: of the account.
        store: of a counter; None for the others.
    """

    act: AccountAct
    account: str
    shown_name: str
    role: StaffRole
    store: str | None


@dataclass(frozen=True, slots=True)
class Request:
    """A wish that waits for a second person.

    Attributes:
        id: of its line in the audit log.
        wish: what is wanted.
        asked_by: who asked.
        asked_at: when.
    """

    id: int
    wish: Wish
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        wish: what was wanted.
        is_done: whether it is done; else a second person must confirm.
        password: made for the account, to be shown this once; None where none was.
    """

    wish: Wish
    is_done: bool
    password: str | None = None


def ask_to_add(
    service: Service, actor: Actor, name: str, shown_name: str, role: str, store: str | None
) -> Outcome:
    """Make an account with a password of its own, or ask for it where it takes two.

    Args:
        service: the service.
        actor: the operator.
        name: a slug, for good.
        shown_name: 1 to 60 characters.
        role: one of StaffRole.
        store: slug of the store, for a counter and nobody else.

    Raises:
        InputError: "bad-slug", "bad-name", "bad-role", "bad-store", naming the field.
        ConflictError: "name-taken", "asked-already".
    """
    read = staff.read_account(name, shown_name, role, store)
    return _ask(service, actor, Wish(AccountAct.ADD, name, read["shown_name"] or "", StaffRole(role), store))


def ask_to_change(service: Service, actor: Actor, account_id: int, act: AccountAct) -> Outcome:
    """Change an account, or ask for it where it takes two.

    Raises:
        InputError: "unknown-account".
        ConflictError: "asked-already".
    """
    account = staff.require_account(service, account_id)
    return _ask(service, actor, Wish(act, account.name, account.shown_name, account.role, account.store))


def stop_account(service: Service, actor: Actor, account_id: int) -> Account:
    """Stop an account at once, with all its sessions.

    Raises:
        InputError: "unknown-account".
        StepRefused: "own-account".
    """
    account = staff.require_account(service, account_id)
    if account.actor == actor:
        raise StepRefused("own-account", "Nobody can stop their own account.", field="act")
    staff.disable(service, actor, account_id)
    return account


def list_requests(service: Service) -> list[Request]:
    """List what waits for a second person, the newest first."""
    with service.database.reading() as c:
        return _open_requests(c)


def find_request(service: Service, request_id: int) -> Request:
    """Give a request that is open. Raises StepRefused "no-request"."""
    return _find(list_requests(service), request_id)


def confirm(service: Service, actor: Actor, request_id: int) -> Outcome:
    """Carry out a request as the second person.

    Raises:
        StepRefused: "no-request", "two-people-needed".
        ConflictError: "name-taken".
        InputError: "unknown-account".
    """
    found = find_request(service, request_id)
    if found.asked_by == actor.name:
        raise StepRefused("two-people-needed", "Whoever asked cannot confirm; another operator must.")
    password, values = _made(service, found.wish)
    _confirm(service, actor, request_id, values)
    return Outcome(found.wish, True, password)


@one_transaction
def decline(c: Transaction, service: Service, actor: Actor, request_id: int) -> None:
    """Let a request be: nothing changes. Whoever asked may take it back so.

    Raises:
        StepRefused: "no-request".
    """
    lock_accounts(c)
    found = _find(_open_requests(c), request_id)
    _end(c, service, actor, found, is_confirmed=False)


def _ask(service: Service, actor: Actor, wish: Wish) -> Outcome:
    if wish.role in ALONE:
        password, values = _made(service, wish)
        _do_alone(service, actor, wish, values)
        return Outcome(wish, True, password)
    _note(service, actor, wish)
    return Outcome(wish, False)


def _made(service: Service, wish: Wish) -> tuple[str | None, dict[str, Any]]:
    """Make what an account is changed to; hashed here, outside of transactions, for it takes long on purpose."""
    if wish.act is AccountAct.ENABLE:
        return None, {"is_disabled": False}
    if wish.act is AccountAct.RESET_FACTOR:
        return None, dict(staff.NO_FACTOR)
    letters = base64.b32encode(service.random_bytes(_PASSWORD_BYTES)).decode().lower()
    password = "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))
    return password, {"password_hash": hash_password(password, service.random_bytes)}


@one_transaction
def _do_alone(c: Transaction, service: Service, actor: Actor, wish: Wish, values: dict[str, Any]) -> None:
    _carry_out(c, service, actor, wish, values)


@one_transaction
def _note(c: Transaction, service: Service, actor: Actor, wish: Wish) -> None:
    lock_accounts(c)
    if wish.act is AccountAct.ADD:
        staff.require_free_name(c, wish.account)
    if any((each.wish.act, each.wish.account) == (wish.act, wish.account) for each in _open_requests(c)):
        raise ConflictError("asked-already", "This has been asked for already.", field="name")
    detail = {
        "act": wish.act,
        "account": wish.account,
        "shown_name": wish.shown_name,
        "role": wish.role,
        "store": wish.store,
    }
    record.log(c, service.now(), actor.name, _ASKED, detail=detail)


@one_transaction
def _confirm(c: Transaction, service: Service, actor: Actor, request_id: int, values: dict[str, Any]) -> None:
    lock_accounts(c)
    found = _find(_open_requests(c), request_id)
    _carry_out(c, service, actor, found.wish, values, asked_by=found.asked_by)
    _end(c, service, actor, found, is_confirmed=True)


_LOGGED = {
    AccountAct.ENABLE: "account-enabled",
    AccountAct.RESET_FACTOR: "second-factor-reset",
    AccountAct.NEW_PASSWORD: "password-set",
}


def _carry_out(
    c: Transaction,
    service: Service,
    actor: Actor,
    wish: Wish,
    values: dict[str, Any],
    asked_by: str | None = None,
) -> None:
    if wish.act is AccountAct.ADD:
        account = staff.read_account(wish.account, wish.shown_name, wish.role, wish.store)
        staff.insert_account(c, service, actor, account | values, asked_by=asked_by)
        return
    row = staff.require_row_named(c, wish.account)
    staff.change_account(c, service, actor, row.id, _LOGGED[wish.act], values, asked_by=asked_by)


def _end(c: Transaction, service: Service, actor: Actor, found: Request, *, is_confirmed: bool) -> None:
    detail = {"request": found.id, "account": found.wish.account, "is_confirmed": is_confirmed}
    record.log(c, service.now(), actor.name, _ENDED, detail=detail)


def _find(found: list[Request], request_id: int) -> Request:
    request = next((each for each in found if each.id == request_id), None)
    if request is None:
        raise StepRefused("no-request", "This request is not open any more.")
    return request


def _open_requests(c: Transaction) -> list[Request]:
    def lines(act: str) -> list[Any]:
        return record.read_log(c, wanted=LogFilter(act=act), limit=_MOST)

    ended = {json.loads(row.detail)["request"] for row in lines(_ENDED)}
    return [_request(row) for row in lines(_ASKED) if row.id not in ended]


def _request(row: Any) -> Request:
    said = json.loads(row.detail)
    wish = Wish(
        AccountAct(said["act"]), said["account"], said["shown_name"], StaffRole(said["role"]), said["store"]
    )
    return Request(row.id, wish, row.actor, row.at)
