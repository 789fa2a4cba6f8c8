"""Fixing everything the outcome will follow from, before any source of the seed can be known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from maskres.db import deciding, disputes, files, record, rounds, slots
from maskres.db.bulk import write_csv
from maskres.db.engine import Transaction
from maskres.errors import ConflictError, StepRefused
from maskres.formats.values import format_time, sha256_hex
from maskres.ledger import bodies
from maskres.ledger.bodies import FileDigest, PinnedRegister
from maskres.ledger.body_shapes import Kind
from maskres.ledger.commitment import COMMITTED_FILES, Commitment, write_commitment
from maskres.ledger.pool_tree import pool_tree, symbols_for
from maskres.ledger.sets import check_quotas, check_sets
from maskres.lottery.drand_networks import require_genuine_networks
from maskres.lottery.number_lists import read_excluded, read_numbers
from maskres.lottery.pool import read_pool
from maskres.lottery.slots import check_future, read_slots, write_slots
from maskres.lottery.sources import DeclaredSource
from maskres.registration.numbers import key_digest
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.record import enter
from maskres.usecases.rounds.committed import first_known_at, require_earlier_voids
from maskres.usecases.rounds.store_files import read_slot_plan
from maskres.usecases.service import Actor, Service, approved_detail, one_transaction


def require_not_committed(service: Service, round_slug: str, draw_number: int) -> None:
    """Say at once of a draw that it is committed already, or void: for doors that set slots and commit in one go.

    Raises:
        StepRefused: "step-out-of-order".
    """
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number)
    if has_reached(draw.status, DrawStatus.COMMITTED):
        raise StepRefused(
            "step-out-of-order", f"Draw {draw_number} is committed already; nothing replaces a commitment."
        )
    if draw.status is DrawStatus.VOID:
        raise StepRefused("step-out-of-order", f"Draw {draw_number} is void.")


@one_transaction
def set_slots(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    path: Path,
    approved: str | None = None,
) -> int:
    """Set the pickup slots of a draw from a file in the form of slots.csv, in place of earlier ones.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who sets them.
        round_slug: the round.
        draw_number: the draw, not committed yet.
        path: of the file.
        approved: digest of what was looked at, for the audit log.

    Returns:
        How many slots there are.

    Raises:
        InputError: as read_slot_plan, with the line.
        StepRefused: "slots-frozen" once the draw is committed.
    """
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    if draw.status not in (DrawStatus.OPEN, DrawStatus.CLOSED, DrawStatus.DECIDED):
        raise StepRefused("slots-frozen", "The slots are committed; new stock comes in by batches.")
    plan = read_slot_plan(path, rounds.store_districts(c, round_.id))
    count = slots.replace_slots(c, draw, plan)
    detail = {"slots": count, "places": sum(slot.capacity for slot in plan)} | approved_detail(approved)
    record.log(
        c, service.now(), actor.name, "slots-set", round_slug=round_slug, draw=draw.draw, detail=detail
    )
    return count


@one_transaction
def commit_draw(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    quotas: Mapping[str, int],
    sources: Sequence[DeclaredSource],
) -> str:
    """Commit a draw: its files are published, commitment.json names their digests, the ledger pledges it.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who commits; they may not enter the dice.
        round_slug: the round.
        draw_number: the draw, decided.
        quotas: stratum → winners at most; exactly the pool's strata.
        sources: of randomness, all still to come.

    Returns:
        SHA-256 of commitment.json.

    Raises:
        StepRefused: "step-out-of-order", "challenge-running", "void-not-cosigned".
        ConflictError: "decide-again".
        CheckFailed: "quotas-differ", "too-few-places", "slot-past".
        InputError: "bad-source".
    """
    now = service.now()
    require_genuine_networks(sources)
    round_ = rounds.find_round(c, round_slug, is_locked=True)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    rounds.move_draw(c, draw, DrawStatus.COMMITTED, committed_at=now, committed_by=actor.name)
    require_earlier_voids(c, round_, draw.draw)
    _require_challenge_over(service, round_, draw)
    _require_pool_current(c, round_, draw)
    with service.scratch() as folder:
        _write_files(c, round_, draw, folder)
        pool = read_pool(folder / "pool.csv")
        check_sets(
            read_numbers(folder / "registered.csv"),
            pool.numbers,
            read_excluded(folder / "excluded.csv").numbers,
            read_numbers(folder / "disputed.csv"),
        )
        offered = read_slots(folder / "slots.csv")
        check_future(offered, now)
        check_quotas(quotas, pool.count_by_stratum(), sum(slot.capacity for slot in offered))
        published = {
            name: files.publish_file(c, round_.id, draw.id, name, folder / name, now)
            for name in COMMITTED_FILES
        }
        tree = pool_tree(folder / "pool.csv", symbols_for(len(pool)))
        stands_at = record.latest_checkpoint(c)
        if stands_at is None:
            raise StepRefused("step-out-of-order", "The ledger is empty.")
        data = write_commitment(
            Commitment(
                origin=record.origin(c),
                round=round_slug,
                draw=draw.draw,
                committed_at=now,
                zone=round_.rules.zone,
                rules_sha256=round_.rules_sha256,
                number_key_sha256=key_digest(service.keys.round_keys(round_slug).number),
                registers=tuple(
                    PinnedRegister(row.kind, row.version, row.sha256, row.rows)
                    for row in deciding.list_pinned(c, draw.id)
                ),
                quotas=quotas,
                files={name: FileDigest(file.sha256, file.entries) for name, file in published.items()},
                pool_symbols=tree.symbols,
                pool_root=tree.root,
                sources=tuple(sources),
                ledger_size=stands_at.size,
                ledger_root=stands_at.root,
            )
        )
        (folder / "commitment.json").write_bytes(data)
        files.publish_file(c, round_.id, draw.id, "commitment.json", folder / "commitment.json", now)
    # Spec E7: the entry names this very file, at the same time.
    digest = sha256_hex(data)
    enter(c, service, now, Kind.DRAW_COMMITTED, round_slug, draw.draw, bodies.draw_committed(digest))
    detail = {
        "commitment": digest,
        "quotas": dict(quotas),
        "open_disputes": disputes.keep_open(c, draw.id),
    }
    record.log(c, now, actor.name, "draw-committed", round_slug=round_slug, draw=draw.draw, detail=detail)
    return digest


def _require_challenge_over(service: Service, round_: rounds.Round, draw: rounds.Draw) -> None:
    if draw.decided_at is None:
        raise StepRefused("step-out-of-order", "The draw has not been decided.")
    # Spec E6.
    over_at = draw.decided_at + timedelta(hours=round_.rules.challenge_hours)
    if service.now() < over_at:
        raise StepRefused("challenge-running", f"Verdicts can be disputed until {format_time(over_at)}.")


def _require_pool_current(c: Transaction, round_: rounds.Round, draw: rounds.Draw) -> None:
    count = deciding.count_earlier_winners_in_pool(c, draw.id, round_.id)
    if count:
        raise ConflictError(
            "decide-again",
            f"{count} of the pool have won in an earlier draw of this round since. Decide again.",
        )
    kinds = [basis.register for basis in round_.rules.bases]
    unheard = deciding.count_unheard_corrections(c, draw.id, kinds)
    if unheard:
        raise ConflictError(
            "decide-again",
            f"{unheard} proofs were accepted since the verdicts. Decide again, so that they count.",
        )


def _write_files(c: Transaction, round_: rounds.Round, draw: rounds.Draw, folder: Path) -> None:
    files.fetch_file(c, draw.id, "registered.csv", folder / "registered.csv")
    write_csv(c, "number,stratum,tickets,seal", deciding.select_pool(draw.id), folder / "pool.csv")
    write_csv(c, "number,reason", deciding.select_excluded(draw.id), folder / "excluded.csv")
    write_csv(c, "number", deciding.select_disputed(draw.id), folder / "disputed.csv")
    with (folder / "slots.csv").open("wb") as stream:
        write_slots(slots.list_slots(c, draw), stream)


@one_transaction
def void_draw(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    reason: str,
    approved: str | None = None,
) -> None:
    """Give a draw up before its dice, with a reason for all to see (spec E15).

    After a commitment it counts only once notary and witness have cosigned it, before the first source can be known: no
    later draw of the round is committed without.

    Raises:
        StepRefused: "step-out-of-order" once the dice are entered; "source-known" once they may have been rolled, or
            drand's round has come.
        InputError: "bad-member" for a reason that is empty, too long or holds a long number.
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    rounds.move_draw(c, draw, DrawStatus.VOID)
    committed = files.list_files(c, draw.id).get("commitment.json")
    if committed is not None and now >= first_known_at(c, round_, draw):
        raise StepRefused("source-known", "The first source can be known already; the draw must go on.")
    if draw.status is DrawStatus.OPEN and draw.draw < round_.rules.draws:
        rounds.insert_draw(c, round_.id, draw.draw + 1, now)  # registering goes on for the next draw
    body = bodies.draw_voided(None if committed is None else committed.sha256, reason.strip())
    enter(c, service, now, Kind.DRAW_VOIDED, round_slug, draw.draw, body)
    detail = {"reason": reason} | approved_detail(approved)
    record.log(c, now, actor.name, "draw-voided", round_slug=round_slug, draw=draw.draw, detail=detail)
