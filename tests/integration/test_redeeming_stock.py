"""A store's day in items: delivered = handed out + damaged + left, and what was not forfeited too soon."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maskres.errors import InputError, StepRefused
from maskres.pickup.reconciliation import Reconciliation
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts import tills
from maskres.usecases.pickup import afterwards, redeeming, stock
from maskres.usecases.service import Service
from tests.support.collecting import DAY, QUANTITY, Counters, local
from tests.support.raw import fetch
from tests.support.world import OPERATOR, play_to, set_clock

pytest_plugins = ("tests.support.collecting_fixtures",)

STORE = "huli-1"
ONE_DAY = timedelta(days=1)


def reconcile(counters: Counters, days: int = 0) -> Reconciliation:
    return stock.reconcile_day(counters.service, counters.slug, STORE, DAY + days * ONE_DAY)


def test_a_day_that_adds_up_is_even(counters: Counters):
    counters.count_stock("delivered", 100)
    counters.at(9.1)
    for number in counters.numbers(store=STORE)[:3]:
        counters.hand_out(counters.till(), number)
    counters.count_stock("damaged", 2)
    assert reconcile(counters) == Reconciliation(100 - 3 * QUANTITY - 2, None)
    assert not reconcile(counters).is_even
    counters.count_stock("left", 83)
    assert reconcile(counters) == Reconciliation(83, 0)
    assert reconcile(counters).is_even


def test_what_is_missing_and_what_is_over_shows_by_its_sign(counters: Counters):
    counters.count_stock("delivered", 100)
    for left, difference in ((98, -2), (103, 3)):
        counters.count_stock("left", left)
        assert reconcile(counters).difference == difference


def test_a_figure_counted_again_takes_the_place_of_the_first(counters: Counters):
    counters.count_stock("delivered", 100)
    counters.count_stock("delivered", 90)
    assert reconcile(counters).expected_left == 90


def test_what_was_undone_is_on_the_shelf_again(counters: Counters):
    counters.count_stock("delivered", 100)
    counters.at(9)
    request = counters.request(counters.winner())
    counters.report(counters.till(), request)
    assert reconcile(counters).expected_left == 95
    counters.undo(counters.till(), request.nonce)
    assert reconcile(counters).expected_left == 100


def test_a_conflict_is_missing_from_the_shelf(counters: Counters):
    """What was handed out twice is gone twice, and the shelf says so: nobody can hide it."""
    counters.count_stock("delivered", 100)
    number = counters.winner()
    counters.at(21)
    for name in ("till-1", "till-2"):
        counters.report(
            counters.till(name=name), counters.request(number, is_offline=True, claimed_at=local(9))
        )
    counters.count_stock("left", 90)
    assert reconcile(counters).difference == -QUANTITY


def test_the_next_day_begins_with_what_was_counted_or_else_with_what_must_be_there(counters: Counters):
    counters.count_stock("delivered", 100)
    counters.at(9)
    counters.hand_out(counters.till(), counters.winner())
    assert reconcile(counters, days=1).expected_left == 95
    counters.count_stock("left", 94)
    assert reconcile(counters, days=1).expected_left == 94
    counters.count_stock("delivered", 10, day=DAY + ONE_DAY)
    assert reconcile(counters, days=1).expected_left == 104


def test_a_day_is_the_stores_own_from_midnight_to_midnight(counters: Counters):
    counters.count_stock("delivered", 100)
    numbers = counters.numbers(store=STORE)
    for number, at in zip(numbers, (local(-0.01), local(0), local(23.99), local(24)), strict=False):
        counters.at(24, days=1)
        counters.report(counters.till(), counters.request(number, is_offline=True, claimed_at=at))
    assert [reconcile(counters, days).expected_left for days in (-1, 0, 1)] == [-5, 90, 80]


@pytest.mark.parametrize(
    ("kind", "items", "store", "code"),
    [
        ("stolen", 1, STORE, "bad-kind"),
        ("left", -1, STORE, "bad-quantity"),
        ("left", 10**9, STORE, "bad-quantity"),
        ("left", 1, "tongan-1", "unknown-store"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(counters: Counters, kind: str, items: int, store: str, code: str):
    with pytest.raises(InputError) as refused:
        counters.count_stock(kind, items, store)
    assert refused.value.code == code
    assert fetch(counters.service.database, "SELECT count(*) FROM stock_counts") == [(0,)]


def test_the_day_of_a_store_that_is_not_is_refused(counters: Counters):
    with pytest.raises(InputError) as refused:
        stock.reconcile_day(counters.service, counters.slug, "tongan-1", DAY)
    assert refused.value.code == "unknown-store"


def forfeit(counters: Counters) -> dict[str, int]:
    """Forfeit what can be now; gives how many places of each store stand forfeited."""
    afterwards.forfeit_missed(counters.service, OPERATOR, counters.slug, counters.draw)
    rows = fetch(
        counters.service.database,
        "SELECT store, count(*) FROM places WHERE status = 'forfeited' GROUP BY store",
    )
    return dict(rows)


def winners_by_store(counters: Counters, **where: str) -> dict[str, int]:
    """How many winners each store has: the world's seed deals them, not this file."""
    stores = sorted({place["store"] for place in counters.places()})
    return {store: len(counters.numbers(store=store, **where)) for store in stores}


