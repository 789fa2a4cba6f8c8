"""Closing a draw, and deciding who is in its pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict

from maskres.db import deciding, files, gathering, record, registers, rounds
from maskres.db.bulk import write_csv
from maskres.db.engine import Transaction
from maskres.db.locks import lock_registering
from maskres.eligibility.periods import insurance_window
from maskres.eligibility.verdict import decide
from maskres.errors import InputError, StepRefused
from maskres.formats.values import format_time
from maskres.ledger import bodies
from maskres.ledger.bodies import FileDigest, PinnedRegister
from maskres.ledger.body_shapes import Kind
from maskres.rounds.rules import Rules, age_thresholds
from maskres.rounds.status import DrawStatus, require_draw_step
from maskres.usecases.record import enter
from maskres.usecases.service import Actor, Service, one_transaction
from maskres.usecases.work.parts import rows_of_parts

_EPOCH = date(1970, 1, 1)


class Question(TypedDict):
    """What the rules ask of every entry, beside the registers; see gathering.gather_facts."""

    thresholds: Sequence[int]
    reference_day: int
    won_since: str


@one_transaction
def close_draw(c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int) -> int:
    """Close a draw over the registrations standing now, and open the round's next one if the rules hold more.

    Returns:
        How many are registered, withdrawn ones included.

    Raises:
        StepRefused: "step-out-of-order".
    """
    round_ = rounds.find_round(c, round_slug)
    lock_registering(c, round_.id, is_exclusive=True)
    now = service.now()
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    require_draw_step(draw.status, DrawStatus.CLOSED)
    deciding.snapshot_entries(c, draw.id, round_.id)
    rounds.move_draw(c, draw, DrawStatus.CLOSED, closed_at=now)
    with service.scratch() as folder:
        path = folder / "registered.csv"
        write_csv(c, "number", deciding.select_registered(draw.id), path)
        published = files.publish_file(c, round_.id, draw.id, "registered.csv", path, now)
    body = bodies.draw_closed(FileDigest(published.sha256, published.entries))
    enter(c, service, now, Kind.DRAW_CLOSED, round_slug, draw.draw, body)
    if draw.draw < round_.rules.draws:
        rounds.insert_draw(c, round_.id, draw.draw + 1, now)
    detail = {"registered": published.entries, "sha256": published.sha256}
    record.log(c, now, actor.name, "draw-closed", round_slug=round_slug, draw=draw.draw, detail=detail)
    return published.entries


@dataclass(frozen=True, slots=True)
class Decision:
    """How a draw was decided: entries in the pool by stratum, excluded by coarse reason."""

    strata: Mapping[str, int]
    excluded: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GatheredFacts:
    """Facts that parts have gathered beforehand (fact_parts.py).

    Attributes:
        parts: their ids, in order.
        versions: register kind → version that they were gathered by.
    """

    parts: Sequence[str]
    versions: Mapping[str, int]


@one_transaction
def decide_draw(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    versions: Mapping[str, int] | None = None,
    *,
    gathered: GatheredFacts | None = None,
) -> Decision:
    """Decide on every entry of a closed draw; may be repeated until the commitment.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who decides.
        round_slug: the round.
        draw_number: the draw.
        versions: register kind → version to decide by; the newest where not said.
        gathered: what parts made ready; where it was by other versions it is gathered anew.

    Raises:
        StepRefused: "step-out-of-order", "earlier-draw-unfinished", "missing-register", "old-index-key".
        InputError: "unknown-version", "unknown-register".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    _require_earlier_draws(c, round_, draw)
    pinned = pick_versions(c, round_.rules, versions or {}, service.index_key.version)
    rounds.move_draw(c, draw, DrawStatus.DECIDED, decided_at=now)
    before = {each.id for each in deciding.list_pinned(c, draw.id)}
    deciding.pin_registers(c, draw.id, pinned.values())
    is_same = draw.status is DrawStatus.DECIDED and before == {each.id for each in pinned.values()}
    if gathered is not None and gathered.versions == {v.kind: v.version for v in pinned.values()}:
        with rows_of_parts(service, gathered.parts) as blocks:
            gathering.load_facts(c, draw.id, blocks, deciding.count_entries(c, draw.id))
        is_same = True  # and what can change after the closing is looked at again
    gathering.gather_facts(
        c,
        draw.id,
        round_.id,
        bases_of(round_.rules, pinned),
        **question_of(round_, draw, now),
        is_same=is_same,
    )
    masks = deciding.distinct_masks(c, draw.id)
    deciding.write_verdicts(c, draw.id, {mask: decide(mask, round_.rules) for mask in masks})
    strata, excluded = deciding.count_verdicts(c, draw.id)
    # By kind, as in the commitment.
    in_order = sorted(pinned.values(), key=lambda version: version.kind)
    registers_ = [PinnedRegister(v.kind, v.version, v.sha256, v.rows) for v in in_order]
    enter(
        c,
        service,
        now,
        Kind.DRAW_DECIDED,
        round_slug,
        draw.draw,
        bodies.draw_decided(strata, excluded, registers_),
    )
    detail = {
        "strata": strata,
        "excluded": excluded,
        "registers": {v.kind: v.version for v in pinned.values()},
    }
    record.log(c, now, actor.name, "draw-decided", round_slug=round_slug, draw=draw.draw, detail=detail)
    return Decision(strata, excluded)


