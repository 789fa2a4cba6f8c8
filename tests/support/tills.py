"""Enrolled tills in a real browser: enrolling, scanning, what is seen, codes as the round signs them."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page, expect

from maskres.pickup.signed_codes import CodeSigner
from maskres.usecases.accounts.enrolling import invite_till
from tests.support.browser import Live, fits
from tests.support.collecting import Counters
from tests.support.world import OPERATOR

HERE, ELSEWHERE = "huli-1", "siming-1"


def enrol(live: Live, page: Page, name: str, *, is_ready: bool = True) -> None:
    """Make a device a till, and wait until it could do without network, unless it never can."""
    invitation = invite_till(live.service, OPERATOR, name, HERE)
    page.goto(f"{live.url}/counter/enrol#{invitation.code}")
    expect(page.locator("#code")).to_have_value(invitation.code)
    page.locator("main button").click()
    page.wait_for_url(f"{live.url}/counter/")
    if not is_ready:
        return
    expect(page.locator("[data-ready]")).to_be_visible()  # which it is told when it is true
    settle(page)


def settle(page: Page) -> None:
    """Wait until the handing in that is under way has ended, and the list it takes along is kept."""
    page.evaluate("navigator.locks.request('maskres-sync', () => true)")


def scan(page: Page, text: str) -> None:
    """Scan or type a code into the field."""
    page.fill("#code", text)
    page.keyboard.press("Enter")


def see(page: Page, answer: str) -> None:
    """Expect an answer, and that it fits."""
    expect(page.locator(f"[data-answer={answer}] h1")).to_be_visible()
    assert fits(page)


def hand_over(page: Page) -> None:
    """Say that the card is the same, and expect that it is handed out."""
    page.locator("form .mr-button--big").first.click()
    see(page, "handed-out")


def signed(
    world: Counters, number: str, store: str = HERE, *, days: int = 0, key: bytes | None = None
) -> str:
    """Give what the QR code of a winner says."""
    slot = world.slot(store, world.place(number)["slot"])
    signer = CodeSigner(key or world.service.keys.round_keys(world.slug).code, world.slug)
    return signer.sign(world.code(number), store, slot["starts_at"] + timedelta(days=days))
