"""What befalls places after the allocation: given back, missed, moved, disqualified, a store closed.

Each waits here for the batch that publishes it (usecases/pickup/batches.py); residents moving themselves do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from maskres.db import batches, disputes, people, pickup, record, results, rounds, tills
from maskres.db.engine import Transaction
from maskres.db.persons import forget_wins
from maskres.errors import ConflictError, InputError, StepRefused
from maskres.pickup.codes import CodeMaker
from maskres.pickup.forfeits import forfeit_horizon
from maskres.pickup.places import PlaceStatus
from maskres.rounds.status import DrawStatus
from maskres.usecases.reasons import read_reason
from maskres.usecases.registration.proofs import Proof, require_proof, secret_of
from maskres.usecases.service import Actor, Service, one_transaction

_OPEN_PLACES = (PlaceStatus.ASSIGNED, PlaceStatus.UNPLACED)


def published_draw(c: Transaction, round_: rounds.Round, draw_number: int) -> rounds.Draw:
    """Give a draw whose places can change: published or collecting; locked.

    Raises:
        StepRefused: "step-out-of-order".
    """
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    if draw.status not in (DrawStatus.PUBLISHED, DrawStatus.COLLECTING):
        raise StepRefused("step-out-of-order", f"The draw is {draw.status}; its places cannot change now.")
    return draw


def give_back(
    service: Service, actor: Actor, round_slug: str, draw_number: int, number: str, proof: Proof
) -> None:
    """Give a place back, or leave the waiting list, for good. Raises as give_back_each."""
    give_back_each(service, actor, round_slug, draw_number, {number: proof})


@one_transaction
def give_back_each(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    proofs: Mapping[str, Proof],
) -> None:
    """Give places back, or leave the waiting list, for good: all of some numbers, or none.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who does so, or enters it for those who called or wrote.
        round_slug: the round.
        draw_number: the draw.
        proofs: registration number → how its holder shows that it is theirs.

    Raises:
        StepRefused: "step-out-of-order", "not-proved", "nothing-to-give-back", "slot-begun", "place-ended".
        InputError: "unknown-number".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = published_draw(c, round_, draw_number)
    registered = people.find_registrations(c, round_.id, proofs)
    for number, proof in proofs.items():
        registration = registered.get(number) or people.find_registration(c, round_.id, number)
        require_proof(registration, proof, secret_of(service, round_slug, number))
    held = pickup.find_places(c, draw.id, proofs)
    begins = pickup.find_begins(c, draw.id, held)
    for place in held.values():
        if place.status == PlaceStatus.ASSIGNED:
            require_still_to_come(begins[place.number], now)
    _end_places(c, draw, held.values(), PlaceStatus.CANCELLED, now, actor)
    forget_wins(c, draw.id, held)
    for number in proofs:
        if number in held:
            continue
        if not _is_waiting(c, draw, number):
            raise StepRefused("nothing-to-give-back", "This number neither holds a place nor waits for one.")
        batches.note_changes(c, draw.id, [number], "withdrawn", now, actor.name)
    details: dict[str, dict[str, str]] = {number: {} for number in proofs}
    record.log_each(c, now, actor.name, "given-back", round_slug=round_slug, draw=draw.draw, details=details)


@one_transaction
def disqualify(
    c: Transaction,
    service: Service,
    actor: Actor,
    approver: Actor,
    round_slug: str,
    draw_number: int,
    number: str,
    reason: str,
) -> None:
    """Disqualify a winner or a waiting number; nobody else moves. A dispute still open under it is thereby rejected.

    Args:
        c: given by the decorator.
        service: the service.
        actor: operator.
        approver: notary; another person.
        round_slug: the round.
        draw_number: the draw.
        number: whom.
        reason: why, for the audit log.

    Raises:
        StepRefused: "step-out-of-order", "two-people-needed", "nothing-to-disqualify".
    """
    if actor.name == approver.name:
        raise StepRefused("two-people-needed", "Disqualifying takes two people.")
    reason = read_reason(reason)
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = published_draw(c, round_, draw_number)
    held = pickup.find_places(c, draw.id, [number])
    if held:
        _end_places(c, draw, held.values(), PlaceStatus.DISQUALIFIED, now, actor, reason)
    elif _is_waiting(c, draw, number):
        batches.note_changes(c, draw.id, [number], "disqualified", now, actor.name, reason)
    else:
        raise StepRefused("nothing-to-disqualify", "This number neither holds a place nor waits for one.")
    detail = {"approver": approver.name, "reason": reason}
    if disputes.answer_kept(c, draw.id, number, is_upheld=False, by=actor.name, now=now):
        detail["dispute"] = "rejected"
    record.log(
        c,
        now,
        actor.name,
        "disqualified",
        round_slug=round_slug,
        draw=draw.draw,
        number=number,
        detail=detail,
    )


