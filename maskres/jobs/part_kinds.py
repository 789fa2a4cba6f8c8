"""Every part of a long step, by its name; what kinds.py cuts a step into, and what each of them does.

Like a kind, a part is handed its run and writes in one step, so that a worker who takes over finds what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from maskres.jobs.run import Run
from maskres.usecases import notices_of_places, winners
from maskres.usecases.parts import numbers_of

Result = Mapping[str, Any]


def _prepare_winners(run: Run) -> Result:
    """Payload: "first" and "before", of the numbers."""
    numbers = numbers_of(run.task)
    count = run.step(
        "prepare",
        lambda service: winners.prepare_winners(service, run.task.id, run.round_slug, run.draw, numbers),
    )
    return {"winners": count}


def _tell_placed(run: Run) -> Result:
    """Payload: "batch"; "first" and "before", of the numbers."""
    numbers, batch = numbers_of(run.task), run.given("batch", int)
    count = run.step(
        "tell",
        lambda service: notices_of_places.tell_placed(service, run.round_slug, run.draw, batch, numbers),
    )
    return {"told": count}


PART_KINDS: Mapping[str, Callable[[Run], Result]] = {
    "prepare-winners": _prepare_winners,
    "tell-placed": _tell_placed,
}
