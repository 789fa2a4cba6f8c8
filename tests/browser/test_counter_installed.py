"""A till is put on the device's home screen: what Chromium asks of a page that can be installed."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.support.browser import Live
from tests.support.collecting import Counters
from tests.support.tills import enrol

pytest_plugins = ("tests.support.collecting_fixtures", "tests.support.counter_fixtures")

_SIZE_OF = """(address) => new Promise((done, fail) => {
  const image = new Image();
  image.onload = () => done(`${image.naturalWidth}x${image.naturalHeight}`);
  image.onerror = fail;
  image.src = address;
})"""


def test_a_till_can_be_installed_with_an_icon_for_every_telephone(
    live: Live, new_page: Callable[..., Page], world: Counters
):
    page = new_page(360, "en")
    enrol(live, page, "huli-1-door")
    devtools = page.context.new_cdp_session(page)
    told = devtools.send("Page.getAppManifest")
    assert (told["url"], told["errors"]) == (f"{live.url}/counter/manifest.webmanifest?lang=en", [])
    errors = [
        each["errorId"] for each in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    ]
    assert [each for each in errors if each != "in-incognito"] == []  # as the windows of tests are
    manifest = page.request.get(told["url"]).json()
    assert manifest["start_url"] == manifest["scope"] == "/counter/"
    pictures = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    assert {(icon["purpose"], icon["sizes"]) for icon in pictures} >= {
        ("any", "192x192"),
        ("maskable", "512x512"),
    }
    for icon in pictures:
        assert page.evaluate(_SIZE_OF, icon["src"]) == icon["sizes"]
    # Where there is no manifest, as on an iPhone.
    touch = page.locator("link[rel=apple-touch-icon]").get_attribute("href")
    assert page.evaluate(_SIZE_OF, touch) == "180x180"
