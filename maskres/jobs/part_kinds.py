"""Every part of a long step, by its name; what kinds.py cuts a step into, and what each of them does.

Like a kind, a part is handed its run and writes in one step, so that a worker who takes over finds what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from maskres.jobs.run import Run
from maskres.usecases.draw import winners
from maskres.usecases.eligibility import fact_parts, register_parts
from maskres.usecases.registration import registration_parts
from maskres.usecases.telling import notices_of_places
from maskres.usecases.work.parts import numbers_of

Result = Mapping[str, Any]


def _digest_register(run: Run) -> Result:
    """Payload: as register_parts.cut_register gives it."""
    count = run.step(
        "read", lambda service: register_parts.digest_part(service, run.task, run.progress("read"))
    )
    return {"rows": count}


def _seal_registrations(run: Run) -> Result:
    """Payload: as registration_parts.cut_registrations gives it."""
    count = run.step(
        "read",
        lambda service: registration_parts.seal_part(service, run.task, run.round_slug, run.progress("read")),
    )
    return {"rows": count}


def _gather_facts(run: Run) -> Result:
    """Payload: "versions"; "first" and "before", of the numbers."""
    run.step(
        "gather",
        lambda service: fact_parts.gather_part(service, run.task, run.round_slug, run.draw),
    )
    return {}


def _prepare_winners(run: Run) -> Result:
    """Payload: "first" and "before", of the numbers."""
    numbers = numbers_of(run.task)
    count = run.step(
        "prepare",
        lambda service: winners.prepare_winners(service, run.task.id, run.round_slug, run.draw, numbers),
    )
    return {"winners": count}


def _tell_placed(run: Run) -> Result:
    """Payload: "batch", null for all; "first" and "before", of the numbers."""
    numbers, batch = numbers_of(run.task), run.task.payload["batch"]
    count = run.step(
        "tell",
        lambda service: notices_of_places.tell_placed(service, run.round_slug, run.draw, batch, numbers),
    )
    return {"told": count}


PART_KINDS: Mapping[str, Callable[[Run], Result]] = {
    "digest-register": _digest_register,
    "seal-registrations": _seal_registrations,
    "gather-facts": _gather_facts,
    "prepare-winners": _prepare_winners,
    "tell-placed": _tell_placed,
}
