"""Registering with the keyboard alone, on pages that are light: what their first load brings over the wire.

The counter is walked with the keyboard in tests/browser/test_counter_walk.py; both journeys without scripts are in
tests/browser/test_resident_walk.py and there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.browser import Live, tab_to
from tests.support.people import make_person
from tests.support.raw import fetch
from tests.support.walkers import Messages, Resident
from tests.support.world import open_round

_MOST_BYTES = 150_000
_SEND = "main form button:not([name]), main form button[value=check]"


class Keys:
    """Somebody who uses Tab, Space and Enter alone, and types."""

    def __init__(self, person: Resident) -> None:
        self.person, self.page = person, person.page

    def choose(self, value: str) -> None:
        """Choose the first of some options."""
        tab_to(self.page, self.page.locator(f"input[value={value}]"))
        self.page.keyboard.press("Space")

    def type(self, field: str, words: str) -> None:
        """Fill in a field."""
        tab_to(self.page, self.page.locator(f"#{field}"))
        self.page.keyboard.type(words)

    def press(self, button: str) -> None:
        """Press a button, and wait for the page it leads to."""
        tab_to(self.page, self.page.locator(button).last)
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")
        self.person.check()

    def open(self, summary: str) -> None:
        """Open what is folded."""
        tab_to(self.page, self.page.locator("summary", has_text=summary))
        self.page.keyboard.press("Enter")


def weigh(page: Page) -> Counter[str]:
    """Count, from now on, what each page brings over the wire when nothing is kept of those before."""
    bytes_of: Counter[str] = Counter()
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    at = [""]

    def begin(sent: Any) -> None:
        if sent.is_navigation_request():
            at[0] = sent.url
            bytes_of[sent.url] = 0

    page.on("request", begin)
    wire.on("Network.loadingFinished", lambda done: bytes_of.update({at[0]: int(done["encodedDataLength"])}))
    return bytes_of


def test_registering_by_keyboard_alone_on_light_pages(
    live: Live, new_page: Callable[..., Page], tmp_path: Path
):
    open_round(live.service)
    page = new_page(360, "zh")
    anna = Resident(live, page, "zh", make_person(1), Messages(live.service, tmp_path / "sms.jsonl"))
    weights = weigh(page)
    page.goto(live.url)
    keys = Keys(anna)
    keys.press("main a.govuk-button--start")
    keys.choose("self")
    keys.press(_SEND)
    keys.type("phone", anna.person.phone)
    keys.press(_SEND)
    keys.type("code", anna.messages.newest_code(f"+86{anna.person.phone}"))
    keys.press(_SEND)
    keys.choose("cn-id")
    keys.type("id_number", anna.person.id_number)
    keys.press(_SEND)
    keys.type("name", anna.person.name)
    keys.press(_SEND)
    keys.choose("huli")
    keys.choose("district")
    keys.press(_SEND)
    keys.press("button[value='add:huli-1']")
    keys.open("思明区")
    keys.press("button[value='add:siming-1']")
    keys.press("button[value='up:siming-1']")
    keys.press("button[value=continue]")
    keys.choose("yes")
    keys.press(_SEND)
    keys.press(_SEND)
    keys.press("main a[href='/status/mine']")
    keys.press("main .mr-card > a")
    assert fetch(live.service.database, "SELECT district, reach, choices FROM registrations") == [
        ("huli", "district", "siming-1|huli-1")
    ]
    assert len(weights) > 12
    assert max(weights.values()) < _MOST_BYTES, weights
