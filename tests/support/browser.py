"""What walks in a real browser need besides their fixtures (tests/browser/conftest.py)."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from maskres.usecases.service import Service
from tests.support.web import make_app


@dataclass(frozen=True)
class Live:
    """An application that is served: its address, and what is behind it."""

    url: str
    app: Flask
    service: Service


class Served:
    """Serve the application on a service while the block lasts."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._app: Flask | None = None
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Live:
        url = f"http://127.0.0.1:{self._server.server_port}"
        self._app = make_app(self._service, url)
        self._thread.start()
        return Live(url, self._app, self._service)

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()

    def _answer(self, environ: Any, start_response: Any) -> Any:
        assert self._app is not None
        return self._app(environ, start_response)


def shot(page: Page, name: str) -> None:
    """Keep a picture of the whole page in the folder that MASKRES_SHOTS names, if it does."""
    folder = os.environ.get("MASKRES_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    """Tell whether nothing sticks out of the page to the right."""
    found: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return found
