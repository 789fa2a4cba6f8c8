"""People before a browser: residents on a phone, staff in a wide window, each logged in as nobody else.

    anna = Resident(live, new_page(360, language), language, make_person(1), messages)
    anna.register()                      # page by page, the phone verified by the code that was sent to it
    operator = Staff(live, new_page(1280, language), "operator", language)
    operator.go("/operator/")            # shows again who one is where the page asks for it

`messages` carries what the outbox holds to a file, as the worker does, and gives what a phone was sent. Every page
that somebody comes to must be in their language and as wide as their window at most.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page

from maskres.jobs.delivery import deliver
from maskres.jobs.gateways import FileGateway
from maskres.usecases.service import Service
from tests.support.browser import Live, fits, press, shot
from tests.support.people import Person
from tests.support.web import PASSWORD, code_of, make_account
from tests.support.world import ROUND

_HTML_LANGUAGES = {"zh": "zh-Hans", "en": "en"}
_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


class Messages:
    """What was sent to phones.

    Args:
        service: whose outbox it is.
        path: of the file that stands for the phones.
    """

    def __init__(self, service: Service, path: Path) -> None:
        self._service, self._path = service, path

    def to(self, phone: str) -> list[str]:
        """Give the words sent to a phone, newest last; what waits in the outbox is delivered first."""
        deliver(self._service, FileGateway(self._path))
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        sent = [json.loads(line) for line in lines]
        return [each["text"] for each in sent if each["to"] == phone]

    def newest_code(self, phone: str) -> str:
        """Give the one-time code sent to a phone last."""
        found = [match[0] for match in map(_CODE.search, self.to(phone)) if match]
        return found[-1]


class Walker:
    """Somebody before a browser."""

    def __init__(self, live: Live, page: Page, language: str) -> None:
        self.live, self.page, self.language = live, page, language

    def open(self, address: str) -> None:
        """Open a page by its address."""
        self.page.goto(self.live.url + address, wait_until="domcontentloaded")
        self.check()

    def press(self, button: Locator) -> None:
        """Press a button or follow a link."""
        press(self.page, button)
        self.check()

    def check(self) -> None:
        """See that the page is in one's language and no wider than the window."""
        self.check_language()
        assert fits(self.page), self.page.url

    def check_language(self) -> None:
        """See that the page says to be in one's language."""
        found = self.page.evaluate("document.documentElement.lang")
        assert found == _HTML_LANGUAGES[self.language], self.page.url


class Resident(Walker):
    """Somebody with a phone, who registers and comes back."""

    def __init__(self, live: Live, page: Page, language: str, person: Person, messages: Messages) -> None:
        super().__init__(live, page, language)
        self.person, self.messages = person, messages
        self.number = self.secret = ""

    def answer(self, name: str) -> None:
        """Look at a page as it stands, then send it."""
        shot(self.page, f"register-{name}-{self.language}")
        self.press(self.page.locator("main form button:not([name]), main form button[value=check]").last)

    def register(self, stores: tuple[str, ...] = ("siming-1", "huli-1"), slug: str = ROUND) -> None:
        """Answer every question; the store chosen last is moved up to be the first."""
        page = self.page
        self.open(f"/register/{slug}/for-whom")
        page.locator("input[value=self]").check()
        self.answer("for-whom")
        page.fill("#phone", self.person.phone)
        self.answer("phone")
        page.fill("#code", self.messages.newest_code(f"+86{self.person.phone}"))
        self.answer("code")
        page.locator("input[value=cn-id]").check()
        page.fill("#id_number", self.person.id_number)
        self.answer("document")
        page.fill("#name", self.person.name)
        self.answer("name")
        page.locator("input[value=huli]").check()
        page.locator("input[value=city]").check()
        self.answer("district")
        for store in stores:
            self.unfold()
            self.press(page.locator(f"button[value='add:{store}']"))
        if len(stores) > 1:
            self.press(page.locator(f"button[value='up:{stores[-1]}']"))
        shot(page, f"register-stores-{self.language}")
        self.press(page.locator("button[value=continue]"))
        page.locator("input[value=yes]").check()
        self.answer("keep")
        self.answer("check")
        shot(page, f"register-done-{self.language}")
        self.press(page.locator("main a[href='/status/mine']"))
        shot(page, f"status-mine-{self.language}")
        card = page.locator(".mr-card").last
        self.number = card.locator("a .mr-code").inner_text().replace("-", "")
        self.secret = card.locator(".mr-code--big").inner_text()

    def unfold(self) -> None:
        """Open every part of the page that is folded."""
        for closed in self.page.locator("details:not([open]) summary").all():
            closed.click()

    def come_back(self) -> None:
        """Look up where one stands, another day, on a phone that remembers nothing."""
        self.page.context.clear_cookies(name="session")
        self.open(f"/status#{self.number}")
        self.page.fill("#number", self.number.lower())
        self.page.fill("#secret", self.secret)
        shot(self.page, f"status-look-up-{self.language}")
        self.press(self.page.locator("main form button"))
        assert self.number not in self.page.url

    @property
    def standing(self) -> str:
        """The word that says where one stands."""
        return self.page.locator("main .govuk-tag").first.inner_text()


class Staff(Walker):
    """Somebody of staff, logged in with a second factor."""

    def __init__(self, live: Live, page: Page, role: str, language: str) -> None:
        super().__init__(live, page, language)
        self.role = role
        self.account = make_account(live.service, role)
        self.open("/staff/login")
        self.log_in()

    def log_in(self) -> None:
        """Answer the pages of logging in."""
        self.page.fill("#name", self.account.name)
        self.page.fill("#password", PASSWORD)
        self.press(self.page.locator("main form button"))
        self.page.fill("#code", code_of(self.live.service, self.account))
        self.press(self.page.locator("main form button"))

    def go(self, address: str) -> None:
        """Open a page by its address; show again who one is where that is asked."""
        self.open(address)
        self.prove_if_asked()

    def prove_if_asked(self) -> None:
        """Log in or show password and code once more where the page asks for it."""
        if "/staff/login" in self.page.url:
            self.log_in()
        if "/staff/prove" in self.page.url:
            self.page.fill("#password", PASSWORD)
            self.page.fill("#code", code_of(self.live.service, self.account))
            self.press(self.page.locator("main form button"))

    def follow(self, ending: str) -> None:
        """Follow the link or button whose address ends so."""
        self.press(self.page.locator(f'main a[href$="{ending}"]').first)
        self.prove_if_asked()

    def send(self) -> None:
        """Send the form of the page."""
        self.press(self.page.locator("main form button"))
        self.prove_if_asked()

    def look(self, name: str) -> None:
        """See the page in a wide window and on a phone; nothing sticks out of either."""
        for width in (360, 1280):
            self.page.set_viewport_size({"width": width, "height": 800})
            shot(self.page, f"{self.role}-{name}-{self.language}-{width}")
            assert fits(self.page), (name, width)
