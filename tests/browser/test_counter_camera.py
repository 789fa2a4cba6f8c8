"""The counter's camera in a real Chromium, which is handed a film of a QR code that somebody holds askew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.browser import Live, fits, log_in, shot
from tests.support.camera import film_code
from tests.support.collecting import Counters
from tests.support.tills import signed

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")


@pytest.fixture
def browser(playwright: Playwright, world: Counters, tmp_path: Path) -> Iterator[Browser]:
    """A Chromium whose camera sees the signed code of the first winner; it answers its own question for leave."""
    film = film_code(tmp_path / "code.y4m", signed(world, world.winner()))
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    found = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *camera])
    yield found
    found.close()


def test_a_rotated_code_before_the_camera_is_looked_up_or_else_typed(live: Live, new_page, world: Counters):
    page = new_page(360, "en")
    number = world.winner()
    log_in(live, page, "counter")
    page.get_by_role("button", name="Scan with the camera").click()
    expect(page.locator("[data-answer=valid]")).to_be_visible()
    expect(page.locator(".mr-compare")).to_contain_text(world.holder(number).id_number[-4:])
    assert page.locator("html").get_attribute("data-sounded") == "go"
    # The camera is on for the next in the queue; the code that is still before it is not looked up again.
    expect(page.locator(".mr-camera__view")).to_be_visible()
    answer = page.url
    page.wait_for_timeout(1500)
    assert page.url == answer
    # As large as before its first picture, which is of another shape: what is below has not moved under a finger.
    box = page.locator(".mr-camera__view").bounding_box()
    assert box is not None and round(box["width"] * 9 / 16) == round(box["height"])
    assert fits(page)
    shot(page, "counter-camera")
    page.get_by_role("button", name="The same: hand over").click()
    expect(page.locator("[data-answer=handed-out]")).to_be_visible()
    assert world.place(number)["status"] == "collected"
    page.get_by_role("button", name="Put the camera off").click()
    expect(page.locator(".mr-camera__view")).to_be_hidden()

    # Whoever does not let the page use the camera types.
    refused = new_page(360, "en")
    refused.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('refused'))"
    )
    refused.context.add_cookies(page.context.cookies())
    refused.goto(f"{live.url}/counter/")
    refused.get_by_role("button", name="Scan with the camera").click()
    expect(refused.locator(".mr-camera [role=status]")).to_contain_text("type the code")
    expect(refused.locator("#code")).to_be_visible()
