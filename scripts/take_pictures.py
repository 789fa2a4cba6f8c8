"""Take the pictures that README and docs show: a real browser, the demo city, a clock and keys that never change.

    python scripts/take_pictures.py [FOLDER]      # docs/pictures unless another is named

The city is the demo's, smaller, on a clock that stands still and with keys that follow from a fixed text, so that the
pictures change where the pages do and not from one run to the next.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from maskres.db.engine import Database
from maskres.demo.accounts import DEMO, code_of
from maskres.demo.city import ensure_demo_city
from maskres.demo.facts import DemoFacts, DemoWinner
from maskres.demo.files import demo_folder
from maskres.demo.plan import read_plan
from maskres.demo.scenes import DemoScenes, PastClock, cosigner_keys
from maskres.pickup.places import PlaceStatus
from maskres.rehearsal.parts import SeededKeys, StageClock
from maskres.rehearsal.stages import Stage, Stages
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts.enrolling import invite_till
from maskres.usecases.service import Service
from maskres.usecases.telling.messages import GatewayFailed
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.browser import Live, Served, press
from tests.support.walkers import Messages
from tests.support.world import ROLLS

_PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
_SEED: Final = "pictures"
#: A Tuesday, shortly before the stores of the demo open.
_NOW: Final = datetime(2026, 3, 10, 0, 40, tzinfo=UTC)
_RESIDENTS, _STORES = 6000, 102
_PHONE = {"width": 360, "height": 660}
_DESK = {"width": 1100, "height": 860}
_MOST_BYTES = 150_000


class Quiet:
    """Says nothing of how far a stage is."""

    def begin(self, stage: str) -> None:
        """Say nothing."""

    def progress(self, done: int, total: int) -> None:
        """Say nothing."""

    def end(self, stage: Stage) -> None:
        """Say nothing."""


class Bytes:
    """Random-looking bytes that are the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, size: int) -> bytes:
        """Give the next bytes."""
        found = b""
        while len(found) < size:
            found += hashlib.sha256(f"{_SEED}/{self._count}".encode()).digest()
            self._count += 1
        return found[:size]


class Photographer:
    """Takes pictures of one city.

    Args:
        browser: a Chromium.
        live: the served city.
        facts: what the demo remembers.
        folder: of the pictures.
        instance: of the demo.
    """

    def __init__(self, browser: Browser, live: Live, facts: DemoFacts, folder: Path, instance: Path) -> None:
        self.browser, self.live, self.facts, self.folder = browser, live, facts, folder
        self.instance = instance

    def page(self, language: str, *, is_phone: bool = True, is_large: bool = False) -> Page:
        """Open a window of its own."""
        context = self.browser.new_context(
            viewport=_PHONE if is_phone else _DESK,  # type: ignore[arg-type]
            device_scale_factor=2 if is_phone else 1,
            reduced_motion="reduce",
        )
        cookies = {"lang": language, "text": "large" if is_large else "normal"}
        context.add_cookies(
            [{"name": key, "value": value, "url": self.live.url} for key, value in cookies.items()]
        )
        return context.new_page()

    def take(self, page: Page, name: str) -> None:
        """Take a picture of what the window shows; the mouse and the caret are not in it."""
        page.evaluate("document.activeElement?.blur()")
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, caret="hide", animations="disabled")
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise SystemExit(f"{path.name} has {size} bytes; the most is {_MOST_BYTES}.")
        print(f"{path}  {size // 1000} kB")
        page.context.close()

    def staff(self, role: str, language: str, *, is_phone: bool = False) -> Page:
        """Log in as somebody of the demo's staff."""
        account = next(each for each in self.facts.accounts if each.role == role)
        clock = self.live.service.now
        assert isinstance(clock, StageClock)
        clock.at += timedelta(seconds=60)  # a code of the second factor is taken once
        page = self.page(language, is_phone=is_phone)
        page.goto(f"{self.live.url}/staff/login")
        page.fill("#name", account.name)
        page.fill("#password", account.password)
        press(page, page.locator("main form button"))
        page.fill("#code", code_of(account, clock()))
        press(page, page.locator("main form button"))
        return page

    def winner(self) -> DemoWinner:
        """Give a winner of today at the counter's store who has not come yet."""
        return next(
            each
            for each in self.facts.winners
            if each.store == self.facts.store and each.status == PlaceStatus.ASSIGNED
        )

    def status(self, language: str, *, is_large: bool = False) -> Page:
        """Look up where that winner stands."""
        page = self.page(language, is_large=is_large)
        page.goto(f"{self.live.url}/status")
        page.fill("#number", self.winner().number)
        page.fill("#secret", self.winner().secret)
        press(page, page.locator("main form button"))
        return page


