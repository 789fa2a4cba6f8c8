"""What walks in a real browser need besides their fixtures (tests/browser/conftest.py)."""

from __future__ import annotations

import os
import threading
from collections.abc import MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from playwright.sync_api import Locator, Page
from structlog.testing import capture_logs
from werkzeug.serving import make_server

from maskres.usecases.service import Service
from tests.support.web import PASSWORD, code_of, make_account, make_app

#: What is longer has a picture of its beginning alone.
_TALLEST = 12_000
_MOST_TABS = 60
#: Whether what has the focus, or the label that stands for it, is drawn otherwise than what has not.
_SHOWS_FOCUS = """each => {
  const drawn = () => [each, ...(each.labels || [])].flatMap(part => ['', '::before'].map(which => {
    const {outline, boxShadow, backgroundColor} = getComputedStyle(part, which || null);
    return [outline, boxShadow, backgroundColor].join();
  })).join();
  const focused = drawn();
  each.blur();
  const plain = drawn();
  each.focus();
  return focused !== plain;
}"""


@dataclass(frozen=True)
class Live:
    """An application that is served: its address, what is behind it, what it has logged, and every page it has sent."""

    url: str
    app: Flask
    service: Service
    log: list[MutableMapping[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def troubles(self) -> list[MutableMapping[str, Any]]:
        """Give the lines of the log that tell of an error of the server's own."""
        return [
            line
            for line in self.log
            if line["log_level"] in ("error", "critical") or line.get("status", 200) >= 500
        ]


class Served:
    """Serve the application on a service while the block lasts."""

    def __init__(self, service: Service, bundles: Path | None = None) -> None:
        self._service, self._bundles = service, bundles
        self._app: Flask | None = None
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._while_served = ExitStack()

    def __enter__(self) -> Live:
        url = f"http://127.0.0.1:{self._server.server_port}"
        self._app = make_app(self._service, url, self._bundles)
        log = self._while_served.enter_context(capture_logs())
        live = Live(url, self._app, self._service, log)

        @self._app.after_request
        def keep(response: Response) -> Response:
            if response.mimetype == "text/html":
                live.sent.append((str(request.endpoint), response.get_data()))
            return response

        self._thread.start()
        return live

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()
        self._while_served.close()

    def _answer(self, environ: Any, start_response: Any) -> Any:
        assert self._app is not None
        return self._app(environ, start_response)


def shot(page: Page, name: str) -> None:
    """Keep a picture of the whole page in the folder that MASKRES_SHOTS names, if it does."""
    folder = os.environ.get("MASKRES_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        height: int = page.evaluate("document.documentElement.scrollHeight")
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=height < _TALLEST, timeout=120_000)


def press(page: Page, button: Locator) -> None:
    """Press a button or follow a link, and wait until the page it leads to is there."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        button.click()


def fits(page: Page) -> bool:
    """Tell whether nothing sticks out of the page to the right."""
    found: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return found


def log_in(live: Live, page: Page, role: str) -> None:
    """Log in as somebody of a role, second factor too."""
    account = make_account(live.service, role)
    page.goto(f"{live.url}/staff/login")
    page.fill("#name", account.name)
    page.fill("#password", PASSWORD)
    page.locator("main button").last.click()
    page.fill("#code", code_of(live.service, account))
    page.locator("main button").last.click()
    page.wait_for_url(f"{live.url}/{role}/")


def tab_to(page: Page, wanted: Locator) -> None:
    """Go on with Tab alone until something has the focus, as who uses no pointer does; it must be seen to have it."""
    target = wanted.element_handle()
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("each => each === document.activeElement", target):
            break
    else:
        raise AssertionError(f"no Tab leads to {wanted}")
    assert page.evaluate(_SHOWS_FOCUS, target), f"{wanted} does not show that it has the focus"
