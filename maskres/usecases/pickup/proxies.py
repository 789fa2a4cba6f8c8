"""Naming beforehand who collects for a winner; only the winner can, and only until it is collected.

What stands when it is handed out stands until the round is erased: it goes with the hand-over that says a proxy came.
"""

from __future__ import annotations

import json

from maskres.db import people, pickup, proxies, record, rounds
from maskres.db.engine import Transaction
from maskres.errors import InputError, StepRefused
from maskres.identity.encryption import NONCE_BYTES
from maskres.pickup.places import PlaceStatus
from maskres.pickup.proxies import Proxy
from maskres.rounds.status import DrawStatus
from maskres.usecases.registration.proofs import Proof, require_proof, secret_of
from maskres.usecases.service import Actor, Service, one_transaction
from maskres.usecases.telling.notices import tell_proxy_named

#: Places that are still to be collected, wherever it will be.
TO_COME = frozenset({PlaceStatus.ASSIGNED, PlaceStatus.UNPLACED, PlaceStatus.DISPLACED})
_WHILE = (DrawStatus.PUBLISHED, DrawStatus.COLLECTING)


@one_transaction
def name_proxy(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    number: str,
    proof: Proof,
    proxy: Proxy,
) -> None:
    """Name who collects for a winner, instead of whoever was named before; the registered phone is told.

    Naming the same once more changes nothing and tells nobody.

    Raises:
        StepRefused: "not-proved", "no-proxy-now".
        InputError: "unknown-number".
    """
    round_ = _require_to_come(c, service, round_slug, draw_number, number, proof)
    if find_proxy(c, service, round_, number) == proxy:
        return
    now = service.now()
    words = service.cipher.encrypt(
        json.dumps(proxy.members, ensure_ascii=False).encode(),
        bound_to=_owner(round_slug, number),
        nonce=service.random_bytes(NONCE_BYTES),
    )
    proxies.put(c, round_.id, number, words, now)
    record.log(c, now, actor.name, "proxy-named", round_slug=round_slug, draw=draw_number, number=number)
    tell_proxy_named(c, service, round_, number)


@one_transaction
def take_back_proxy(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    number: str,
    proof: Proof,
) -> None:
    """Take back that somebody was named; where nobody is, nothing changes.

    Raises:
        StepRefused: "not-proved", "no-proxy-now".
        InputError: "unknown-number".
    """
    round_ = _require_to_come(c, service, round_slug, draw_number, number, proof)
    if proxies.remove(c, round_.id, number):
        now = service.now()
        record.log(
            c, now, actor.name, "proxy-taken-back", round_slug=round_slug, draw=draw_number, number=number
        )


def show_proxy(service: Service, round_slug: str, number: str) -> Proxy | None:
    """Tell the holder of a registration, who has shown it to be theirs, whom they have named."""
    with service.database.reading() as c:
        return find_proxy(c, service, rounds.find_round(c, round_slug), number)


def find_proxy(c: Transaction, service: Service, round_: rounds.Round, number: str) -> Proxy | None:
    """Give whom a winner has named, or None."""
    words = proxies.find(c, round_.id, number)
    return None if words is None else open_proxy(service, round_.slug, number, words)


def open_proxy(service: Service, round_slug: str, number: str, words: bytes) -> Proxy:
    """Decrypt a proxy.

    Raises:
        CheckFailed: "personal-data-damaged".
        ConfigurationError: "missing-key".
    """
    return Proxy(**json.loads(service.cipher.decrypt(words, bound_to=_owner(round_slug, number))))


def _require_to_come(
    c: Transaction, service: Service, round_slug: str, draw_number: int, number: str, proof: Proof
) -> rounds.Round:
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number)
    standing = people.find_registration(c, round_.id, number)
    require_proof(standing, proof, secret_of(service, round_slug, number))
    try:
        # Locked, so that nobody is named while it is being handed out.
        place = pickup.find_place(c, draw.id, number, is_locked=True)
    except InputError:
        place = None
    if draw.status not in _WHILE or place is None or place.status not in TO_COME:
        raise StepRefused("no-proxy-now", "There is nothing that somebody could collect for this number now.")
    return round_


def _owner(round_slug: str, number: str) -> bytes:
    return f"proxy/{round_slug}/{number}".encode()
