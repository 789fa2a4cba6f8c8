"""A real browser before a real server: for walks through the doors as people take them.

    def test_walk(live, page):        # once in Chinese and once in English, on a phone of 360 pixels
        page.goto(live.url)           # live.service is the service behind it, live.app the application
        shot(page, "home")            # of tests.support.browser; kept where MASKRES_SHOTS names a folder

A page that calls another host or logs an error fails its test, and so does an error of the server's own. `desktop` is
a page of 1280 pixels; `new_page` opens more: new_page(width=360, language="zh", is_large=False, has_scripts=True).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from maskres.usecases.service import Service
from tests.support.browser import Live, Served

#: The browser without its windows: the same pages, for a third less of the processor than with them.
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium-headless-shell"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_MILLISECONDS = 20_000
LANGUAGES = ("zh", "en")


@pytest.fixture
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    """The application on the test's `world`, else on a fresh one, on a free port; bundles from tmp_path."""
    service: Service
    if "world" in request.fixturenames:
        service = request.getfixturevalue("world").service
    else:
        service = request.getfixturevalue("sqlite_service")
    with Served(service, tmp_path / "bundles") as found:
        yield found


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers; a process can have one alone."""
    expect.set_options(timeout=_MILLISECONDS)  # a busy machine is no error
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
    yield found
    found.close()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    """Both languages in turn."""
    found: str = request.param
    return found


@pytest.fixture
def new_page(browser: Browser, live: Live) -> Iterator[Callable[..., Page]]:
    """Open pages whose every request stays on the host and whose console stays quiet."""
    contexts, wrong = [], []

    def check(address: str) -> None:
        if urlsplit(address).scheme in ("http", "https") and not address.startswith(live.url):
            wrong.append(f"asked elsewhere: {address}")

    def open_page(
        width: int = 360, language: str = "zh", *, is_large: bool = False, has_scripts: bool = True
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 740}, java_script_enabled=has_scripts, accept_downloads=True
        )
        contexts.append(context)
        context.set_default_timeout(_MILLISECONDS)
        size = "large" if is_large else "normal"
        cookies = [("lang", language), ("text", size)]
        context.add_cookies([{"name": name, "value": value, "url": live.url} for name, value in cookies])
        page = context.new_page()
        page.on("request", lambda sent: check(sent.url))
        page.on("pageerror", lambda error: wrong.append(f"failed: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    # That an answer refused something, or that there is no network, is part of some walks; the browser says so itself.
    expected = ("the server responded with a status of", "net::ERR_INTERNET_DISCONNECTED")
    assert [line for line in wrong if not any(words in line for words in expected)] == []
    assert live.troubles() == []


@pytest.fixture
def page(new_page: Callable[..., Page], language: str) -> Page:
    """A phone of 360 pixels, in each language."""
    return new_page(360, language)


@pytest.fixture
def desktop(new_page: Callable[..., Page], language: str) -> Page:
    """A wide window, in each language."""
    return new_page(1280, language)
