"""Closing a draw, deciding who is in its pool, and the disputes about that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from maskres.db import deciding, disputes, files, people, record, registers, rounds
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
from maskres.usecases.reasons import read_reason
from maskres.usecases.record import enter
from maskres.usecases.service import Actor, Service, one_transaction

_EPOCH = date(1970, 1, 1)


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


@one_transaction
def decide_draw(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    versions: Mapping[str, int] | None = None,
) -> Decision:
    """Decide on every entry of a closed draw; may be repeated until the commitment.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who decides.
        round_slug: the round.
        draw_number: the draw.
        versions: register kind → version to decide by; the newest where not said.

    Raises:
        StepRefused: "step-out-of-order", "earlier-draw-unfinished", "missing-register", "old-index-key".
        InputError: "unknown-version", "unknown-register".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    _require_earlier_draws(c, round_, draw)
    pinned = _pick_versions(c, round_.rules, versions or {}, service.index_key.version)
    rounds.move_draw(c, draw, DrawStatus.DECIDED, decided_at=now)
    deciding.pin_registers(c, draw.id, pinned.values())
    closed_at = draw.closed_at or now
    deciding.gather_facts(
        c,
        draw.id,
        round_.id,
        _bases(round_.rules, pinned),
        thresholds=age_thresholds(round_.rules),
        reference_day=(round_.rules.reference_date - _EPOCH).days,
        won_since=format_time(closed_at - timedelta(days=round_.rules.wait_days)),
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


def _pick_versions(
    c: Transaction, rules: Rules, wanted: Mapping[str, int], key_version: int
) -> dict[str, registers.RegisterVersion]:
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


def _bases(rules: Rules, pinned: Mapping[str, registers.RegisterVersion]) -> list[deciding.PinnedBasis]:
    bases = []
    for basis in rules.bases:
        version = pinned[basis.register]
        window = None
        if basis.of_last is not None:
            window = insurance_window(date.fromisoformat(version.as_of), rules.reference_date, basis.of_last)
        bases.append(deciding.PinnedBasis(basis.register, version.id, basis.months, window))
    return bases


@one_transaction
def lodge_dispute(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int, number: str, words: str
) -> None:
    """Lodge a person's objection to their verdict; a repeat before it is resolved replaces the words.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who lodges it.
        round_slug: the round.
        draw_number: the draw, decided and not yet committed.
        number: the registration.
        words: what the person says, 1 to 2000 characters; kept encrypted.

    Raises:
        StepRefused: "too-early-to-dispute", "too-late-to-dispute", "nothing-to-dispute".
        InputError: "unknown-number", "bad-words".
    """
    if not 1 <= len(words.strip()) <= 2000:
        raise InputError("bad-words", "Please say in 1 to 2000 characters what is wrong.", field="words")
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = _draw_in_challenge(c, round_, draw_number)
    verdict = deciding.find_verdict(c, draw.id, number)
    if verdict is None:
        raise InputError(
            "unknown-number", "Nobody is registered under this number in this draw.", field="number"
        )
    if verdict.is_withdrawn or verdict.is_eligible:
        raise StepRefused(
            "nothing-to-dispute",
            "This registration was withdrawn."
            if verdict.is_withdrawn
            else "This registration is in the pool.",
        )
    sealed = service.cipher.encrypt(
        words.strip().encode(), bound_to=_dispute_owner(draw.id, number), nonce=service.random_bytes(12)
    )
    if not disputes.lodge(c, draw.id, number, sealed, now):
        raise StepRefused("dispute-resolved", "This dispute has been answered already.")
    record.log(c, now, actor.name, "dispute-lodged", round_slug=round_slug, draw=draw.draw, number=number)


@one_transaction
def resolve_dispute(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    number: str,
    *,
    proved: tuple[str, ...] = (),
    reason: str,
) -> None:
    """Answer a dispute: upheld for the registers whose evidence was seen, or rejected. Then decide again.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who answers.
        round_slug: the round.
        draw_number: the draw, decided and not yet committed.
        number: the registration.
        proved: kinds of registers whose evidence the person showed; none rejects the dispute.
        reason: why, for the audit log.

    Raises:
        StepRefused: "too-late-to-dispute", "no-open-dispute".
        InputError: "unknown-register".
    """
    why = read_reason(reason)
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    for kind in proved:
        if kind not in {basis.register for basis in round_.rules.bases}:
            message = f"The register {kind:.40} is no basis of this round."
            raise InputError("unknown-register", message, field="register")
    draw = _draw_in_challenge(c, round_, draw_number)
    if not disputes.resolve(c, draw.id, number, sorted(set(proved)), actor.name, now):
        raise StepRefused("no-open-dispute", "There is no open dispute under this number.")
    detail = {"proved": sorted(set(proved)), "reason": why}
    record.log(
        c,
        now,
        actor.name,
        "dispute-resolved",
        round_slug=round_slug,
        draw=draw.draw,
        number=number,
        detail=detail,
    )


def read_dispute(service: Service, actor: Actor, round_slug: str, draw_number: int, number: str) -> str:
    """Read what a person said; the reading is logged.

    Raises:
        InputError: "unknown-number".
    """
    return _read_dispute(service, actor, round_slug, draw_number, number)


@one_transaction
def _read_dispute(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int, number: str
) -> str:
    draw = rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number)
    words = disputes.words_of(c, draw.id, number)
    record.log(
        c, service.now(), actor.name, "personal-data-read", round_slug=round_slug, draw=draw.draw, number=number,
        detail={"what": "dispute"},
    )  # fmt: skip
    return service.cipher.decrypt(words, bound_to=_dispute_owner(draw.id, number)).decode()


@one_transaction
def grant_late_claim(
    c: Transaction, service: Service, actor: Actor, round_slug: str, number: str, reason: str
) -> None:
    """Grant a ticket in the next round for a claim that was right but came after the commitment.

    Raises:
        InputError: "unknown-number".
    """
    round_ = rounds.find_round(c, round_slug)
    registration = people.find_registration(c, round_.id, number)
    people.grant_bonus_ticket(c, registration.person_id)
    record.log(
        c,
        service.now(),
        actor.name,
        "bonus-granted",
        round_slug=round_slug,
        number=number,
        detail={"reason": read_reason(reason)},
    )


def _draw_in_challenge(c: Transaction, round_: rounds.Round, draw_number: int) -> rounds.Draw:
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    if draw.status in (DrawStatus.OPEN, DrawStatus.CLOSED):
        raise StepRefused("too-early-to-dispute", "The draw has not been decided yet.")
    if draw.status is not DrawStatus.DECIDED:
        raise StepRefused(
            "too-late-to-dispute",
            "The pool is committed. A claim that is right earns an extra ticket in the next round.",
        )
    return draw


def _dispute_owner(draw_id: int, number: str) -> bytes:
    return f"dispute/{draw_id}/{number}".encode()
