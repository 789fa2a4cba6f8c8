"""When a missed place is forfeited: once nothing can still arrive that says otherwise, or after a day.

A till without network may have handed out and not yet said so. So a place is forfeited only after every till of its
store has reported past the slot's end, or 24 hours after it. A hand-over proven later stands all the same (see
handovers).

Source: product.md, Rounds and draws.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

WAIT_HOURS = 24


def forfeit_horizon(reported_at: Iterable[datetime | None], now: datetime) -> datetime:
    """Give the moment before which a store's slots must have ended for what was missed in them to be forfeited.

    Set-wise: of this store, every place still assigned whose slot ended before the horizon is forfeited.

    Args:
        reported_at: for each till of the store, when it last reported everything it had; None if it never did.
        now: aware time; a report from the future counts as one from now.

    Returns:
        Aware time, at least 24 hours ago and at most now.
    """
    reports = list(reported_at)
    latest = now - timedelta(hours=WAIT_HOURS)
    if not reports or any(report is None for report in reports):
        return latest
    return max(latest, min(now, *(report for report in reports if report is not None)))


def is_forfeited(slot_ends_at: datetime, reported_at: Iterable[datetime | None], now: datetime) -> bool:
    """Tell whether a place still assigned is forfeited.

    Args:
        slot_ends_at: end of its slot, aware.
        reported_at: for each till of its store, when it last reported everything it had; None if it never did.
        now: aware time.
    """
    return slot_ends_at < forfeit_horizon(reported_at, now)
