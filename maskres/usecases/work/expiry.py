"""Forgetting what has had its time."""

from __future__ import annotations

from datetime import timedelta

from maskres.db import expiry, messages
from maskres.db.engine import Transaction
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.work.uploads import forget_old_uploads

#: Codes are counted for a while after they have expired, so that nobody asks for too many.
_CODES_KEPT = timedelta(days=1)
#: How long it can be told to which phone a message went, by whoever knows the phone and has the index key.
_PHONES_KEPT = timedelta(days=30)


@one_transaction
def forget_expired(c: Transaction, service: Service) -> int:
    """Delete one-time codes and kept answers that have expired; let old messages forget their phones.

    Returns:
        How many.
    """
    now = service.now()
    expired = expiry.delete_expired(c, now - _CODES_KEPT, now)
    return expired + messages.forget_phones(c, now - _PHONES_KEPT)


def tidy(service: Service) -> int:
    """Delete everything that has had its time: codes, kept answers, uploads, phones of old messages.

    Returns:
        How many.
    """
    return forget_expired(service) + forget_old_uploads(service)
