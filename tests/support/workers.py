"""Worker processes for tests: real ones, on a test's world, that can be made to halt half-way through a step.

`start_worker` runs this module. What differs from `python -m maskres worker` is the service it opens (the world's
keys, and a clock that runs on from the world's moment) and that turns are short.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from maskres.db.engine import Database
from maskres.usecases.service import Service

LEASE_SECONDS = 3
PATIENCE_SECONDS = 30
ROOT = Path(__file__).parents[2]


def ticking(service: Service) -> Service:
    """Give a service whose clock runs on from where it stands."""
    offset = service.now() - datetime.now(UTC)
    return replace(service, now=lambda: (datetime.now(UTC) + offset).replace(microsecond=0))


def wait_until(is_so: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for something to be true, and give it."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


@dataclass
class WorkerProcess:
    """A worker, its log, and the file that says where it has halted."""

    process: subprocess.Popen[bytes]
    log: Path
    halted: Path

    def kill_half_way(self) -> None:
        """Wait until it has halted in the middle of a step, and kill it with its child."""
        horse = int(wait_until(lambda: self.halted.exists() and self.halted.read_text()))
        os.kill(self.process.pid, signal.SIGKILL)
        os.kill(horse, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """Stop it as an operator does; gives its exit status."""
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def start_worker(
    service: Service, redis_url: str, folder: Path, name: str, *, halts: bool = False, **environment: str
) -> Iterator[WorkerProcess]:
    """Run a worker on the database of a service; it is gone at the end.

    Args:
        service: a ticking one.
        redis_url: the queue.
        folder: for logs and bundles.
        name: of the worker, for its log.
        halts: whether the first draw it does halts half-way, for ever.
        **environment: more variables.
    """
    log, halted = folder / f"{name}.log", folder / f"{name}.halted"
    variables = {
        **{key: value for key, value in os.environ.items() if not key.startswith("MASKRES_")},
        "MASKRES_INSTANCE": str(folder / "instance"),
        "MASKRES_DATABASE_URL": service.database.url,
        "MASKRES_REDIS_URL": redis_url,
        "WORLD_SECONDS_AGO": str((datetime.now(UTC) - service.now()).total_seconds()),
        "HALT_FILE": str(halted) if halts else "",
        **environment,
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.workers"],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield WorkerProcess(process, log, halted)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def main() -> None:
    """Work as the environment says."""
    from maskres.db import results
    from maskres.jobs import runner, worker
    from maskres.jobs.logs import configure_logs
    from maskres.usecases import messages, tasks
    from tests.support.world import make_service

    ago = timedelta(seconds=float(os.environ["WORLD_SECONDS_AGO"]))

    @contextmanager
    def open_world(settings: Any) -> Iterator[Service]:
        database = Database(settings.database_url)
        yield replace(make_service(database), now=lambda: (datetime.now(UTC) - ago).replace(microsecond=0))
        database.close()

    runner.open_service = open_world
    tasks.LEASE_SECONDS = LEASE_SECONDS
    messages.FIRST_WAIT_SECONDS = 1
    if os.environ["HALT_FILE"]:
        results.load_result = _halting(results.load_result, Path(os.environ["HALT_FILE"]))
    configure_logs()
    worker.work(os.environ["MASKRES_REDIS_URL"])


def _halting(function: Callable[..., Any], halted: Path) -> Callable[..., Any]:
    def halt(*args: Any) -> None:
        function(*args)
        halted.write_text(str(os.getpid()))
        time.sleep(3600)

    return halt


if __name__ == "__main__":
    main()
