"""Queries on staff accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import staff_accounts

_A = staff_accounts.c


def insert_account(c: Transaction, values: dict[str, Any]) -> Any:
    """Insert an account and give its row."""
    return c.execute(insert(staff_accounts).values(**values).returning(staff_accounts)).one()


def find_account(c: Transaction, account_id: int) -> Any | None:
    """Give an account's row by its id."""
    return c.execute(select(staff_accounts).where(_A.id == account_id)).one_or_none()


def find_named(c: Transaction, name: str) -> Any | None:
    """Give an account's row by its name."""
    return c.execute(select(staff_accounts).where(_A.name == name)).one_or_none()


def list_accounts(c: Transaction) -> list[Any]:
    """Give all accounts' rows, by name."""
    return list(c.execute(select(staff_accounts).order_by(_A.name)))


def change_account(c: Transaction, account_id: int, values: dict[str, Any]) -> None:
    """Change an account; its sessions go on."""
    c.execute(update(staff_accounts).where(_A.id == account_id).values(**values))


def change_and_end_sessions(c: Transaction, account_id: int, values: dict[str, Any]) -> None:
    """Change an account and end all its sessions."""
    ended = {"session_version": _A.session_version + 1}
    c.execute(update(staff_accounts).where(_A.id == account_id).values(**values, **ended))


def replace_hash(c: Transaction, account_id: int, old: str, new: str) -> None:
    """Replace a password's hash by a newer one of the same password, unless it has been changed meanwhile."""
    where = (_A.id == account_id, _A.password_hash == old)
    c.execute(update(staff_accounts).where(*where).values(password_hash=new))


def begin_factor(c: Transaction, account_id: int, secret: bytes, version: int) -> bool:
    """Keep the secret of a second factor where there is none; tells whether it did."""
    where = (_A.id == account_id, _A.totp_secret.is_(None))
    values = {"totp_secret": secret, "data_version": version, "totp_step": 0}
    return c.execute(update(staff_accounts).where(*where).values(**values)).rowcount == 1


def confirm_factor(c: Transaction, account_id: int, step: int, now: datetime) -> bool:
    """Put a second factor in force with its first time step; tells whether it was waiting for that."""
    where = (_A.id == account_id, _A.totp_secret.is_not(None), _A.totp_since.is_(None))
    values = {"totp_since": now, "totp_step": step}
    return c.execute(update(staff_accounts).where(*where).values(**values)).rowcount == 1


def take_step(c: Transaction, account_id: int, step: int) -> bool:
    """Take a time step that comes after the last one taken; tells whether it did."""
    where = (_A.id == account_id, _A.totp_step < step, _A.totp_since.is_not(None), _A.is_disabled.is_(False))
    return c.execute(update(staff_accounts).where(*where).values(totp_step=step)).rowcount == 1


def secrets_under_other_keys(c: Transaction, data_version: int, limit: int) -> list[Any]:
    """Give some accounts whose secret stands under another data key."""
    statement = select(_A.id, _A.totp_secret).where(_A.data_version != data_version)
    return list(c.execute(statement.limit(limit)))


def replace_secret(c: Transaction, account_id: int, old: bytes, secret: bytes, version: int) -> None:
    """Write a second factor's secret anew, unless it has been changed meanwhile."""
    where = (_A.id == account_id, _A.totp_secret == old)
    values = {"totp_secret": secret, "data_version": version}
    c.execute(update(staff_accounts).where(*where).values(**values))
