"""The locks the service needs beside its constraints.

Registering takes the round's lock shared, closing takes it alone: whoever was answered "registered" is in
registered.csv, and nobody enters while it is read. On SQLite the one writer at a time is lock enough.
"""

from __future__ import annotations

from sqlalchemy import func, select

from maskres.db.engine import Transaction
from maskres.db.tables import stores

REGISTERING = 7001
PHONE = 7002
PERSON = 7003
_LEDGER = 7004
_ACCOUNTS = 7005


def key_of(digest: bytes) -> int:
    """Give the number of 32 bits that stands for a digest in a lock: two that share it wait for each other."""
    return int.from_bytes(digest[:4], "big", signed=True)


def lock_registering(c: Transaction, round_id: int, *, is_exclusive: bool) -> None:
    """Wait for the round's registering lock and keep it until the transaction ends."""
    if c.dialect.name == "postgresql":
        take = func.pg_advisory_xact_lock if is_exclusive else func.pg_advisory_xact_lock_shared
        c.execute(select(take(REGISTERING, round_id)))


def lock_phone(c: Transaction, phone_digest: bytes) -> None:
    """Let registrations by one phone happen one after another, so that its limit cannot be raced."""
    if c.dialect.name == "postgresql":
        c.execute(select(func.pg_advisory_xact_lock(PHONE, key_of(phone_digest))))


def lock_person(c: Transaction, id_digest: bytes) -> None:
    """Let registrations of one person happen one after another, so that the second finds the first."""
    if c.dialect.name == "postgresql":
        c.execute(select(func.pg_advisory_xact_lock(PERSON, key_of(id_digest))))


def lock_stock(c: Transaction, round_id: int, store: str) -> None:
    """Let whoever takes of a store's unreserved stock do so one after another, so that each sees what is left."""
    where = (stores.c.round_id == round_id, stores.c.store == store)
    c.execute(select(stores.c.store).where(*where).with_for_update())


def lock_ledger(c: Transaction) -> None:
    """Let steps enter the ledger one after another, also those of different rounds."""
    if c.dialect.name == "postgresql":
        c.execute(select(func.pg_advisory_xact_lock(_LEDGER, 0)))


def lock_accounts(c: Transaction) -> None:
    """Let what two people decide about accounts happen one after another, so that none is carried out twice."""
    if c.dialect.name == "postgresql":
        c.execute(select(func.pg_advisory_xact_lock(_ACCOUNTS, 0)))
