"""A store's day in numbers: what came must be what went, what broke and what is left.

Source: product.md, Counter (delivered = handed out + damaged + left).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StockCount:
    """What a store counted on one day, in items.

    Attributes:
        carried_over: items left from the day before, ≥ 0.
        delivered: items that arrived this day, ≥ 0.
        handed_out: winners served this day and not undone, ≥ 0.
        quantity: items a winner gets, ≥ 1.
        damaged: items that could not be handed out, ≥ 0.
        left: items counted at closing, ≥ 0; None before it is counted.
    """

    carried_over: int
    delivered: int
    handed_out: int
    quantity: int
    damaged: int
    left: int | None = None

    def __post_init__(self) -> None:
        counts = (self.carried_over, self.delivered, self.handed_out, self.damaged, self.left or 0)
        if min(counts) < 0 or self.quantity < 1:
            raise ValueError("counts are never negative, and a winner gets at least one item")


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How a day comes out, in items.

    Attributes:
        expected_left: what must be on the shelf; below 0 where more went than came.
        difference: what is left less what must be: below 0, items are missing; above 0, there are too many;
            None before the shelf is counted.
    """

    expected_left: int
    difference: int | None

    @property
    def is_even(self) -> bool:
        """Tell whether the shelf was counted and nothing is missing or over."""
        return self.difference == 0


def reconcile(count: StockCount) -> Reconciliation:
    """Compare what came with what went.

    Args:
        count: the day's numbers.

    Returns:
        What must be left, and how far the count is off.
    """
    came = count.carried_over + count.delivered
    expected = came - count.handed_out * count.quantity - count.damaged
    return Reconciliation(expected, None if count.left is None else count.left - expected)


def unreserved_portions(left: int, quantity: int, reserved: int) -> int:
    """Count the winners a store can serve beyond those it must keep stock for.

    Args:
        left: items on the shelf now, ≥ 0.
        quantity: items a winner gets, ≥ 1.
        reserved: winners assigned to this store, not yet served, whose stock must lie ready, ≥ 0.

    Returns:
        Winners, ≥ 0.
    """
    return max(left // quantity - reserved, 0)
