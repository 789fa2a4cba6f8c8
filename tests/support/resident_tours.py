"""Walks past every page that needs no account, each looked at (tests/support/looking.py)."""

from __future__ import annotations

from playwright.sync_api import expect

from maskres.usecases.registration.proofs import secret_of
from tests.support.gallery import COMMITTED, DECIDED, DRAFT, OPEN, VOID, Gallery, finish
from tests.support.looking import Looker
from tests.support.people import make_person
from tests.support.walkers import Resident
from tests.support.world import ROUND, hours_of, pass_time, set_clock

#: Who registers with a passport, so that every question is asked.
NEWCOMER = make_person(5000)
_SEND = "main form button:not([name]), main form button[value=check]"
_QUESTIONS = ("for-whom", "phone", "code", "document", "name", "birth", "district", "stores", "keep")


def see_open_pages(looker: Looker, gallery: Gallery) -> None:
    """See what is there for everybody."""
    somebody = looker.resident()
    number = gallery.holders["placed"][1]
    look_up = f"/rounds/{ROUND}/draws/1/look-up"
    for address, name in (
        ("/", "home"),
        (f"/rounds/{ROUND}", "round-collecting"),
        (f"/rounds/{OPEN}", "round-open"),
        (f"/rounds/{VOID}", "round-void"),
        (f"/rounds/{COMMITTED}", "round-committed"),
        (f"/rounds/{ROUND}/draws/1/fairness", "fairness"),
        (f"/rounds/{ROUND}/draws/1/fairness/groups", "error-404-address"),
        (look_up, "look-up"),
        (f"{look_up}?number=7K3M", "look-up-bad"),
        (f"{look_up}?number={number}", "look-up-row"),
        (f"/rounds/{DECIDED}/draws/1/look-up", "look-up-not-yet"),
        (f"/rounds/{ROUND}/draws/1/winners", "winners"),
        ("/receipt", "receipt"),
        ("/open-data", "open-data"),
        ("/privacy", "privacy"),
        ("/api/v1/", "api"),
        ("/register/", "register-which"),
    ):
        looker.open(somebody, address, name)
        if name in ("home", "open-data", "round-collecting", "round-void"):
            follow_links(looker, somebody, name)
    page = somebody.page
    page.goto(f"{looker.live.url}{look_up}")
    page.fill("#number", number)
    page.locator("#look-up button").click()
    expect(page.locator("#answer")).to_be_visible()
    looker.see(somebody, "look-up-checked")
    with page.expect_download():
        page.locator("#save").click()
    see_not_sent(looker, somebody, number)


def follow_links(looker: Looker, somebody: Resident, name: str) -> None:
    """Note every link of a page that leads to nothing."""
    found: list[str] = somebody.page.eval_on_selector_all("main a", "each => each.map(link => link.href)")
    for address in dict.fromkeys(found):
        if somebody.page.request.get(address).status != 200:
            looker.faults.append(f"{name}: nothing is at {address}")


def see_not_sent(looker: Looker, somebody: Resident, number: str) -> None:
    """See what a form says whose session is gone, and that what was typed stands in it again."""
    page = somebody.page
    somebody.open("/status")
    page.context.clear_cookies(name="session")
    page.fill("#number", number)
    somebody.press(page.locator("main form button").first)
    looker.see(somebody, "not-sent")
    somebody.press(page.locator("main a[role=button]"))
    expect(page.locator("#number")).to_have_value(number)


def see_registering(looker: Looker) -> None:
    """Register page by page, at first with nothing answered."""
    anna = looker.resident(NEWCOMER)
    page = anna.page
    anna.open(f"/register/{OPEN}/for-whom")
    for name in _QUESTIONS:
        looker.see(anna, f"register-{name}")
        if name != "stores":
            anna.press(page.locator(_SEND).last)
            expect(page.locator(".govuk-error-summary")).to_be_visible()
            looker.see(anna, f"register-{name}-error")
        answer(anna, name)
        if name == "stores":
            looker.see(anna, "register-stores-chosen")
        anna.press(page.locator("button[value=continue]" if name == "stores" else _SEND).last)
    looker.see(anna, "register-check")
    anna.press(page.locator("main form button"))
    looker.see(anna, "register-done")
    looker.open(anna, f"/register/{ROUND}/for-whom", "register-closed")


