"""The application as a deployment serves it: gunicorn with the settings of deploy/, in processes of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.guard import free_port

ROOT = Path(__file__).parents[2]
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class WebServer:
    """gunicorn, where it listens and what it writes."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def kill(self) -> None:
        """Kill it with all its processes."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def count(self, text: str) -> int:
        """Count the lines of its log that hold a text."""
        return sum(
            text in line for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        )


@contextmanager
def running_web(
    environment: Mapping[str, str], folder: Path, application: str = "wsgi:app"
) -> Iterator[WebServer]:
    """Serve an application, and end it afterwards.

    Args:
        environment: variables besides this process's own.
        folder: for its log.
        application: as gunicorn names it.
    """
    port, log = free_port(), folder / "web.log"
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "-b", f"127.0.0.1:{port}"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, application],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    server = WebServer(process, port, log)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        server.kill()


def _wait_until_ready(server: WebServer) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=5).close()
            return
        except OSError:
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"gunicorn did not start:\n{server.log.read_text(errors='replace')}"
                ) from None
            time.sleep(0.05)
