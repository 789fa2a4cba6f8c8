"""Applications served by gunicorn, and asked in turn: whatever slows the machine slows both."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.guard import free_port


@dataclass(slots=True)
class Figures:
    """What was measured of one application in all windows together.

    Attributes:
        seconds: of asking.
        processor_seconds: of its processes, user and system; without the database.
        latencies: in milliseconds.
        statuses: how often each came.
    """

    seconds: float = 0.0
    processor_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def __str__(self) -> str:
        ranked = sorted(self.latencies)
        median, late = ranked[len(ranked) // 2], ranked[len(ranked) * 99 // 100]
        processor = 1000 * self.processor_seconds / len(ranked)
        return (
            f"{self.rate:.0f}/s, median {median:.0f} ms, p99 {late:.0f} ms,"
            f" {processor:.2f} ms of processor a request, answers {dict(self.statuses)}"
        )


@dataclass(frozen=True, slots=True)
class Served:
    """An application that is being served, and the program that asks it."""

    server: subprocess.Popen[bytes]
    client: subprocess.Popen[str]
    port: int

    def ask(self, seconds: float, into: Figures | None) -> None:
        """Send requests for a while, and add what is measured."""
        before = _processor_seconds(self.server.pid)
        assert self.client.stdin is not None and self.client.stdout is not None
        self.client.stdin.write(f"{seconds}\n")
        self.client.stdin.flush()
        told = json.loads(self.client.stdout.readline())
        if into is not None:
            into.seconds += told["seconds"]
            into.processor_seconds += _processor_seconds(self.server.pid) - before
            into.latencies += told["latencies"]
            into.statuses.update(told["statuses"])


def measure_in_turn(one: Served, other: Served, windows: int, seconds: float) -> tuple[Figures, Figures]:
    """Ask two applications in turn.

    Args:
        one: an application.
        other: the one it is compared with.
        windows: how often each is asked; the first time is not counted.
        seconds: how long a time.
    """
    figures = Figures(), Figures()
    for nth in range(windows):
        for each, into in zip((one, other), figures, strict=True):
            each.ask(seconds, into if nth else None)
    return figures


@contextmanager
def served(
    application: str,
    variables: Mapping[str, str],
    requests: Iterable[Mapping[str, Any]],
    folder: Path,
    connections: int,
) -> Iterator[Served]:
    """Serve an application, with a client that has some requests for it.

    Args:
        application: as gunicorn names it.
        variables: of its environment.
        requests: method, path, headers, body; each is sent once.
        folder: to be made for its files.
        connections: of the client.
    """
    folder.mkdir(exist_ok=True)
    file = folder / "requests.jsonl"
    lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in requests)
    file.write_text("".join(lines), encoding="utf-8")
    port = free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:maskres.web.server_settings"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*gunicorn, "-b", f"127.0.0.1:{port}", application],
            env={**os.environ, **variables},
            stdout=log,
            stderr=log,
        )
        try:
            _wait(port, server, folder / "server.log")
            asking = [sys.executable, "-m", "benchmarks.load", "127.0.0.1", str(port), str(file)]
            with subprocess.Popen(
                [*asking, str(connections)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            ) as client:
                yield Served(server, client, port)
        finally:
            server.terminate()
            server.wait(120)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The server did not answer:\n{log.read_text(errors='replace')}")


def _processor_seconds(pid: int) -> float:
    """Add up what a process and its children have used."""
    ticks = 0
    for each in (pid, *_children(pid)):
        names_and_figures = Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        ticks += int(names_and_figures[11]) + int(names_and_figures[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [int(each) for each in found]


@contextmanager
def served_pages(pages: Mapping[str, bytes]) -> Iterator[str]:
    """Serve fixed pages by the standard library, a form's sending leading to /answer; gives the address of "/"."""

    class Plain(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(303)
            self.send_header("Location", "/answer")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Plain)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
