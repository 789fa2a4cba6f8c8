"""What a store says of itself with one tap: whether it can hand out, and if not, why."""

from __future__ import annotations

from enum import StrEnum


class StoreState(StrEnum):
    """How a store stands, as it said itself."""

    OPEN = "open"
    SOLD_OUT = "sold-out"
    CLOSED = "closed"
    DEVICE_DOWN = "device-down"
