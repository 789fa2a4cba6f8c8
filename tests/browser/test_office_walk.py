"""A draw from closing to a batch, clicked through by operator, notary and witness in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from maskres.jobs.runner import run_task
from maskres.ledger.checkpoints import cosign
from maskres.rehearsal.parts import cosigner_keys
from maskres.rounds.status import DrawStatus
from maskres.usecases import tasks
from tests.support.browser import Live, fits, shot
from tests.support.web import PASSWORD, code_of, make_account
from tests.support.world import ROLLS, ROUND, SEED, hours_of, play_to, set_clock, slots_csv, status_of

_OPERATOR = f"/operator/rounds/{ROUND}/draws/1"
_NOTARY = f"/notary/rounds/{ROUND}/draws/1"
_BUTTON = "main form button"


class Walker:
    """Somebody of staff before a browser."""

    def __init__(self, live: Live, page: Page, role: str, language: str, bundles: Path) -> None:
        self.live, self.page, self.role, self.language = live, page, role, language
        self._bundles = bundles
        self.account = make_account(live.service, role)
        page.goto(f"{live.url}/staff/login")
        page.fill("#name", self.account.name)
        page.fill("#password", PASSWORD)
        page.click(_BUTTON)
        page.fill("#code", code_of(live.service, self.account))
        page.click(_BUTTON)

    def go(self, address: str) -> None:
        """Open a page by its address; show again who one is where that is asked."""
        self.page.goto(self.live.url + address)
        self.prove_if_asked()

    def prove_if_asked(self) -> None:
        """Show password and code once more where the page asks for it."""
        if "/staff/prove" in self.page.url:
            self.page.fill("#password", PASSWORD)
            self.page.fill("#code", code_of(self.live.service, self.account))
            self.page.click(_BUTTON)

    def follow(self, link: str) -> None:
        """Click a link or button that leads somewhere."""
        self.page.click(f'main a[href$="{link}"]')
        self.prove_if_asked()

    def send(self) -> None:
        """Send the form of the page."""
        self.page.click(_BUTTON)
        self.prove_if_asked()

    def look(self, name: str) -> None:
        """See the page in a wide window and on a phone; nothing sticks out of either."""
        for width in (1280, 360):
            self.page.set_viewport_size({"width": width, "height": 800})
            shot(self.page, f"{self.role}-{name}-{self.language}-{width}")
            assert fits(self.page), (name, width)

    def wait_for_task(self, name: str) -> None:
        """Watch a task's page: first it waits, then the worker comes, and the page says so by itself."""
        expect(self.page.locator(".govuk-tag--light-blue")).to_be_visible()
        self.look(f"task-{name}-waiting")
        for task in tasks.list_due(self.live.service, quiet_seconds=0):
            run_task(self.live.service, task.id, self._bundles)
        expect(self.page.locator("main .govuk-tag--green, main .govuk-tag--red").first).to_be_visible()
        self.look(f"task-{name}")
        assert self.page.locator("main .govuk-tag--red").count() == 0, self.page.inner_text("main")

    def step(self, path: str) -> None:
        """Take the next step of the timeline: its button, its page, its task."""
        self.go(_OPERATOR)
        self.follow(f"/{path}")
        self.look(path)
        self.send()
        self.wait_for_task(path)


@pytest.fixture
def walker(
    live: Live, new_page: Callable[..., Page], language: str, tmp_path: Path
) -> Callable[[str], Walker]:
    """Give somebody of a role before a browser of their own."""
    return lambda role: Walker(live, new_page(1280, language), role, language, tmp_path)


def test_a_draw_from_closing_to_a_batch(
    live: Live, walker: Callable[[str], Walker], language: str, tmp_path: Path
) -> None:
    service = live.service
    play_to(service, DrawStatus.OPEN, challenge_hours=0)
    set_clock(service, hours_of(1, 48))
    operator = walker("operator")
    operator.look("home")
    operator.follow(f"/rounds/{ROUND}")
    operator.look("round")
    operator.follow("/draws/1")
    operator.look("draw-open")
    operator.step("close")
    operator.step("decide")
    _commit(operator, tmp_path)
    assert status_of(service) is DrawStatus.COMMITTED
    notary = walker("notary")
    _cosign(notary, 0)
    _cosign(walker("witness"), 1)
    _dice(notary)
    assert status_of(service) is DrawStatus.DICED
    for path in ("draw", "publish", "collect"):
        operator.step(path)
    assert status_of(service) is DrawStatus.COLLECTING
    operator.go(_OPERATOR)
    operator.look("draw-collecting")
    operator.follow("/batch")
    operator.page.fill("#released", "1")
    operator.look("batch")
    operator.send()
    operator.wait_for_task("batch")
    notary.go(_NOTARY)
    expect(notary.page.locator(".mr-rolls__group").first).to_have_text(ROLLS[:5])
    notary.look("draw-collecting")


def _commit(operator: Walker, folder: Path) -> None:
    operator.go(_OPERATOR)
    operator.look("draw-decided")
    operator.page.locator('main ol a[href$="/slots"]').click()
    slots = folder / "slots.csv"
    slots.write_bytes(slots_csv())
    operator.page.set_input_files("#file", slots)
    operator.look("slots")
    operator.send()
    operator.go(_OPERATOR)
    operator.follow("/commit")
    operator.send()  # with nothing filled in: every field says so
    expect(operator.page.locator(".govuk-error-summary")).to_be_visible()
    operator.look("commit-errors")
    for field in operator.page.locator('input[name^="quota-"]').all():
        field.fill("3")
    by = hours_of(1, 60) + timedelta(hours=8)
    operator.page.fill("#by", by.strftime("%Y-%m-%dT%H:%M"))
    operator.look("commit")
    operator.send()
    operator.look("commit-confirm")
    operator.send()
    operator.wait_for_task("commit")


def _cosign(person: Walker, key: int) -> None:
    person.go("/notary/")
    person.look("home")
    person.page.locator('main a[href*="/checkpoints/"]').first.click()
    with person.page.expect_download() as waited:
        person.page.click('main a[href$="/note"]')
    note = Path(waited.value.path()).read_bytes()
    person.look("cosign")
    person.page.fill("#line", cosign(note, cosigner_keys(SEED)[key], person.live.service.now()))
    person.send()
    expect(person.page.locator(".govuk-notification-banner--success")).to_be_visible()
    person.look("cosigned")


def _dice(notary: Walker) -> None:
    notary.go(_NOTARY)
    notary.look("draw-committed")
    notary.follow("/dice")
    notary.page.fill("#rolls", ROLLS)
    notary.page.fill("#again", ROLLS[::-1])
    notary.send()
    expect(notary.page.locator(".govuk-error-summary")).to_be_visible()
    notary.look("dice-differ")
    notary.page.fill("#again", " ".join(ROLLS))
    notary.send()
    notary.look("dice-confirm")
    notary.send()
    expect(notary.page.locator(".govuk-notification-banner--success")).to_be_visible()
    notary.look("draw-diced")