def take_residents(by: Photographer) -> None:
    """The start page, the choice of stores, the confirmation, the place won."""
    start = by.page("zh")
    start.goto(by.live.url)
    by.take(start, "resident-start")
    large = by.page("zh", is_large=True)
    large.goto(by.live.url)
    by.take(large, "resident-large-text")
    by.take(by.status("zh"), "resident-won")
    page = by.page("en")
    _register_up_to_stores(by, page)
    page.locator("h1").scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, document.querySelector('h1').offsetTop - 8)")
    stores = page.screenshot(caret="hide", animations="disabled")
    (by.folder / "resident-stores.png").write_bytes(stores)
    print(f"{by.folder / 'resident-stores.png'}  {len(stores) // 1000} kB")
    press(page, page.locator("button[value=continue]"))
    page.check("input[value=yes]")
    _send(page)
    _send(page)
    press(page, page.locator("main a.govuk-button").first)  # to number, secret and receipt
    by.take(page, "resident-registered")


def _register_up_to_stores(by: Photographer, page: Page) -> None:
    person = by.facts.bystanders[0]
    page.goto(f"{by.live.url}/register/{by.facts.open}/for-whom")
    page.check("input[value=self]")
    _send(page)
    page.fill("#phone", person.phone)
    _send(page)
    messages = Messages(by.live.service, by.instance / "pictures.jsonl")
    page.fill("#code", messages.newest_code(f"+86{person.phone}"))
    _send(page)
    page.check("input[value=cn-id]")
    page.fill("#id_number", person.id_number)
    _send(page)
    page.fill("#name", person.name)
    _send(page)
    page.check("input[value=siming]")
    page.check("input[value=city]")
    _send(page)
    for store in ("siming-002", "siming-004", "siming-001"):
        press(page, page.locator(f"button[value='add:{store}']"))
    press(page, page.locator("button[value='up:siming-001']"))


def _send(page: Page) -> None:
    press(page, page.locator("main form button:not([name]), main form button[value=check]").last)


def take_counter(by: Photographer) -> None:
    """What the counter is told of a code that may be handed out, and what a till without network says of it."""
    page = by.staff("counter", "zh", is_phone=True)
    page.fill("#code", by.winner().code)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    by.take(page, "counter-valid")
    till = by.page("zh")
    till.goto(f"{by.live.url}/counter/enrol")
    till.fill("#code", invite_till(by.live.service, DEMO, f"{by.facts.store}-desk", by.facts.store).code)
    _send(till)
    till.goto(f"{by.live.url}/counter/offline")
    till.locator("#network-back").wait_for(state="visible")
    till.context.set_offline(True)
    till.locator("#network-gone").wait_for(state="visible")
    till.fill("#code", by.winner().code)
    till.keyboard.press("Enter")
    till.locator("[data-answer=valid]").wait_for(state="visible")
    till.evaluate("window.scrollTo(0, 0)")
    by.take(till, "counter-offline")


def take_office(by: Photographer) -> None:
    """The operator's tills and timeline, and the notary's dice before they are entered for good."""
    operator = by.staff("operator", "en")
    operator.goto(f"{by.live.url}/operator/tills")
    by.take(operator, "operator-tills")
    operator = by.staff("operator", "en")
    operator.goto(f"{by.live.url}/operator/rounds/{by.facts.open}/draws/1")
    by.take(operator, "operator-timeline")
    notary = by.staff("notary", "zh")
    notary.goto(f"{by.live.url}/notary/rounds/{by.facts.open}/draws/1/dice")
    for field in ("#rolls", "#again"):
        notary.fill(field, ROLLS)
    _send(notary)
    by.take(notary, "notary-dice")


def commit_the_open_round(service: Service, instance: Path) -> None:
    """Take the demo's second round on to its commitment, days later."""
    folder = demo_folder(instance)
    plan = read_plan(folder)
    clock = service.now
    assert plan is not None and isinstance(clock, StageClock)
    clock.at += timedelta(days=30)
    city = plan.city()
    past = PastClock(city.base_time, clock)
    scenes = DemoScenes(
        city,
        replace(service, now=past),
        past,
        Stages(Quiet()),
        folder / "city",
        2,
        cosigner_keys(folder, service),
    )
    scenes.close()
    scenes.decide()
    scenes.commit()
    if not scenes.has_reached(DrawStatus.COMMITTED):
        raise GatewayFailed("not-committed", "The demo's second round was not committed.")
    clock.at = past.at + timedelta(minutes=20)


@contextmanager
def demo_city(instance: Path) -> Iterator[tuple[Service, DemoFacts]]:
    """Make the demo city of the pictures."""
    instance.mkdir(exist_ok=True)
    database = Database(f"sqlite:///{instance / 'maskres.sqlite'}")
    service = Service(database, SeededKeys(_SEED), StageClock(_NOW), Bytes(), instance)
    try:
        facts = ensure_demo_city(service, instance, progress=Quiet(), residents=_RESIDENTS, stores=_STORES)
        yield service, facts
    finally:
        database.close()


def main(folder: Path) -> None:
    """Make the city, take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        instance = Path(temporary) / "instance"
        with (
            demo_city(instance) as (service, facts),
            Served(service) as live,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            by = Photographer(browser, live, facts, folder, instance)
            take_residents(by)
            take_counter(by)
            commit_the_open_round(service, instance)
            take_office(by)
            browser.close()
            if live.troubles():
                raise SystemExit(f"The service had troubles: {live.troubles()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else _PICTURES)
