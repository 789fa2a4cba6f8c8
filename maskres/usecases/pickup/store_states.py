"""A store says with one tap that it is sold out, closed or without its device, and takes it back the same way.

From that moment nobody is given a new place there: not by moving, not by a batch without a room of its own. Winners
who have a place there already stay as they are until an operator closes the store (usecases/pickup/afterwards.py).
"""

from __future__ import annotations

from maskres.db import record, rounds
from maskres.db import store_states as rows
from maskres.db.desk import list_collecting
from maskres.db.engine import Transaction
from maskres.db.store_states import SaidState
from maskres.errors import InputError
from maskres.pickup.store_states import StoreState
from maskres.usecases.service import Actor, Service, one_transaction


@one_transaction
def say_state(
    c: Transaction, service: Service, actor: Actor, round_slug: str, store: str, state: StoreState
) -> SaidState:
    """Note how a store stands in a round from now on; the same again changes nothing.

    Args:
        c: given by the decorator.
        service: the service.
        actor: the account or token of the store.
        round_slug: the round.
        store: slug.
        state: how it stands; OPEN takes back what was said.

    Raises:
        InputError: "unknown-round", "unknown-store".
    """
    return _say(c, service, actor, rounds.find_round(c, round_slug), store, state)


@one_transaction
def say_state_everywhere(
    c: Transaction, service: Service, actor: Actor, store: str, state: StoreState
) -> list[SaidState]:
    """Note how a store stands in every round that is being collected there: what one tap at its counter says."""
    slugs = list_collecting(c, store)
    return [_say(c, service, actor, rounds.find_round(c, slug), store, state) for slug in slugs]


def states_of_store(service: Service, store: str) -> dict[str, SaidState]:
    """Give how a store stands in the rounds that are being collected there, by round; none where it is open."""
    with service.database.reading() as c:
        slugs = list_collecting(c, store)
        found = {slug: rows.find_state(c, rounds.find_round(c, slug).id, store) for slug in slugs}
    return {slug: said for slug, said in found.items() if said and said.state is not StoreState.OPEN}


def _say(
    c: Transaction, service: Service, actor: Actor, round_: rounds.Round, store: str, state: StoreState
) -> SaidState:
    if rounds.find_store(c, round_.id, store) is None:
        raise InputError("unknown-store", f"{store!r:.60} is not a store of this round.", field="store")
    now = service.now()
    before = rows.find_state(c, round_.id, store)
    is_said_first = before is None and state is StoreState.OPEN
    if not is_said_first and rows.set_state(c, round_.id, store, state, now, actor.name):
        detail = {
            "store": store,
            "state": str(state),
            "before": str(before.state if before else StoreState.OPEN),
        }
        record.log(c, now, actor.name, "store-state-said", round_slug=round_.slug, detail=detail)
    said = rows.find_state(c, round_.id, store)
    return said or SaidState(store, StoreState.OPEN, now, actor.name)