def _require_earlier_draws(c: Transaction, round_: rounds.Round, draw: rounds.Draw) -> None:
    # Spec R5, E5: every earlier draw has its result or is void.
    for earlier in rounds.list_draws(c, round_.id):
        has_result = earlier.seed is not None and earlier.status not in (
            DrawStatus.COMMITTED,
            DrawStatus.DICED,
        )
        if earlier.draw < draw.draw and not has_result and earlier.status is not DrawStatus.VOID:
            raise StepRefused(
                "earlier-draw-unfinished",
                f"Draw {earlier.draw} has no result yet; its winners must be left out of draw {draw.draw}.",
            )


def question_of(round_: rounds.Round, draw: rounds.Draw, now: datetime) -> Question:
    """Give what the rules ask of every entry, as gathering.gather_facts is told it."""
    rules, closed_at = round_.rules, draw.closed_at or now
    return {
        "thresholds": age_thresholds(rules),
        "reference_day": (rules.reference_date - _EPOCH).days,
        "won_since": format_time(closed_at - timedelta(days=rules.wait_days)),
    }


def pick_versions(
    c: Transaction, rules: Rules, wanted: Mapping[str, int], key_version: int
) -> dict[str, registers.RegisterVersion]:
    """Give the version of each register that a draw is decided by: those wanted, else the newest.

    Raises:
        StepRefused: "missing-register", "old-index-key".
        InputError: "unknown-version", "unknown-register".
    """
    for kind in sorted(wanted.keys() - {basis.register for basis in rules.bases}):
        raise InputError(
            "unknown-register", f"The register {kind:.40} is no basis of this round.", field="register"
        )
    picked = {}
    for basis in rules.bases:
        versions = registers.list_versions(c, basis.register)
        if basis.register in wanted:
            versions = [version for version in versions if version.version == wanted[basis.register]]
            if not versions:
                raise InputError(
                    "unknown-version",
                    f"There is no version {wanted[basis.register]} of the register {basis.register}.",
                    field="register",
                )
        if not versions:
            raise StepRefused(
                "missing-register", f"The rules need the register {basis.register}; import it first."
            )
        version = versions[-1]
        if version.key_version != key_version:
            raise StepRefused(
                "old-index-key",
                f"Version {version.version} of {basis.register} has an older index key; import the file again.",
            )
        picked[basis.register] = version
    return picked


def bases_of(rules: Rules, pinned: Mapping[str, registers.RegisterVersion]) -> list[gathering.PinnedBasis]:
    """Give the bases of the rules with the versions they are read from."""
    bases = []
    for basis in rules.bases:
        version = pinned[basis.register]
        window = None
        if basis.of_last is not None:
            window = insurance_window(date.fromisoformat(version.as_of), rules.reference_date, basis.of_last)
        bases.append(gathering.PinnedBasis(basis.register, version.id, basis.months, window))
    return bases
