"""The counter's answer: from Enter in the code's field until the answer is painted, on line and without network.

A real Chromium before the small world of the tests, on a store's own network: nothing slows the way, so what is
measured is the service and the device, once as it is and once with its processor slowed to a quarter. The yardstick is
a form of one field that leads, likewise by a redirect, to a page of one line.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.serving import served_pages
from maskres.db.engine import Database
from maskres.usecases.accounts.enrolling import invite_till
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.browser import Served, log_in
from tests.support.collecting import Counters, play
from tests.support.world import OPERATOR, make_service, make_template

PROCESSORS = (1, 4)
RUNS = 7
_STORE = "huli-1"
#: Of the page that is left, when Enter was pressed; of the page with the answer, when it was first painted.
_WATCH = """addEventListener("keydown", event => {
    if (event.key === "Enter") sessionStorage.pressed = performance.timeOrigin + performance.now();
}, true);"""
_PAINTED = """() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return paint ? performance.timeOrigin + paint.startTime - sessionStorage.pressed : null;
}"""
#: The next frame after the answer stands is the one that shows it.
_SHOWN = """() => new Promise(done => {
    const look = () => document.querySelector("#answer [data-answer]")
        ? requestAnimationFrame(() => requestAnimationFrame(() => done(
            performance.timeOrigin + performance.now() - sessionStorage.pressed)))
        : requestAnimationFrame(look);
    look();
})"""
_FORM = (
    b"<!doctype html><html lang=en><title>A field</title><form method=post><input id=code name=code></form>"
)
_PLAIN = b"<!doctype html><html lang=en><title>One line</title><h1>One line.</h1>"


def run() -> Iterator[dict[str, Any]]:
    """Measure the answers of a counter.

    Yields:
        One row an answer and processor: seconds, and the yardstick.
    """
    with (
        tempfile.TemporaryDirectory(prefix="maskres-bench-") as folder,
        _world(Path(folder)) as world,
        Served(world.service) as live,
        served_pages({"/": _FORM, "/answer": _PLAIN}) as plain_url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = browser.new_context(viewport={"width": 360, "height": 740})
        context.add_init_script(_WATCH)
        counter, bare = context.new_page(), context.new_page()
        log_in(live, counter, "counter")
        till = browser.new_context(viewport={"width": 360, "height": 740})
        till.add_init_script(_WATCH)
        shell = _till(till.new_page(), live.url, world)
        code, stranger = world.code(world.winner(_STORE)), "000000000000"
        for processor in PROCESSORS:
            for page in (counter, bare, shell):
                page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": processor})
            plain = _best(lambda: _ask(bare, plain_url, "1"))
            speed = "" if processor == 1 else f", processor slowed to 1/{processor}"
            answers: tuple[tuple[str, Callable[[], float]], ...] = (
                ("valid", lambda: _ask(counter, f"{live.url}/counter/", code)),
                ("unknown", lambda: _ask(counter, f"{live.url}/counter/", stranger)),
                ("valid, without network", lambda: _ask_shell(shell, code)),
            )
            for name, ask in answers:
                yield {
                    "what": f"counter's answer: {name}{speed}",
                    "seconds": _best(ask),
                    "yardsticks": {"a form that leads to a page of one line": plain},
                }
        browser.close()


def _best(ask: Callable[[], float]) -> float:
    return min(ask() for _ in range(RUNS))


def _ask(page: Page, address: str, code: str) -> float:
    """Type a code and press Enter; give the seconds until the answer is painted."""
    page.goto(address)
    page.fill("#code", code)
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    return float(page.evaluate(_PAINTED)) / 1000


def _ask_shell(page: Page, code: str) -> float:
    page.evaluate("document.getElementById('answer').replaceChildren()")
    page.fill("#code", code)
    page.keyboard.press("Enter")
    return float(page.evaluate(_SHOWN)) / 1000


def _till(page: Page, url: str, world: Counters) -> Page:
    """Enrol a device, let it take today's list along, and open what it shows without network."""
    page.goto(f"{url}/counter/enrol")
    page.fill("#code", invite_till(world.service, OPERATOR, "huli-1-door", _STORE).code)
    with page.expect_navigation():
        page.locator("main form button").click()
    page.goto(f"{url}/counter/offline")
    page.locator("#network-back").wait_for(state="visible")
    page.context.set_offline(True)
    return page


@contextmanager
def _world(folder: Path) -> Iterator[Counters]:
    url = f"sqlite:///{folder / 'world.sqlite'}"
    make_template(url)
    database = Database(url)
    service = make_service(database, folder)
    play(service)
    world = Counters(service)
    world.at(9.1)
    yield world
    database.close()
