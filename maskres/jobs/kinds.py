"""Every long step, by the name it is asked for; how each is put together from use cases.

A function is handed its run and gives the task's result. What it writes, it writes in steps (run.step), so that a
worker who takes over finds what was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import date
from typing import Any

from maskres.errors import InputError
from maskres.jobs.run import Run
from maskres.lottery.sources import read_sources
from maskres.usecases.draw import auditing, bundles, committing, drawing, winners
from maskres.usecases.eligibility import deciding, fact_parts, register_parts, registers
from maskres.usecases.keeping import erasing
from maskres.usecases.pickup import afterwards, batches
from maskres.usecases.registration import bulk_registering, carrying, registration_parts
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import Service
from maskres.usecases.telling import notices_of_places
from maskres.usecases.work.file_parts import is_worth_cutting
from maskres.usecases.work.parts import Part

Result = Mapping[str, Any]


def _open_round(run: Run) -> Result:
    opened = run.step(
        "open",
        lambda service: round_steps.open_round(service, run.actor, run.round_slug),
        lambda round_: {"rules_sha256": round_.rules_sha256},
    )
    return dict(opened)


def _import_register(run: Run) -> Result:
    """Payload: "register", its kind; "as_of", a day; "upload"."""
    kind, as_of, upload = run.given("register", str), _day(run.given("as_of", str)), run.given("upload", str)

    def describe(imported: registers.ImportedRegister) -> Result:
        return {
            "register": kind,
            "version": imported.version.version,
            "rows": imported.version.rows,
            "sha256": imported.version.sha256,
            "is_new": imported.is_new,
        }

    def cut(service: Service) -> list[Part]:
        if not is_worth_cutting(service, upload):
            return []
        with run.upload() as path:
            return register_parts.cut_register(service, kind, path, as_of, upload)

    parts = run.divided("read", "digest-register", cut)
    if parts:
        return dict(
            run.step(
                "take", lambda service: register_parts.take_register(service, run.actor, parts), describe
            )
        )
    with run.upload() as path:
        return dict(
            run.step(
                "import",
                lambda service: registers.import_register(
                    service, run.actor, kind, path, as_of, progress=run.progress("import")
                ),
                describe,
            )
        )


def _import_registrations(run: Run) -> Result:
    """Payload: "upload"."""
    upload = run.given("upload", str)

    def describe(imported: bulk_registering.ImportedRegistrations) -> Result:
        return {
            "rows": imported.rows,
            "created": imported.created,
            "changed": imported.changed,
            "is_new": imported.is_new,
        }

    def cut(service: Service) -> list[Part]:
        if not is_worth_cutting(service, upload):
            return []
        with run.upload() as path:
            return registration_parts.cut_registrations(service, run.round_slug, path, upload)

    parts = run.divided("read", "seal-registrations", cut)
    if parts:
        return dict(
            run.step(
                "take",
                lambda service: registration_parts.take_registrations(
                    service, run.actor, run.round_slug, parts
                ),
                describe,
            )
        )
    with run.upload() as path:
        return dict(
            run.step(
                "import",
                lambda service: bulk_registering.import_registrations(
                    service, run.actor, run.round_slug, path, progress=run.progress("import")
                ),
                describe,
            )
        )


def _carry_over(run: Run) -> Result:
    count = run.step("carry-over", lambda service: carrying.carry_over(service, run.actor, run.round_slug))
    return {"registrations": count}


def _close_draw(run: Run) -> Result:
    count = run.step(
        "close", lambda service: deciding.close_draw(service, run.actor, run.round_slug, run.draw)
    )
    return {"registered": count}


def _decide_draw(run: Run) -> Result:
    """Payload: "versions", register kind → version, may be left out."""
    versions = run.task.payload.get("versions")
    parts = run.divided(
        "gather",
        "gather-facts",
        lambda service: fact_parts.cut_entries(service, run.round_slug, run.draw, versions),
    )
    gathered = fact_parts.gathered_by(parts)
    decision = run.step(
        "decide",
        lambda service: deciding.decide_draw(
            service, run.actor, run.round_slug, run.draw, versions, gathered=gathered
        ),
        lambda decided: {"strata": dict(decided.strata), "excluded": dict(decided.excluded)},
    )
    return dict(decision)


def _commit_draw(run: Run) -> Result:
    """Payload: "quotas"; "sources" as in commitment.json; "upload", the slots, unless they are set already."""
    quotas, sources = run.given("quotas", dict), read_sources(run.given("sources", list))
    result: dict[str, Any] = {}
    if "upload" in run.task.payload:
        with run.upload() as path:
            result["slots"] = run.step(
                "set-slots",
                lambda service: committing.set_slots(service, run.actor, run.round_slug, run.draw, path),
            )
    result["commitment"] = run.step(
        "commit",
        lambda service: committing.commit_draw(service, run.actor, run.round_slug, run.draw, quotas, sources),
    )
    _export_bundle(run)
    return result


def _draw_winners(run: Run) -> Result:
    won = run.step(
        "draw", lambda service: drawing.draw_winners(service, run.actor, run.round_slug, run.draw), dict
    )
    return {"won": won}


def _publish_allocation(run: Run) -> Result:
    parts = run.divided(
        "prepare", "prepare-winners", lambda service: winners.cut_winners(service, run.round_slug, run.draw)
    )
    prepared = [part.id for part in parts]
    placed = run.step(
        "publish",
        lambda service: drawing.publish_allocation(
            service, run.actor, run.round_slug, run.draw, prepared=prepared
        ),
        dict,
    )
    _export_bundle(run)
    return {**placed, "told": _tell_placed(run, 0)}


def _tell_winners(run: Run) -> Result:
    """Write to whom a publication could not: for where that step of it failed, and the places stand."""
    return {"told": _tell_placed(run, None)}


def _open_collection(run: Run) -> Result:
    run.step("collect", lambda service: drawing.open_collection(service, run.actor, run.round_slug, run.draw))
    return {}


def _forfeit_missed(run: Run) -> Result:
    count = run.step(
        "forfeit", lambda service: afterwards.forfeit_missed(service, run.actor, run.round_slug, run.draw)
    )
    return {"forfeited": count}


def _publish_batch(run: Run) -> Result:
    """Payload: "released", places of new stock; "upload", the places offered; both may be left out."""
    released = run.task.payload.get("released", 0)
    with run.upload() if "upload" in run.task.payload else nullcontext() as room:
        forfeited = _forfeit_missed(run)
        counts = run.step(
            "batch",
            lambda service: batches.publish_batch(
                service, run.actor, run.round_slug, run.draw, room=room, released=released
            ),
            dict,
        )
    _export_bundle(run)
    return {**forfeited, **counts, "told": _tell_placed(run, counts["batch"])}


def _tell_placed(run: Run, batch: int | None) -> int:
    """Write to those who were given a place by a batch, or by whichever, once; gives how many."""
    parts = run.divided(
        "tell",
        "tell-placed",
        lambda service: notices_of_places.cut_placed(service, run.round_slug, run.draw, batch),
    )
    if parts:
        return sum(part.result["told"] for part in parts if part.result is not None)
    told = run.step(
        "tell",
        lambda service: notices_of_places.tell_placed(service, run.round_slug, run.draw, batch),
    )
    return int(told)


def _record_audit(run: Run) -> Result:
    """Payload: "findings", number → whether it is sound."""
    findings = run.given("findings", dict)
    unsound = run.step(
        "audit",
        lambda service: auditing.record_audit(service, run.actor, run.round_slug, run.draw, findings),
    )
    return {"unsound": unsound}


def _finish_draw(run: Run) -> Result:
    """Payload: "whole_round", may be left out."""
    run.step(
        "finish-draw", lambda service: round_steps.finish_draw(service, run.actor, run.round_slug, run.draw)
    )
    return _finish_round(run) if run.task.payload.get("whole_round") is True else {}


def _finish_round(run: Run) -> Result:
    run.step("finish-round", lambda service: round_steps.finish_round(service, run.actor, run.round_slug))
    return {}


def _erase_round(run: Run) -> Result:
    erased = run.step("erase", lambda service: erasing.erase_round(service, run.actor, run.round_slug))
    # Again, for a worker that was killed between the transaction and this.
    run.service.keys.destroy_round_keys(run.round_slug)
    return {"registrations": erased}


def _export_bundle(run: Run) -> Result:
    """Write bundle and look-up files; a repeat finds the same bytes."""
    made = run.step(
        "export",
        lambda service: bundles.write_public_files(service, run.round_slug, run.draw, run.bundles),
        lambda bundle: {"sha256": bundle.sha256, "files": len(bundle.sums)},
    )
    return dict(made)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("bad-task", "The day must be like 2020-02-06.", field="as_of") from None


KINDS: Mapping[str, Callable[[Run], Result]] = {
    "open-round": _open_round,
    "import-register": _import_register,
    "import-registrations": _import_registrations,
    "carry-over": _carry_over,
    "close-draw": _close_draw,
    "decide-draw": _decide_draw,
    "commit-draw": _commit_draw,
    "draw-winners": _draw_winners,
    "publish-allocation": _publish_allocation,
    "tell-winners": _tell_winners,
    "open-collection": _open_collection,
    "forfeit-missed": _forfeit_missed,
    "publish-batch": _publish_batch,
    "record-audit": _record_audit,
    "finish-draw": _finish_draw,
    "finish-round": _finish_round,
    "erase-round": _erase_round,
    "export-bundle": _export_bundle,
}
