"""The resident's pages on a simulated slow phone: when each can be used after it was asked for the first time.

A real Chromium, its processor slowed to a quarter and its network to what slow mobile networks give (150 ms there and
back, 1.6 Mbit/s), nothing in its cache, before a demo city of 102 stores. A page can be used once it is read and no
script keeps the phone busy for longer than 50 ms. The yardstick is a page of one line, fetched in the same way.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.serving import served_pages
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.servers.guard import free_port
from tests.support.people import make_person

PROCESSOR = 4
NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
RUNS = 3
#: How long a page is watched once it has loaded.
_WATCHED_MILLISECONDS = 1500
_WATCH = """
    window.busyUntil = 0;
    new PerformanceObserver(list => {
        for (const task of list.getEntries()) window.busyUntil = task.startTime + task.duration;
    }).observe({type: "longtask", buffered: true});
"""
_USABLE = """() => {
    const [read] = performance.getEntriesByType("navigation");
    const bytes = [read, ...performance.getEntriesByType("resource")].map(each => each.transferSize);
    return [Math.max(read.domContentLoadedEventEnd, window.busyUntil), bytes.reduce((a, b) => a + b)];
}"""
_PLAIN = b"<!doctype html><html lang=en><title>One line</title><p>One line.</p>"
_SIZE = ("--residents", "2000", "--stores", "102")
_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


def run() -> Iterator[dict[str, Any]]:
    """Measure every page that a resident may come to first, and the longest of those that follow.

    Yields:
        One row a page: seconds until it can be used, bytes over the wire, and the yardstick.
    """
    with (
        tempfile.TemporaryDirectory(prefix="maskres-bench-") as folder,
        _demo(Path(folder)) as url,
        served_pages({"/": _PLAIN}) as plain_url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        phone = _phone(browser)
        stores = _walk_to_stores(phone.new_page(), url, Path(folder))
        plain, _ = _first_look(phone, plain_url)
        for name, address in (
            ("start page", "/"),
            ("for whom", stores.replace("/stores", "/for-whom")),
            ("stores", stores),
            ("look-up of one's own", "/status"),
        ):
            seconds, size = _first_look(phone, url + address)
            yield {
                "what": f"{name} on a slow phone, {size / 1000:.0f} KB",
                "seconds": seconds,
                "yardsticks": {"a page of one line": plain},
            }
        browser.close()


def _phone(browser: Browser) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, has_touch=True
    )
    context.add_init_script(_WATCH)
    return context


def _first_look(phone: BrowserContext, address: str) -> tuple[float, int]:
    """Give seconds until a page can be used, the best of some runs, and its bytes over the wire."""
    found = []
    for _ in range(RUNS):
        page = phone.new_page()
        tools = phone.new_cdp_session(page)
        tools.send("Network.enable")
        tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        tools.send("Network.emulateNetworkConditions", NETWORK)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": PROCESSOR})
        page.goto(address, wait_until="load", timeout=60_000)
        page.wait_for_timeout(_WATCHED_MILLISECONDS)
        milliseconds, size = page.evaluate(_USABLE)
        found.append((milliseconds / 1000, int(size)))
        page.close()
    return min(found)


def _walk_to_stores(page: Page, url: str, instance: Path) -> str:
    """Register as far as the choice of stores, at full speed; gives that page's path."""
    person = make_person(1)
    page.goto(f"{url}/register?lang=en")
    _answer(page, "input[value=self]")
    page.fill("#phone", person.phone)
    _answer(page)
    page.fill("#code", _newest_code(instance))
    _answer(page)
    page.locator("input[value=cn-id]").check()
    page.fill("#id_number", person.id_number)
    _answer(page)
    page.fill("#name", person.name)
    _answer(page)
    page.locator("input[value=huli]").check()
    _answer(page, "input[value=city]")
    return page.url.removeprefix(url).partition("?")[0].partition("#")[0]


def _answer(page: Page, choice: str | None = None) -> None:
    if choice is not None:
        page.locator(choice).check()
    with page.expect_navigation():
        page.locator("main form button:not([name]), main form button[value=check]").last.click()


def _newest_code(instance: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for file in instance.rglob("sms.jsonl"):
            texts = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
            found = [match[0] for match in map(_CODE.search, texts) if match]
            if found:
                return found[-1]
        time.sleep(0.2)
    raise RuntimeError("The demo sent no code.")


@contextmanager
def _demo(instance: Path) -> Iterator[str]:
    port = free_port()
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MASKRES_")}
    with subprocess.Popen(
        [sys.executable, "-m", "maskres", "demo", "serve", "--port", str(port), *_SIZE],
        env={**variables, "MASKRES_INSTANCE": str(instance), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout is not None
        if not any("Ctrl-C" in line for line in child.stdout):
            raise RuntimeError("The demo did not serve.")
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            child.send_signal(signal.SIGINT)
