"""Two tills of one store lose their network, hand out, and hand in what they did: in a real browser."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from maskres.usecases.accounts.enrolling import revoke_device
from tests.support.browser import Live, fits, log_in, shot
from tests.support.collecting import Counters
from tests.support.raw import fetch
from tests.support.tills import ELSEWHERE, HERE, enrol, hand_over, scan, see, settle, signed
from tests.support.world import OPERATOR

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")


def test_two_tills_without_network_one_is_accepted_one_kept_as_a_conflict_and_nothing_is_lost(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    both, first, second, online, next_one = (world.winner(nth=nth) for nth in range(5))
    one, two = new_page(360, "en"), new_page(1280, "zh")
    enrol(live, one, "huli-1-door")
    enrol(live, two, "huli-1-desk")
    for till in (one, two):
        till.context.set_offline(True)
        # The scanner's next code finds no network: the device itself answers.
        scan(till, world.code(both))
        see(till, "valid")
        expect(till.locator(".mr-compare")).to_contain_text(world.holder(both).id_number[-4:])
        expect(till.locator("#network-gone")).to_be_visible()
    shot(one, "counter-offline-valid-en")
    shot(two, "counter-offline-valid-zh")
    hand_over(one)
    for till, own in ((one, first), (two, second)):
        scan(till, world.code(own))
        see(till, "valid")
        hand_over(till)
        scan(till, world.code(own))
        see(till, "already-handed-out")
    scan(two, world.code(both))
    see(two, "valid")
    hand_over(two)
    # A slip is taken back and handed over after all; what is nobody's is nobody's.
    scan(one, world.code(online))
    hand_over(one)
    one.locator("#answer form button").click()
    see(one, "undone")
    scan(one, "7K3M9QTR4XH7"[:-1] + "8")
    expect(one.locator("#trouble")).to_contain_text("cannot be a code")
    expect(one.locator("[data-answer]")).to_have_count(0)  # the answer before is no answer to this one
    scan(one, world.code(world.winner(ELSEWHERE)))
    see(one, "not-listed")
    expect(one.locator("#kept li[data-state=waiting]")).to_have_count(4)
    shot(one, "counter-offline-kept-en")
    shot(two, "counter-offline-kept-zh")
    assert world.place(both)["status"] == "assigned"

    for till in (one, two):
        till.context.set_offline(False)
        expect(till.locator("#kept [data-state=waiting]")).to_have_count(0)
    expect(one.locator("#kept li[data-state=accepted]")).to_have_count(4)
    expect(two.locator("#kept li[data-state=accepted]")).to_have_count(1)
    expect(two.locator("#kept li[data-state=conflict]")).to_contain_text("huli-1-door")
    # It stands in the place of the answer that said "handed out", and is not offered to be taken back.
    see(two, "conflict")
    expect(two.locator("[data-answer=conflict]")).to_contain_text("huli-1-door")
    expect(two.locator("#answer form")).to_have_count(0)
    shot(two, "counter-offline-conflict-zh")
    for number, name in ((both, "huli-1-door"), (first, "huli-1-door"), (second, "huli-1-desk")):
        assert (world.place(number)["status"], world.place(number)["collected_till"]) == ("collected", name)
    assert world.place(online)["status"] == "assigned"

    # One that comes while the next card is compared leaves the comparison alone, is noticed, and waits to be looked at.
    expect(two.locator("[data-news]")).to_be_hidden()
    settle(two)
    two.context.set_offline(True)
    scan(two, world.code(online))
    hand_over(two)
    world.hand_out(world.till(HERE, "huli-1-third"), online)
    scan(two, world.code(next_one))
    see(two, "valid")
    place_of_button = two.locator("#answer .mr-button--big").bounding_box()
    two.context.set_offline(False)
    expect(two.locator("[data-news]")).to_be_visible()
    expect(two.locator("[data-show]")).to_be_hidden()
    see(two, "valid")
    assert two.locator("#answer .mr-button--big").bounding_box() == place_of_button
    expect(two.locator("[data-news]")).to_be_in_viewport(ratio=1)  # it sticks to the bottom of the screen
    shot(two, "counter-offline-news-comparing-zh")
    two.locator("#answer [data-no]").click()
    expect(two.locator("[data-answer]")).to_have_count(0)
    # The store's other pages say it too, and reloading forgets nothing.
    two.goto(f"{live.url}/counter/")
    expect(two.locator("[data-news]")).to_be_visible()
    expect(two.locator("[data-conflicts]")).to_be_visible()
    assert fits(two)
    shot(two, "counter-home-conflict-zh")
    two.locator("[data-show]").click()
    two.wait_for_url(f"{live.url}/counter/offline")
    two.locator("[data-show]").click()
    see(two, "conflict")
    expect(two.locator("[data-answer=conflict]")).to_contain_text("huli-1-third")
    expect(two.locator("[data-news]")).to_be_hidden()
    two.reload()
    expect(two.locator("#kept li[data-state=conflict]")).to_have_count(2)
    expect(two.locator("[data-news]")).to_be_hidden()

    # The store's day and the operator's page tell of the conflicts.
    two.goto(f"{live.url}/counter/day")
    expect(two.locator("main")).to_contain_text("huli-1-desk")
    office = new_page(1280, "en")
    log_in(live, office, "operator")
    office.goto(f"{live.url}/operator/rounds/{world.slug}/conflicts")
    row = office.locator("[data-conflict]", has_text="huli-1-door")
    expect(row).to_contain_text("huli-1-desk")
    expect(office.locator("[data-conflict]", has_text="huli-1-third")).to_contain_text("huli-1-desk")
    shot(office, "operator-conflicts-en")
    answers = fetch(world.service.database, "SELECT answer FROM handovers ORDER BY answer")
    assert [answer for (answer,) in answers] == [
        "conflict",
        "conflict",
        "handed-out",
        "handed-out",
        "handed-out",
        "handed-out",
        "handed-out",
        "undone",
    ]


_LIST_OF_YESTERDAY = """
new Promise((done) => {
  const asked = indexedDB.open("maskres-till");
  asked.onsuccess = () => {
    const store = asked.result.transaction("kept", "readwrite").objectStore("kept");
    store.get("list").onsuccess = (event) => {
      const list = event.target.result;
      for (const round of list.rounds) round.day = "2000-01-01";
      store.put(list, "list").onsuccess = () => { asked.result.close(); done(); };
    };
  };
})
"""


def test_without_a_list_a_signature_is_checked_and_what_was_on_its_way_is_kept_even_once_revoked(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    on_its_way, own, late = (world.winner(nth=nth) for nth in range(3))
    page = new_page(360, "en")
    enrol(live, page, "huli-1-door")
    # The network goes between looking up and handing over: the device keeps the act under the nonce it had.
    scan(page, signed(world, on_its_way))
    see(page, "valid")
    nonce = page.url.rsplit("/", 1)[1]
    page.context.set_offline(True)
    hand_over(page)
    page.context.set_offline(False)
    expect(page.locator("#kept li[data-state=accepted]")).to_have_count(1)
    expect(page.locator("[data-answer=handed-out]")).to_contain_text("Handed in and accepted.")
    rows = fetch(
        world.service.database, "SELECT nonce, is_offline FROM handovers WHERE answer = 'handed-out'"
    )
    assert [(each, bool(is_offline)) for each, is_offline in rows] == [(nonce, True)]

    settle(page)
    page.context.set_offline(True)
    page.evaluate(_LIST_OF_YESTERDAY)
    scan(page, signed(world, late, key=bytes(32)))
    see(page, "not-genuine")
    shot(page, "counter-offline-not-genuine")
    scan(page, signed(world, world.winner(ELSEWHERE), ELSEWHERE))
    see(page, "other-store")
    scan(page, signed(world, late, days=1))
    see(page, "other-day")
    scan(page, world.code(own))
    see(page, "not-listed")
    scan(page, signed(world, own))
    see(page, "signed")
    expect(page.locator("#list-old")).to_be_visible()
    shot(page, "counter-offline-signed")
    hand_over(page)
    page.context.set_offline(False)
    expect(page.locator("#kept li[data-state=accepted]")).to_have_count(2)
    assert world.place(own)["collected_till"] == "huli-1-door"

    # A till that is revoked while it has no network keeps what it did for people to read; nothing of it counts.
    page.context.set_offline(True)
    scan(page, signed(world, late))
    see(page, "valid")
    hand_over(page)
    revoke_device(live.service, OPERATOR, "huli-1-door")
    page.context.set_offline(False)
    expect(page.locator("#revoked")).to_be_visible()
    expect(page.locator("#kept li[data-state=waiting]")).to_have_count(1)
    shot(page, "counter-offline-revoked")
    assert world.place(late)["status"] == "assigned"
    page.goto(f"{live.url}/counter/")
    expect(page.locator("h1")).to_have_text("This till is no longer in use")
    shot(page, "counter-revoked")
