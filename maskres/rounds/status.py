"""Where a round and a draw stand, and which step may follow which.

Rules of order, held here and again by the database (db/guards.py writes these same tables into triggers):

- a round goes draft → open → finished → erased;
- a draw goes open → closed → decided → committed → diced → drawn → published → collecting → finished;
- deciding may be repeated until the commitment;
- a draw may be voided until its dice, and never after: from then on its outcome is fixed.

Source: spec E3, E4, R6.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from maskres.errors import StepRefused


class RoundStatus(StrEnum):
    """Where a round stands."""

    DRAFT = "draft"
    OPEN = "open"
    FINISHED = "finished"
    ERASED = "erased"


class DrawStatus(StrEnum):
    """Where a draw stands."""

    OPEN = "open"
    CLOSED = "closed"
    DECIDED = "decided"
    COMMITTED = "committed"
    DICED = "diced"
    DRAWN = "drawn"
    PUBLISHED = "published"
    COLLECTING = "collecting"
    FINISHED = "finished"
    VOID = "void"


ROUND_STEPS: Mapping[RoundStatus, frozenset[RoundStatus]] = {
    RoundStatus.DRAFT: frozenset({RoundStatus.OPEN}),
    RoundStatus.OPEN: frozenset({RoundStatus.FINISHED}),
    RoundStatus.FINISHED: frozenset({RoundStatus.ERASED}),
    RoundStatus.ERASED: frozenset(),
}

DRAW_STEPS: Mapping[DrawStatus, frozenset[DrawStatus]] = {
    DrawStatus.OPEN: frozenset({DrawStatus.CLOSED, DrawStatus.VOID}),
    DrawStatus.CLOSED: frozenset({DrawStatus.DECIDED, DrawStatus.VOID}),
    DrawStatus.DECIDED: frozenset({DrawStatus.DECIDED, DrawStatus.COMMITTED, DrawStatus.VOID}),
    DrawStatus.COMMITTED: frozenset({DrawStatus.DICED, DrawStatus.VOID}),
    DrawStatus.DICED: frozenset({DrawStatus.DRAWN}),
    DrawStatus.DRAWN: frozenset({DrawStatus.PUBLISHED}),
    DrawStatus.PUBLISHED: frozenset({DrawStatus.COLLECTING}),
    DrawStatus.COLLECTING: frozenset({DrawStatus.FINISHED}),
    DrawStatus.FINISHED: frozenset(),
    DrawStatus.VOID: frozenset(),
}

_ORDER = tuple(DrawStatus)


def require_round_step(now: RoundStatus, then: RoundStatus) -> None:
    """Refuse a step of a round that is out of order.

    Raises:
        StepRefused: "step-out-of-order".
    """
    if then not in ROUND_STEPS[now]:
        raise StepRefused("step-out-of-order", f"The round is {now}; it cannot become {then}.")


def require_draw_step(now: DrawStatus, then: DrawStatus) -> None:
    """Refuse a step of a draw that is out of order.

    Raises:
        StepRefused: "step-out-of-order".
    """
    if then not in DRAW_STEPS[now]:
        following = " or ".join(sorted(DRAW_STEPS[now])) or "nothing"
        raise StepRefused(
            "step-out-of-order", f"The draw is {now}; it cannot become {then}. What can follow: {following}."
        )


def has_reached(now: DrawStatus, step: DrawStatus) -> bool:
    """Tell whether a draw has come to a step or past it; a void draw has reached none but void."""
    if DrawStatus.VOID in (now, step):
        return now == step
    return _ORDER.index(now) >= _ORDER.index(step)
