"""Reasons that staff give for what they do: kept for good in the audit log, so nobody's number may stand there."""

from __future__ import annotations

import re

from maskres.errors import InputError

_LONG_NUMBER = re.compile(r"[0-9](?:[0-9 -]{7,})[0-9Xx]")


def read_reason(text: str, *, field: str = "reason") -> str:
    """Read a reason.

    Args:
        text: 1 to 300 characters on one line, without a long number.
        field: the field to name in errors.

    Raises:
        InputError: "bad-reason".
    """
    reason = text.strip()
    if not 1 <= len(reason) <= 300 or not reason.isprintable():
        raise InputError(
            "bad-reason", "Please give the reason in one line of 1 to 300 characters.", field=field
        )
    if _LONG_NUMBER.search(reason):
        message = "The reason is kept for good: please leave out numbers of documents and phones."
        raise InputError("bad-reason", message, field=field)
    return reason
