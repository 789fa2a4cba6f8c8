"""The devices at the counters: enrolling them, and taking them out of use."""

from __future__ import annotations

from collections.abc import Sequence

from maskres.db import record, rounds, tills
from maskres.db.engine import Transaction
from maskres.db.tills import Till
from maskres.errors import InputError
from maskres.usecases.service import Actor, Service, one_transaction


def enrol_till(service: Service, actor: Actor, round_slug: str, store: str, name: str) -> Till:
    """Enrol a device of a store; a repeat gives the same one. Raises as enrol_tills."""
    return enrol_tills(service, actor, round_slug, [store], name)[0]


@one_transaction
def enrol_tills(
    c: Transaction, service: Service, actor: Actor, round_slug: str, stores: Sequence[str], name: str
) -> list[Till]:
    """Enrol one device of that name in each of some stores; a repeat gives the same ones.

    Raises:
        InputError: "unknown-store".
    """
    round_ = rounds.find_round(c, round_slug)
    known = rounds.store_districts(c, round_.id)
    if not (1 <= len(name) <= 40 and name.isprintable()):
        raise InputError("bad-name", "The name of a till has 1 to 40 characters.", field="name")
    for store in stores:
        if store not in known:
            raise InputError("unknown-store", f"{store!r:.60} is not a store of this round.", field="store")
    enrolled = tills.insert_tills(c, round_.id, stores, name, service.now())
    detail = {"stores": list(stores), "till": name}
    record.log(c, service.now(), actor.name, "tills-enrolled", round_slug=round_slug, detail=detail)
    return enrolled


@one_transaction
def revoke_till(c: Transaction, service: Service, actor: Actor, till: Till) -> None:
    """Take a till out of use: nothing it sends counts any more, and missed places do not wait for it."""
    tills.revoke_till(c, till, service.now())
    detail = {"store": till.store, "till": till.name}
    record.log(c, service.now(), actor.name, "till-revoked", detail=detail)
