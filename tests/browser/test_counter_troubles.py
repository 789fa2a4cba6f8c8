"""What can go wrong at a till, in a real browser: no storage, no list, a page or a clock that goes, revoked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from maskres.usecases.accounts.enrolling import revoke_device
from tests.support.browser import Live, log_in, shot
from tests.support.collecting import Counters
from tests.support.raw import fetch
from tests.support.tills import ELSEWHERE, HERE, enrol, hand_over, scan, see, settle, signed
from tests.support.world import OPERATOR

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")

_DROP_LIST = """
new Promise((done) => {
  const asked = indexedDB.open("maskres-till");
  asked.onsuccess = () => {
    const transaction = asked.result.transaction("kept", "readwrite");
    transaction.objectStore("kept").delete("list");
    transaction.oncomplete = () => { asked.result.close(); done(); };
  };
})
"""
#: The till's script, of which the browser has only what a given text says; without one it asks the service again.
_SCRIPT = """
(text) => caches.open("maskres-counter-1").then(async (cache) => {
  const script = (await cache.keys()).find((key) => key.url.includes("offline.js"));
  const answer = new Response(text, { headers: { "Content-Type": "text/javascript" } });
  await (text === null ? cache.delete(script) : cache.put(script, answer));
})
"""
#: By days that the tab is told, the device's clock is wrong.
_WRONG_CLOCK = """
const now = Date.now;
Date.now = () => now() + Number(sessionStorage.days ?? 0) * 24 * 3600 * 1000;
"""
_FULL = """
if (!globalThis.put) {
  globalThis.put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...values) {
    const asked = globalThis.put.apply(this, values);
    if ((globalThis.sessionStorage ?? globalThis).isFull?.toString() === "true") this.transaction.abort();
    return asked;
  };
}
null;
"""
_REFUSED = "indexedDB.open = () => { throw new DOMException('refused', 'SecurityError'); };"


def fill_storage(page: Page, *, is_full: bool = True) -> None:
    """Leave the device no room, or give it back: whatever is put is undone, as by a browser whose disk is full."""
    full = str(is_full).lower()
    page.evaluate(f"sessionStorage.isFull = {full}")
    page.context.service_workers[0].evaluate(f"globalThis.isFull = {full}; {_FULL}")


def test_a_scanner_types_wherever_the_focus_is_and_its_enter_never_hands_over(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    first, second = world.winner(), world.winner(nth=1)
    desk, till = new_page(360, "en"), new_page(360, "en")
    log_in(live, desk, "counter")
    enrol(live, till, "huli-1-door")
    till.context.set_offline(True)
    for page in (desk, till):
        scan(page, world.code(first))
        see(page, "valid")
        page.locator(".mr-compare").first.click()  # beside everything: nothing has the focus
        page.keyboard.type(world.code(second))
        page.keyboard.press("Enter")
        last_four = world.holder(second).id_number[-4:]
        expect(page.locator(".mr-compare")).to_contain_text(last_four)
        page.locator("form input[type=checkbox]").check()
        page.keyboard.type(world.code(first))
        page.keyboard.press("Enter")
        expect(page.locator(".mr-compare")).not_to_contain_text(last_four)
        see(page, "valid")
        assert {world.place(each)["status"] for each in (first, second)} == {"assigned"}


def test_an_act_is_kept_before_its_page_is_there_and_a_page_that_is_gone_loses_nothing(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    first, second = world.winner(), world.winner(nth=1)
    page = new_page(360, "en")
    context = page.context
    enrol(live, page, "huli-1-door")
    scan(page, world.code(first))
    see(page, "valid")
    context.set_offline(True)
    # The page that takes over never comes to itself: its script is not there.
    page.evaluate(_SCRIPT, "")
    page.locator("form .mr-button--big").first.click()
    expect(page.locator("#network-gone")).to_be_visible()
    page.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"{live.url}/counter/")
    settle(page)
    assert world.place(first)["status"] == "collected"

    page.evaluate(_SCRIPT, None)
    page.goto(f"{live.url}/counter/offline")
    settle(page)
    context.set_offline(True)
    scan(page, world.code(second))
    hand_over(page)
    page.close()
    page = context.new_page()
    page.goto(f"{live.url}/counter/")  # opened anew without network
    expect(page.locator("#kept li[data-state=waiting]")).to_have_count(1)
    scan(page, world.code(second))
    see(page, "already-handed-out")
    # Nothing on this page leads to where there is no page without network.
    addresses = page.locator("a").evaluate_all("links => links.map(each => each.getAttribute('href'))")
    assert {each.split("/")[1] for each in addresses if not each.startswith("#")} <= {"counter"}
    context.set_offline(False)
    expect(page.locator("#kept li[data-state=waiting]")).to_have_count(0)
    assert world.place(second)["status"] == "collected"


def test_once_the_network_is_back_the_service_is_asked_which_knows_of_the_other_tills(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    number = world.winner()
    page = new_page(360, "en")
    enrol(live, page, "huli-1-door")
    page.context.set_offline(True)
    page.goto(f"{live.url}/counter/")
    expect(page.locator("#network-gone")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#network-back")).to_be_visible()
    world.hand_out(world.till(HERE, "huli-1-desk"), number)
    scan(page, world.code(number))
    see(page, "already-handed-out")
    expect(page.locator("[data-answer]")).to_contain_text("huli-1-desk")


def test_a_full_device_says_so_hands_in_what_it_kept_and_goes_on_once_it_has_room(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    first, second = world.winner(), world.winner(nth=1)
    page = new_page(360, "en")
    page.add_init_script(_FULL)
    enrol(live, page, "huli-1-door")
    scan(page, world.code(first))
    see(page, "valid")
    page.context.set_offline(True)
    fill_storage(page)
    page.locator("form .mr-button--big").first.click()
    expect(page.locator("#trouble")).to_contain_text("could not keep it")
    expect(page.locator("[data-answer]")).to_have_count(0)
    shot(page, "counter-offline-lost-en")
    scan(page, world.code(first))
    see(page, "valid")
    page.locator("form .mr-button--big").first.click()
    expect(page.locator("#trouble")).to_contain_text("keeps nothing")
    expect(page.locator("[data-answer=handed-out]")).to_have_count(0)
    assert page.locator("html").get_attribute("data-sounded") == "stop"
    shot(page, "counter-offline-full-en")
    fill_storage(page, is_full=False)
    hand_over(page)
    expect(page.locator("#trouble")).to_be_empty()
    scan(page, world.code(second))
    hand_over(page)
    fill_storage(page)
    page.context.set_offline(False)
    expect(page.locator("#network-back")).to_be_visible()
    assert {world.place(each)["status"] for each in (first, second)} == {"collected"}


def test_a_browser_that_refuses_storage_works_with_the_network_and_says_that_it_does_not_without(
    live: Live, new_page: Callable[..., Page], world: Counters, language: str
):
    page = new_page(360, language)
    page.add_init_script(_REFUSED)
    enrol(live, page, "huli-1-door", is_ready=False)
    expect(page.locator("[data-unkept]")).to_be_visible()
    expect(page.locator("[data-ready]")).to_be_hidden()
    shot(page, f"counter-unkept-{language}")
    number = world.winner()
    scan(page, world.code(number))
    see(page, "valid")
    hand_over(page)
    assert world.place(number)["status"] == "collected"
    page.goto(f"{live.url}/counter/offline")
    expect(page.locator("#trouble")).not_to_be_empty()


def test_a_clock_put_back_by_days_does_not_make_an_old_list_fresh(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    page = new_page(360, "en")
    page.add_init_script(_WRONG_CLOCK)
    enrol(live, page, "huli-1-door")
    page.evaluate("sessionStorage.days = -2")
    with page.expect_request("**/counter/offline/list"):
        page.reload()
    settle(page)
    page.context.set_offline(True)
    number = world.winner()
    scan(page, signed(world, number))
    see(page, "valid")
    hand_over(page)
    page.context.set_offline(False)
    expect(page.locator("#kept li[data-state=accepted]")).to_have_count(1)
    (claimed_at,) = fetch(world.service.database, "SELECT claimed_at FROM handovers")[0]
    now = world.service.now().astimezone(UTC).replace(tzinfo=None)
    assert abs(datetime.fromisoformat(claimed_at).replace(tzinfo=None) - now) < timedelta(minutes=1)


def test_without_any_list_a_signature_is_checked_and_nothing_is_handed_out_twice_until_the_till_is_revoked(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    first, second = world.winner(), world.winner(nth=1)
    page = new_page(360, "en")
    enrol(live, page, "huli-1-door")
    page.context.set_offline(True)
    page.evaluate(_DROP_LIST)
    page.goto(f"{live.url}/counter/")
    expect(page.locator("#list-state")).to_contain_text("no list")
    for text, answer in (
        (signed(world, first, key=bytes(32)), "not-genuine"),
        (signed(world, world.winner(ELSEWHERE), ELSEWHERE), "other-store"),
        (signed(world, first, days=1), "other-day"),
        (world.code(first), "not-listed"),
        (signed(world, first), "signed"),
    ):
        scan(page, text)
        see(page, answer)
    shot(page, "counter-offline-no-list-en")
    hand_over(page)
    for text in (signed(world, first), world.code(first)):
        scan(page, text)
        see(page, "already-handed-out")

    # Revoked before it could hand in: it hands out no more, and what it did is there to be read, and not lost.
    revoke_device(live.service, OPERATOR, "huli-1-door")
    page.context.set_offline(False)
    expect(page.locator("#revoked")).to_be_visible()
    scan(page, signed(world, second))
    see(page, "not-listed")
    page.goto(f"{live.url}/counter/")
    expect(page.locator("h1")).to_have_text("This till is no longer in use")
    expect(page.locator("[data-kept]")).to_contain_text("still to be handed in: 1")
    shot(page, "counter-revoked-kept-en")
    page.locator("[data-kept] a").click()
    expect(page.locator("#kept li[data-state=waiting]")).to_have_count(1)
    expect(page.locator("#revoked")).to_be_visible()
    assert world.place(first)["status"] == "assigned"
    enrol(live, page, "huli-1-again")
    assert world.place(first)["collected_till"] == "huli-1-again"
