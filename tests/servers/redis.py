"""A real Redis for the tests: nothing kept on disk, on a free port of this machine."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotReady

from tests.servers.guard import Guard, free_port, refuse_or_skip

_START_SECONDS = 30
_SETTINGS = """
bind 127.0.0.1
port {port}
dir {folder}
logfile {folder}/log
save ""
appendonly no
"""


@contextmanager
def running_redis() -> Iterator[str]:
    """Start a server, give its URL, and stop it afterwards."""
    binary = shutil.which("redis-server")
    if binary is None:
        refuse_or_skip("Redis")
    folder = Path(tempfile.mkdtemp(prefix="maskres-redis-"))
    port = free_port()
    settings = folder / "redis.conf"
    settings.write_text(_SETTINGS.format(port=port, folder=folder), encoding="utf-8")
    server = subprocess.Popen(
        [binary, str(settings)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    guard = Guard(["kill", "-KILL", str(server.pid)], folder)
    try:
        url = f"redis://127.0.0.1:{port}/0"
        _wait_until_ready(url, server, folder / "log")
        yield url
    finally:
        guard.stop()
        server.wait(timeout=60)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                return
            except NotReady:
                if server.poll() is not None or time.monotonic() > deadline:
                    detail = log.read_text(errors="replace") if log.exists() else ""
                    raise RuntimeError(f"redis-server did not start:\n{detail}") from None
                time.sleep(0.02)
