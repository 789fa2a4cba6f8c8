"""Deleting what has had its time: one-time codes and the answers kept for repeated requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from maskres.db.engine import Transaction
from maskres.db.tables import idempotency_keys, phone_codes


def delete_expired(c: Transaction, phone_codes_before: datetime, keys_before: datetime) -> int:
    """Delete one-time codes and idempotency keys that expired before these moments; gives how many."""
    codes = delete(phone_codes).where(phone_codes.c.expires_at < phone_codes_before)
    keys = delete(idempotency_keys).where(idempotency_keys.c.expires_at < keys_before)
    return c.execute(codes).rowcount + c.execute(keys).rowcount
