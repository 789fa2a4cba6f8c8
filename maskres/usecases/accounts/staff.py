"""Accounts of staff: making, stopping, passwords. Second factors are in second_factor.py, tokens in tokens.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from maskres.db import record, tokens
from maskres.db import staff as accounts
from maskres.db.engine import Transaction
from maskres.errors import ConflictError, InputError
from maskres.formats.values import is_slug, require_slug
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts.passwords import (
    hash_password,
    is_outdated,
    is_password,
    normalised,
    read_password,
)
from maskres.usecases.service import Actor, Service, one_transaction

_SHOWN_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff as they stood at one moment.

    Attributes:
        id: stays the same for good; what a session keeps.
        name: by which they log in and the audit log knows them.
        shown_name: for people to read.
        role: what they may do.
        store: of a counter; None for the others.
        is_disabled: whether the account has been stopped.
        session_version: a session begun under another one has ended.
        has_second_factor: whether a code is asked for besides the password.
    """

    id: int
    name: str
    shown_name: str
    role: StaffRole
    store: str | None
    is_disabled: bool
    session_version: int
    has_second_factor: bool

    @property
    def actor(self) -> Actor:
        """Who acts, as the audit log names them: operator/li."""
        return Actor(f"{self.role}/{self.name}")


def add_account(
    service: Service,
    actor: Actor,
    name: str,
    shown_name: str,
    role: str,
    store: str | None = None,
    *,
    password: str,
) -> Account:
    """Make an account.

    Args:
        service: the service.
        actor: who makes it.
        name: a slug, for good; no token may have it.
        shown_name: 1 to 60 characters.
        role: one of StaffRole.
        store: slug of the store, for a counter and nobody else.
        password: 12 to 200 characters, not the name.

    Raises:
        InputError: "bad-slug", "bad-name", "bad-role", "bad-store", "bad-password", naming the field.
        ConflictError: "name-taken".
    """
    values = read_account(name, shown_name, role, store)
    shown = values["shown_name"] or ""
    # Hashed outside the transaction: it takes long on purpose.
    values["password_hash"] = hash_password(read_password(password, (name, shown)), service.random_bytes)
    return _insert(service, actor, values)


def read_account(name: str, shown_name: str, role: str, store: str | None) -> dict[str, str | None]:
    """Read what an account is to be; see add_account.

    Raises:
        InputError: "bad-slug", "bad-name", "bad-role", "bad-store", naming the field.
    """
    require_slug(name, field="name")
    shown = shown_name.strip()
    if not 1 <= len(shown) <= _SHOWN_LIMIT or not shown.isprintable():
        message = f"The name that is shown has 1 to {_SHOWN_LIMIT} characters."
        raise InputError("bad-name", message, field="shown_name")
    read = read_role(role, store, tuple(StaffRole))
    return {"name": name, "shown_name": shown, "role": read.value, "store": store}


def read_role(role: str, store: str | None, allowed: tuple[StaffRole, ...]) -> StaffRole:
    """Read a role and check that a counter, and nobody else, has a store.

    Raises:
        InputError: "bad-role", "bad-store", "bad-slug".
    """
    if role not in {each.value for each in allowed}:
        message = f"The role is one of: {', '.join(allowed)}."
        raise InputError("bad-role", message, field="role")
    if (role == StaffRole.COUNTER) != (store is not None):
        message = "A counter belongs to one store, and nobody else does."
        raise InputError("bad-store", message, field="store")
    if store is not None:
        require_slug(store, field="store")
    return StaffRole(role)


def insert_account(
    c: Transaction, service: Service, actor: Actor, values: dict[str, Any], *, asked_by: str | None = None
) -> Account:
    """Make an account of values that were read, in a transaction that does more; asked_by names the other person.

    Raises:
        ConflictError: "name-taken".
    """
    require_free_name(c, values["name"])
    now = service.now()
    row = accounts.insert_account(c, values | {"created_at": now, "created_by": actor.name})
    detail = {"account": row.name, "role": row.role, "store": row.store} | _asked(asked_by)
    record.log(c, now, actor.name, "account-added", detail=detail)
    return _account(row)


_insert = one_transaction(insert_account)


def _asked(asked_by: str | None) -> dict[str, str]:
    return {} if asked_by is None else {"asked_by": asked_by}


def require_free_name(c: Transaction, name: str) -> None:
    """Refuse a name that an account or a token has: a till is named after either, and there must be one of it.

    Raises:
        ConflictError: "name-taken".
    """
    if accounts.find_named(c, name) is not None or tokens.find_named(c, name) is not None:
        raise ConflictError("name-taken", f"There is an account or a token named {name}.", field="name")