@one_transaction
def forfeit_missed(c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int) -> int:
    """Forfeit what was missed, store by store, as far as every till of the store has reported.

    Returns:
        How many places.

    Raises:
        StepRefused: "step-out-of-order".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = published_draw(c, round_, draw_number)
    reports = tills.reports_by_store(c, round_.id)
    horizons = {store: forfeit_horizon(reported_at, now) for store, reported_at in reports.items()}
    total = batches.forfeit_missed(c, draw.id, horizons, forfeit_horizon([], now), now, actor.name)
    detail = {"forfeited": total}
    record.log(c, now, actor.name, "places-forfeited", round_slug=round_slug, draw=draw.draw, detail=detail)
    return total


@one_transaction
def close_store(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    store: str,
    since: datetime,
) -> int:
    """Close a store from a moment on; its winners are placed anew in the next batch.

    Returns:
        How many winners are displaced.

    Raises:
        StepRefused: "step-out-of-order".
        InputError: "unknown-store".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    if store not in rounds.store_districts(c, round_.id):
        raise InputError("unknown-store", f"{store!r:.60} is not a store of this round.", field="store")
    draw = published_draw(c, round_, draw_number)
    # What has begun is served or missed; only what is still to come can be moved.
    displaced = batches.displace(c, draw.id, store, max(since, now), now, actor.name)
    detail = {"store": store, "displaced": displaced}
    record.log(c, now, actor.name, "store-closed", round_slug=round_slug, draw=draw.draw, detail=detail)
    return displaced


def show_code(service: Service, round_slug: str, draw_number: int, number: str) -> str:
    """Derive the pickup code of a winner's place.

    Raises:
        InputError: "no-place".
    """
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number)
        version = pickup.find_place(c, draw.id, number).code_version
    return code_of(service, round_slug, draw_number, number, version)


def code_of(service: Service, round_slug: str, draw_number: int, number: str, version: int) -> str:
    """Derive one version of a pickup code."""
    return code_maker(service, round_slug, draw_number).code(number, version)


def code_maker(service: Service, round_slug: str, draw_number: int) -> CodeMaker:
    """Give what derives the pickup codes of a draw, where there are many to derive."""
    return CodeMaker(service.keys.round_keys(round_slug).code, round_slug, draw_number)


def require_still_to_come(begins_at: datetime, now: datetime) -> None:
    """Refuse to change a place whose slot has begun: a till may have handed it out without having said so yet.

    Raises:
        StepRefused: "slot-begun".
    """
    if begins_at <= now:
        raise StepRefused("slot-begun", "The slot of this place has begun; it can only be collected now.")


def _is_waiting(c: Transaction, draw: rounds.Draw, number: str) -> bool:
    row = results.find_result(c, draw.id, number)
    return row is not None and row.outcome == "waiting" and not batches.has_change(c, draw.id, number)


def _end_places(
    c: Transaction,
    draw: rounds.Draw,
    held: Collection[Any],
    status: PlaceStatus,
    now: datetime,
    actor: Actor,
    reason: str | None = None,
) -> None:
    """End places for good, each of which stands open; those that were assigned come free."""
    for place in held:
        if place.status not in _OPEN_PLACES:
            raise StepRefused("place-ended", f"This place is {place.status}.")
    if not batches.set_place_status(c, {place.id: PlaceStatus(place.status) for place in held}, status):
        raise ConflictError("done-elsewhere", "This place has just changed; please look again.")
    freed = Counter((place.store, place.slot) for place in held if place.status == PlaceStatus.ASSIGNED)
    batches.free_places(c, draw.id, freed)
    batches.note_changes(c, draw.id, [place.number for place in held], str(status), now, actor.name, reason)
