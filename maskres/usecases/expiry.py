"""Forgetting what has had its time."""

from __future__ import annotations

from datetime import timedelta

from maskres.db import expiry
from maskres.db.engine import Transaction
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.uploads import forget_old_uploads

#: Codes are counted for a while after they have expired, so that nobody asks for too many.
_CODES_KEPT = timedelta(days=1)


@one_transaction
def forget_expired(c: Transaction, service: Service) -> int:
    """Delete one-time codes and kept answers that have expired.

    Returns:
        How many.
    """
    now = service.now()
    return expiry.delete_expired(c, now - _CODES_KEPT, now)


def tidy(service: Service) -> int:
    """Delete everything that has had its time: codes, kept answers, uploads.

    Returns:
        How many.
    """
    return forget_expired(service) + forget_old_uploads(service)