def test_nothing_is_forfeited_before_a_day_has_passed_where_no_till_speaks(counters: Counters):
    """The slot must have ended more than 24 hours ago: am at 09:30, pm at 15:30."""
    am, whole = winners_by_store(counters, slot="am"), winners_by_store(counters)
    counters.at(9.5, days=1)
    assert forfeit(counters) == {}
    counters.at(9.5 + 1 / 3600, days=1)
    assert forfeit(counters) == am
    counters.at(15.51, days=1)
    assert forfeit(counters) == whole


def test_a_store_all_of_whose_tills_have_reported_past_the_slot_forfeits_at_once(counters: Counters):
    am, whole = len(counters.numbers(store=STORE, slot="am")), len(counters.numbers(store=STORE))
    one, two = counters.till(), counters.till(name="till-2")
    counters.at(9.4)
    counters.upload(one, is_complete=True)
    counters.at(12)
    counters.upload(two, is_complete=True)
    assert forfeit(counters) == {}  # the first till may still hold what it did after 09:24
    counters.upload(one, is_complete=True)
    assert forfeit(counters) == {STORE: am}
    counters.at(15.4)
    counters.upload(one, is_complete=True)
    counters.upload(two, is_complete=True)
    assert forfeit(counters) == {STORE: am}
    counters.at(16)
    counters.upload(one, is_complete=True)
    counters.upload(two, is_complete=True)
    assert forfeit(counters) == {STORE: whole}


def test_a_till_that_never_spoke_holds_its_store_back_for_a_day(counters: Counters):
    whole = len(counters.numbers(store=STORE))
    counters.at(18)
    counters.upload(counters.till(), is_complete=True)
    counters.till(name="till-2")
    assert forfeit(counters) == {}
    counters.at(18, days=1)
    assert forfeit(counters)[STORE] == whole


def test_a_till_that_may_hold_something_yet_has_not_reported(counters: Counters):
    """It serves on line again, and has not said that what it kept meanwhile is all here."""
    whole = len(counters.numbers(store=STORE))
    till = counters.till()
    counters.at(18)
    counters.hand_out(till, counters.winner("huli-1", "am"))
    assert forfeit(counters) == {}
    counters.upload(till, is_complete=True)
    assert forfeit(counters) == {STORE: whole - 1}


def test_a_revoked_till_holds_nobody_back_and_does_nothing_more(counters: Counters):
    whole = len(counters.numbers(store=STORE))
    counters.at(18)
    counters.upload(counters.till(), is_complete=True)
    lost, number = counters.till(name="lost"), counters.winner()
    assert forfeit(counters) == {}
    tills.revoke_till(counters.service, OPERATOR, lost)
    for act in (
        lambda: redeeming.look_up(counters.service, lost, counters.code(number)),
        lambda: counters.hand_out(lost, number),
        lambda: counters.upload(lost, is_complete=True),
    ):
        with pytest.raises(StepRefused) as refused:
            act()
        assert refused.value.code == "till-revoked"
    assert counters.place(number)["status"] == "assigned"
    assert forfeit(counters) == {STORE: whole}


def test_who_was_served_or_gave_back_is_not_forfeited(counters: Counters):
    whole = len(counters.numbers(store=STORE))
    served, undone = counters.winner(), counters.winner(nth=1)
    counters.at(9.2)
    counters.hand_out(counters.till(), served)
    request = counters.request(undone)
    counters.report(counters.till(), request)
    counters.undo(counters.till(), request.nonce)
    counters.at(20)
    counters.upload(counters.till(), is_complete=True)
    assert forfeit(counters) == {STORE: whole - 1}
    assert counters.place(served)["status"] == "collected"
    assert counters.place(undone)["status"] == "forfeited"
    assert forfeit(counters) == {STORE: whole - 1}  # and once is enough
    assert fetch(counters.service.database, "SELECT cause, count(*) FROM batch_changes GROUP BY cause") == [
        ("forfeited", whole - 1)
    ]


def test_a_finished_draw_forfeits_no_more(service: Service):
    play_to(service, DrawStatus.FINISHED)
    set_clock(service, local(0, days=9))
    with pytest.raises(StepRefused) as refused:
        afterwards.forfeit_missed(service, OPERATOR, "xiamen-2020-1", 1)
    assert refused.value.code == "step-out-of-order"
