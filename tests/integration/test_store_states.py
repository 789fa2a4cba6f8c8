"""A store says with one tap that it can hand out nothing: who sees it, what it stops, and how it is taken back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from maskres.db import standing as reads
from maskres.db.batches import free_slots
from maskres.errors import InputError, StepRefused
from maskres.pickup.store_states import StoreState
from maskres.usecases.pickup import moving
from maskres.usecases.pickup.store_states import say_state, say_state_everywhere, states_of_store
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.rounds import open_data
from maskres.usecases.service import RESIDENT
from maskres.usecases.showing.overview import round_overview
from tests.support.collecting import Counters
from tests.support.raw import fetch
from tests.support.world import COUNTER, pass_time

pytest_plugins = ("tests.support.collecting_fixtures",)
HERE, ELSEWHERE = "siming-1", "huli-1"


def say(counters: Counters, state: StoreState, store: str = HERE):
    return say_state(counters.service, COUNTER, counters.slug, store, state)


def move(counters: Counters, number: str, store: str) -> str:
    return moving.move_place(
        counters.service, RESIDENT, counters.slug, 1, number, store=store, slot="pm", proof=SEEN_BY_STAFF
    )


def stores_with_room(counters: Counters) -> set[str]:
    now = counters.service.now()
    with counters.service.database.reading() as c:
        return {row.store for row in reads.slots_with_room(c, counters.draw_id, now)}


def stores_in_batch(counters: Counters) -> set[str]:
    with counters.service.database.writing() as c:
        return {store for store, _ in free_slots(c, counters.draw_id, counters.service.now())}


def test_nobody_is_given_a_new_place_at_a_store_that_is_not_open(counters: Counters):
    number = counters.winner(ELSEWHERE)
    assert HERE in stores_with_room(counters) and HERE in stores_in_batch(counters)
    say(counters, StoreState.SOLD_OUT)
    assert HERE not in stores_with_room(counters) and HERE not in stores_in_batch(counters)
    with pytest.raises(StepRefused) as refused:
        move(counters, number, HERE)
    assert refused.value.code == "slot-full"
    assert counters.place(number)["store"] == ELSEWHERE
    say(counters, StoreState.OPEN)
    assert move(counters, number, HERE)


def test_it_is_shown_to_the_operator_and_to_everybody_with_its_time(counters: Counters):
    service = counters.service
    assert round_overview(service, counters.slug).not_open == ()
    at = service.now()
    assert say(counters, StoreState.DEVICE_DOWN).said_at == at
    pass_time(service, minutes=5)
    assert say(counters, StoreState.DEVICE_DOWN).said_at == at, "said again, the first time stands"
    (said,) = round_overview(service, counters.slug).not_open
    assert (said.store, said.state, said.said_at, said.said_by) == (HERE, "device-down", at, COUNTER.name)
    shown = {each.store.store: each for each in open_data.list_stores(service, counters.slug)}
    assert (shown[HERE].state, shown[HERE].state_since) == ("device-down", at)
    assert (shown[ELSEWHERE].state, shown[ELSEWHERE].state_since) == ("open", None)
    say(counters, StoreState.OPEN)
    assert round_overview(service, counters.slug).not_open == ()
    shown = {each.store.store: each for each in open_data.list_stores(service, counters.slug)}
    assert (shown[HERE].state, shown[HERE].state_since) == ("open", at + timedelta(minutes=5))
    logged = fetch(
        service.database, "SELECT detail FROM audit_log WHERE act = 'store-state-said' ORDER BY id"
    )
    assert [(json.loads(row[0])["before"], json.loads(row[0])["state"]) for row in logged] == [
        ("open", "device-down"),
        ("device-down", "open"),
    ]


def test_one_tap_speaks_for_every_round_that_is_collected_there(counters: Counters):
    service = counters.service
    assert [each.state for each in say_state_everywhere(service, COUNTER, HERE, StoreState.CLOSED)] == [
        "closed"
    ]
    assert list(states_of_store(service, HERE)) == [counters.slug]
    say_state_everywhere(service, COUNTER, HERE, StoreState.OPEN)
    assert states_of_store(service, HERE) == {}
    assert say(counters, StoreState.OPEN, ELSEWHERE).state is StoreState.OPEN
    assert fetch(service.database, "SELECT count(*) FROM store_states") == [(1,)], "open is nothing to note"
    with pytest.raises(InputError, match="not a store of this round"):
        say(counters, StoreState.CLOSED, "nowhere")