def answer(person: Resident, name: str) -> None:
    """Answer one question of the registration."""
    page = person.page
    match name:
        case "for-whom":
            page.check("input[value=self]")
        case "phone":
            page.fill("#phone", person.person.phone)
        case "code":
            page.fill("#code", person.messages.newest_code(f"+86{person.person.phone}"))
        case "document":
            page.check("input[value=passport]")
            page.fill("#id_number", "123456789")
            page.fill("#issuer", "GBR")
        case "name":
            page.fill("#name", "Anna Marie Smith")
        case "birth":
            page.fill("#birth_date", "1949-12-01")
            page.check("input[value=F]")
        case "district":
            page.check("input[value=huli]")
            page.check("input[value=city]")
        case "stores":
            for store in ("huli-1", "siming-1"):
                person.unfold()
                person.press(page.locator(f"button[value='add:{store}']"))
        case "keep":
            page.check("input[value=yes]")


def see_status(looker: Looker, gallery: Gallery) -> None:
    """See everywhere that somebody can stand, and what they can do there."""
    somebody = looker.resident()
    looker.open(somebody, "/status", "status-look-up")
    somebody.press(somebody.page.locator("main form button"))
    looker.see(somebody, "status-look-up-error")
    for where, (slug, number) in gallery.holders.items():
        looker.see(looker.holder(slug, number), f"status-{where}")
    for where, paths in (("moved", ("move", "give-back", "proxy")), ("excluded", ("dispute",))):
        person = looker.holder(*gallery.holders[where])
        for path in paths:
            looker.open(person, f"/status/1/{path}", f"status-{path}")
    person.press(person.page.locator("main form button"))
    looker.see(person, "status-dispute-error")
    see_naming(looker, gallery)
    mover = looker.holder(ROUND, gallery.world.winner("siming-2", "pm"))
    mover.open("/status/1/move")
    mover.unfold()
    mover.press(mover.page.locator("main details a").first)
    looker.see(mover, "status-move-slot")
    see_gathering(looker, gallery)
    by_phone(looker)


def see_gathering(looker: Looker, gallery: Gallery) -> None:
    """See how two of one family come to one slot."""
    mover = looker.holder(ROUND, gallery.world.winner("siming-2", "pm"))
    mover.open("/status")
    mover.number = gallery.world.winner("huli-1", "pm")
    mover.page.fill("#number", mover.number)
    mover.page.fill("#secret", secret_of(looker.live.service, ROUND, mover.number))
    mover.press(mover.page.locator("main form button"))
    looker.open(mover, "/status/mine", "status-mine-family")
    looker.open(mover, "/status/gather", "status-gather")
    mover.unfold()
    mover.press(mover.page.locator("main details a").first)
    looker.see(mover, "status-gather-slot")


def see_naming(looker: Looker, gallery: Gallery) -> None:
    """See how somebody is named to collect, and that they are; the counter sees them later."""
    winner = looker.holder(ROUND, gallery.world.winner("huli-1", "pm"))
    winner.open("/status/1/proxy")
    winner.press(winner.page.locator("main form button").first)
    looker.see(winner, "status-proxy-errors")
    winner.page.fill("#name", "李小明")
    winner.page.fill("#last_four", "012X")
    winner.press(winner.page.locator("main form button").first)
    looker.see(winner, "status-placed-proxy")
    looker.open(winner, "/status/1/proxy", "status-proxy-change")


def by_phone(looker: Looker) -> None:
    """Look up by a code to the phone, and change what the newcomer has registered."""
    person = looker.resident(NEWCOMER)
    page = person.page
    pass_time(looker.live.service, minutes=2)  # a code is sent once a minute
    looker.open(person, "/status/mine", "status-mine-none")
    looker.open(person, "/status/phone", "status-phone")
    page.fill("#phone", NEWCOMER.phone)
    person.press(page.locator("main form button"))
    looker.see(person, "status-code")
    page.fill("#code", looker.messages.newest_code(f"+86{NEWCOMER.phone}"))
    person.press(page.locator("button[value=check]"))
    looker.open(person, "/status/mine", "status-mine")
    person.press(page.locator("main .mr-cards a").first)
    looker.open(person, "/status/1/wishes", "status-wishes")
    person.press(page.locator("main form button").last)
    looker.see(person, "status-stores")
    person.press(page.locator("button[value=continue]"))
    looker.see(person, "status-confirm")
    looker.open(person, "/status/1/withdraw", "status-withdraw")


def see_the_end(looker: Looker) -> set[str]:
    """See where the end of the draw leaves people, and a city where nothing is open; gives where they stand."""
    service = looker.live.service
    finished = finish(service)
    for where, (slug, number) in finished.items():
        looker.see(looker.holder(slug, number), f"status-finished-{where}")
    set_clock(service, hours_of(1, 500))
    somebody = looker.resident()
    looker.open(somebody, "/", "home-closed")
    looker.open(somebody, "/register/", "register-nothing-open")
    looker.open(somebody, f"/rounds/{DRAFT}", "error-404")
    return set(finished)
