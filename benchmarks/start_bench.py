"""The second start of the demo, from the command to the first page, beside a bare Flask application by gunicorn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.servers.guard import free_port

RUNS = 3
RESIDENTS, STORES = 20_000, 102
_FIRST_SECONDS, _STOP_SECONDS = 600, 60
_BARE = "from flask import Flask\napp = Flask(__name__)\napp.get('/')(lambda: 'one line')\n"


def run(residents: int = RESIDENTS, stores: int = STORES, runs: int = RUNS) -> list[dict[str, Any]]:
    """Start the demo once, so that its city is there, and then several times more.

    Args:
        residents: of the demo's city.
        stores: of it.
        runs: how often; the fastest counts.
    """
    with tempfile.TemporaryDirectory(prefix="maskres-bench-") as name:
        folder = Path(name)
        environment = {
            **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
            "MASKRES_INSTANCE": str(folder / "instance"),
        }
        maskres = [sys.executable, "-m", "maskres", "demo"]
        size = ["--residents", str(residents), "--stores", str(stores)]
        subprocess.run([*maskres, "prepare", *size], env=environment, check=True, capture_output=True)
        serve = [*maskres, "serve", "--port"]
        _start(serve, environment)  # the first has templates to compile
        seconds = min(_start(serve, environment) for _ in range(runs))
        (folder / "bare.py").write_text(_BARE, encoding="utf-8")
        bare = [sys.executable, "-m", "gunicorn", "--chdir", str(folder), "bare:app", "-b"]
        yardstick = min(_start(bare, environment, "127.0.0.1:") for _ in range(runs))
    return [
        {
            "what": f"second start of the demo, {residents:,} residents",
            "seconds": seconds,
            "yardsticks": {"a bare Flask application by gunicorn": yardstick},
            "asked": "3 s to the first page",
        }
    ]


def _start(command: Sequence[str], environment: Mapping[str, str], before_port: str = "") -> float:
    """Start a server, wait for its first page, stop it; gives the seconds to that page."""
    port = free_port()
    begun = time.perf_counter()
    server = subprocess.Popen(
        [*command, f"{before_port}{port}"],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - begun < _FIRST_SECONDS and server.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
                page.read()
                return time.perf_counter() - begun
            time.sleep(0.02)
        raise RuntimeError(f"{command[2]} did not serve a page")
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(_STOP_SECONDS)
