"""The only reading of the clock."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Give the present moment as aware UTC, cut to whole seconds (all the protocol knows)."""
    return datetime.now(UTC).replace(microsecond=0)
