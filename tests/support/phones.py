"""A gateway for tests: an HTTP service on this machine that answers as told and remembers what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Gateway:
    """Where it listens, how it answers (200 once nothing is left to say), and what came."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    came: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    taken: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def running_gateway(*answers: int) -> Iterator[Gateway]:
    """Run a gateway that gives these answers first."""
    gateway = Gateway(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            gateway.came.append(
                (self.headers["Idempotency-Key"], self.headers.get("Authorization", ""), message)
            )
            status = gateway.answers.pop(0) if gateway.answers else 200
            if status == 200:
                gateway.taken.append(message)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", gateway.url + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
