"""Serving the demo: queue, web, worker and sweeper, started and stopped together."""

from __future__ import annotations

import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from maskres.demo.files import demo_folder
from maskres.errors import ConfigurationError
from maskres.jobs.embedded import embedded_queue

#: Where wsgi.py and the package stand.
_ROOT = Path(__file__).parents[2]
_START_SECONDS = 60
_STOP_SECONDS = 15
_ON_PARENTS_DEATH = 1


class Stopped(Exception):
    """Somebody asked the demo to stop."""


@contextmanager
def serving(
    instance: Path, port: int, environment: Mapping[str, str], prepare: Callable[[], object]
) -> Iterator[str]:
    """Serve the demo while the block runs.

    The server is loaded while the city is prepared; worker and sweeper begin when the first page is there.

    Args:
        instance: folder of the deployment, in which the demo city stands.
        port: of this machine's loopback address.
        environment: of this process; its settings are the children's too.
        prepare: makes sure that the demo city is there.

    Yields:
        The address people open.

    Raises:
        ConfigurationError: "port-in-use"; "demo-not-serving" where a process ended before it served.
    """
    _require_free(port)
    address = f"http://127.0.0.1:{port}"
    folder = demo_folder(instance)
    measurements = folder / "measurements"
    shutil.rmtree(measurements, ignore_errors=True)
    measurements.mkdir(parents=True)
    with ExitStack() as stack:
        queue = stack.enter_context(embedded_queue(instance))
        variables = {
            **environment,
            "PYTHONPATH": str(_ROOT),
            "MASKRES_INSTANCE": str(instance.resolve()),
            "MASKRES_PUBLIC_URL": address,
            "MASKRES_REDIS_URL": queue,
            "MASKRES_SMS_GATEWAY": "file",
        }
        web = {**variables, "PROMETHEUS_MULTIPROC_DIR": str(measurements)}
        settings = ["-c", "python:maskres.web.server_settings", "-b", f"127.0.0.1:{port}"]
        server = stack.enter_context(
            _process(["gunicorn", *settings, "maskres.demo.wsgi:app"], web, folder / "web.log")
        )
        prepare()
        _release(server)
        _wait_until_served(address, server, folder)
        for name in ("worker", "sweeper"):
            stack.enter_context(_process(["maskres", name], variables, folder / f"{name}.log"))
        yield address


def watch(seconds: float | None = None) -> None:
    """Wait until somebody asks the demo to stop, by Ctrl-C or by ending the process."""

    def stop(_signum: int, _frame: FrameType | None) -> None:
        raise Stopped

    before = {signum: signal.signal(signum, stop) for signum in (signal.SIGTERM, signal.SIGINT)}
    try:
        time.sleep(seconds if seconds is not None else 10**8)
    except Stopped:
        pass
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


@contextmanager
def _process(
    command: list[str], variables: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            # A group of its own: Ctrl-C reaches this process alone, which then stops them in turn.
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
    try:
        yield child
    finally:
        if child.stdin is not None:
            with suppress(OSError):
                child.stdin.close()
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _release(server: subprocess.Popen[bytes]) -> None:
    """Let the server go on from maskres/demo/wsgi.py; one that has ended is found by whoever waits for it."""
    if server.stdin is not None:
        with suppress(OSError):
            server.stdin.write(b"go\n")
            server.stdin.flush()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_ON_PARENTS_DEATH, signal.SIGTERM)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigurationError(
                "port-in-use",
                f"Something listens on port {port} already. Choose another: python -m maskres demo serve --port 8001",
                field="port",
            ) from None


def _wait_until_served(address: str, server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        if server.poll() is not None:
            raise ConfigurationError(
                "demo-not-serving", f"The web of the demo ended at once; see {folder / 'web.log'}."
            )
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    "demo-not-serving", f"The demo did not answer in {_START_SECONDS} seconds; see {folder}."
                ) from None
            time.sleep(0.02)
