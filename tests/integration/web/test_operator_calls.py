"""When a store fails, those due there soon are phoned and served elsewhere."""

from __future__ import annotations

from maskres.pickup.store_states import StoreState
from maskres.usecases.pickup.afterwards import close_store
from maskres.usecases.pickup.store_states import say_state_everywhere
from tests.support.collecting import Counters
from tests.support.counter_desk import ELSEWHERE, HERE, both
from tests.support.raw import fetch
from tests.support.web import log_in, make_app, send
from tests.support.world import OPERATOR, ROUND

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")

PAGE = f"/operator/rounds/{ROUND}/draws/1/calls"


@both
def test_winners_due_soon_at_a_store_that_failed_are_phoned_and_served_elsewhere(world: Counters):
    world.at(8.5)
    soon, later = world.numbers(store=HERE, slot="am"), world.winner(HERE, "pm")
    operator = log_in(make_app(world.service), world.service, "operator")
    operator.set_cookie("lang", "en")
    assert "Nobody is due" in operator.get(PAGE).text
    refused = send(operator, PAGE, {"store": HERE}, f"/operator/rounds/{ROUND}/draws/1/close-store")
    assert "tel:" not in refused.text, "of a store that can hand out nobody's phone is shown"
    say_state_everywhere(world.service, OPERATOR, HERE, StoreState.CLOSED)
    assert f"{len(soon)} due" in operator.get(PAGE).text
    listed = send(operator, PAGE, {"store": HERE}, PAGE).text
    for number in soon:
        assert f"tel:+86{world.holder(number).phone}" in listed and world.holder(number).name in listed
    assert world.holder(later).phone not in listed and "Close the store for this draw first" in listed
    read = "SELECT number FROM audit_log WHERE act = 'personal-data-read' ORDER BY number"
    assert [number for (number,) in fetch(world.service.database, read)] == sorted(soon)

    world.deliver_with_spare(20, ELSEWHERE)
    other = world.till(ELSEWHERE, "till-2")
    assert world.hand_out(other, soon[0]).code == "other-store"
    close_store(world.service, OPERATOR, ROUND, 1, HERE, world.service.now())
    assert "Any other store with stock to spare" in send(operator, PAGE, {"store": HERE}, PAGE).text
    assert world.hand_out(other, soon[0]).code == "handed-out"
    assert world.hand_out(other, later).code == "displaced", "there was time enough for the next batch"
