"""Winners who take another slot or store with room: one, or a family into one slot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from maskres.db import batches, people, pickup, record, results, rounds
from maskres.db.engine import Transaction
from maskres.errors import StepRefused
from maskres.pickup.codes import CodeMaker, code_digest
from maskres.pickup.places import PlaceStatus
from maskres.rounds.status import DrawStatus
from maskres.usecases.pickup.afterwards import require_still_to_come
from maskres.usecases.registration.proofs import Proof, require_proof, secret_of
from maskres.usecases.service import Actor, Service, one_transaction


def move_place(
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    number: str,
    *,
    store: str,
    slot: str,
    proof: Proof,
) -> str:
    """Move one's place to another slot or store with room; the old code stops working.

    Returns:
        The new pickup code.

    Raises:
        StepRefused, InputError: as move_places.
    """
    return move_places(service, actor, round_slug, draw_number, {number: proof}, store=store, slot=slot)[
        number
    ]


@one_transaction
def move_places(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    proofs: Mapping[str, Proof],
    *,
    store: str,
    slot: str,
) -> dict[str, str]:
    """Move places of one draw to one slot with room for all of them, or none; their old codes stop working.

    Args:
        c: a writing transaction.
        service: the service.
        actor: who moves them.
        round_slug: the round.
        draw_number: the draw.
        proofs: number → that it is the caller's; at least one.
        store: where to.
        slot: when to.

    Returns:
        Number → its new pickup code; a place that is there already keeps its code and is left out.

    Raises:
        StepRefused: "step-out-of-order", "not-proved", "slot-full", "slot-begun", "nothing-to-move".
        InputError: "unknown-number", "no-place".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number)
    if draw.status not in (DrawStatus.PUBLISHED, DrawStatus.COLLECTING):
        raise StepRefused("step-out-of-order", f"The draw is {draw.status}; its places cannot change now.")
    for number, proof in proofs.items():
        registration = people.find_registration(c, round_.id, number)
        require_proof(registration, proof, secret_of(service, round_slug, number))
    # Always in one order, so that two of one family who move everybody at once do not get stuck.
    found = {number: _movable(c, draw, number, now) for number in sorted(proofs)}
    places = {number: place for number, place in found.items() if (place.store, place.slot) != (store, slot)}
    if not places:
        raise StepRefused("nothing-to-move", "This is the slot already.")
    batches.lock_slots(c, draw.id, [*((place.store, place.slot) for place in places.values()), (store, slot)])
    codes = CodeMaker(service.keys.round_keys(round_slug).code, round_slug, draw.draw)
    given = {}
    for number, place in places.items():
        given[number] = codes.code(number, place.code_version + 1)
        _move(c, service, draw, place, store, slot, given[number])
        record.log(
            c, now, actor.name, "place-moved", round_slug=round_slug, draw=draw.draw, number=number,
            detail={"store": store, "slot": slot},
        )  # fmt: skip
    return given


def _movable(c: Transaction, draw: rounds.Draw, number: str, now: datetime) -> Any:
    place = pickup.find_place(c, draw.id, number, is_locked=True)
    if place.status != PlaceStatus.ASSIGNED:
        raise StepRefused("nothing-to-move", "This number holds no place that could be moved.")
    require_still_to_come(pickup.find_begins(c, draw.id, [number])[number], now)
    return place


def _move(
    c: Transaction, service: Service, draw: rounds.Draw, place: Any, store: str, slot: str, code: str
) -> None:
    # The slot's own row decides who has its last place: whoever raises `taken` first.
    if not batches.take_place(c, draw.id, store, slot, service.now()):
        raise StepRefused("slot-full", "There is no place left in this slot. Please choose another.")
    batches.free_places(c, draw.id, {(place.store, place.slot): 1})
    moved = {
        "of_draw": draw.id,
        "of_number": place.number,
        "new_batch": place.batch,
        "new_status": "assigned",
        "new_store": store,
        "new_slot": slot,
        "new_choice": place.choice,
        "new_code_version": place.code_version + 1,
        "new_code_digest": code_digest(service.keys.deployment.lookup, code),
    }
    results.move_places(c, [moved])