def set_password(service: Service, actor: Actor, account_id: int, password: str) -> None:
    """Give an account a new password and end its sessions.

    Raises:
        InputError: "unknown-account", "bad-password".
    """
    account = require_account(service, account_id)
    read = read_password(password, (account.name, account.shown_name))
    password_hash = hash_password(read, service.random_bytes)
    _change(service, actor, account_id, "password-set", {"password_hash": password_hash})


def disable(service: Service, actor: Actor, account_id: int) -> None:
    """Stop an account at once, its sessions too; a repeat does nothing more. Raises "unknown-account"."""
    _change(service, actor, account_id, "account-disabled", {"is_disabled": True})


def enable(service: Service, actor: Actor, account_id: int) -> None:
    """Let a stopped account log in again; what sessions it had stay ended. Raises "unknown-account"."""
    _change(service, actor, account_id, "account-enabled", {"is_disabled": False})


def end_sessions(service: Service, actor: Actor, account_id: int) -> None:
    """End all sessions of an account, on whatever device. Raises "unknown-account"."""
    _change(service, actor, account_id, "sessions-ended", {})


def reset_second_factor(service: Service, actor: Actor, account_id: int) -> None:
    """Take an account's second factor away, so that a new one can be set up, and end its sessions.

    Raises:
        InputError: "unknown-account".
    """
    _change(service, actor, account_id, "second-factor-reset", NO_FACTOR)


NO_FACTOR = {"totp_secret": None, "data_version": None, "totp_since": None, "totp_step": 0}
"""Columns of an account without a second factor."""


def change_account(
    c: Transaction,
    service: Service,
    actor: Actor,
    account_id: int,
    act: str,
    values: dict[str, Any],
    *,
    asked_by: str | None = None,
) -> None:
    """Change an account and end its sessions, in a transaction that does more; asked_by names the other person.

    Raises:
        InputError: "unknown-account".
    """
    row = require_row(c, account_id)
    accounts.change_and_end_sessions(c, account_id, values)
    record.log(c, service.now(), actor.name, act, detail={"account": row.name} | _asked(asked_by))


_change = one_transaction(change_account)


def check_password(service: Service, name: str, password: str) -> Account | None:
    """Tell who logs in with a name and a password.

    Every failure is the same None after the same time: whether there is such an account, whether it has been
    disabled, cannot be told apart. How often somebody may try is limited where requests come in.

    Returns:
        The account; where it has a second factor, `check_totp` must be passed too. None for anything wrong.
    """
    folded = name.strip().lower()
    row = None
    if is_slug(folded):
        with service.database.reading() as c:
            row = accounts.find_named(c, folded)
    is_right = is_password(password, None if row is None else row.password_hash)
    if row is None or not is_right or row.is_disabled:
        return None
    if is_outdated(row.password_hash):
        newer = hash_password(normalised(password), service.random_bytes)
        service.database.write(lambda c: accounts.replace_hash(c, row.id, row.password_hash, newer))
    return _account(row)


def find_account(service: Service, account_id: int) -> Account | None:
    """Give an account by its id, as it stands now; None where there is none."""
    with service.database.reading() as c:
        row = accounts.find_account(c, account_id)
    return None if row is None else _account(row)


def find_named(service: Service, name: str) -> Account:
    """Give an account by its name.

    Raises:
        InputError: "unknown-account".
    """
    row = None
    if is_slug(name):
        with service.database.reading() as c:
            row = accounts.find_named(c, name)
    if row is None:
        raise InputError("unknown-account", f"There is no account named {name!r:.60}.", field="name")
    return _account(row)


def require_account(service: Service, account_id: int) -> Account:
    """Give an account by its id, or raise InputError "unknown-account"."""
    with service.database.reading() as c:
        return _account(require_row(c, account_id))


def require_row(c: Transaction, account_id: int) -> Any:
    """Give an account's row by its id, or raise InputError "unknown-account"."""
    row = accounts.find_account(c, account_id)
    if row is None:
        raise InputError("unknown-account", "There is no such account.", field="account")
    return row


def require_row_named(c: Transaction, name: str) -> Any:
    """Give an account's row by its name, or raise InputError "unknown-account"."""
    row = accounts.find_named(c, name)
    if row is None:
        raise InputError("unknown-account", f"There is no account named {name!r:.60}.", field="name")
    return row


def list_accounts(service: Service) -> list[Account]:
    """List all accounts by name, the disabled too."""
    with service.database.reading() as c:
        return [_account(row) for row in accounts.list_accounts(c)]


def _account(row: Any) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        shown_name=row.shown_name,
        role=StaffRole(row.role),
        store=row.store,
        is_disabled=row.is_disabled,
        session_version=row.session_version,
        has_second_factor=row.totp_since is not None,
    )
