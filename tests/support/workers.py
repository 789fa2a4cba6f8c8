"""Worker processes for tests: real ones, on a test's world, that can be made to halt half-way through a step.

They are forked by a process that has everything imported already. What differs from `python -m maskres worker` is the
service they open (the world's keys, and a clock that runs on from the world's moment), and that the turn of one that
halts is short.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from maskres.db.engine import Database
from maskres.jobs import worker
from maskres.logs import configure_logs
from maskres.usecases import opening
from maskres.usecases.service import Service
from maskres.usecases.telling import messages
from maskres.usecases.work import tasks
from tests.support.world import make_service

LEASE_SECONDS = 3
PATIENCE_SECONDS = 30
LOADING_RESULT = "maskres.db.results.load_result"
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["maskres.jobs.runner", "maskres.jobs.worker", "tests.support.world"])


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

    process: ForkServerProcess
    log: Path
    halted: Path

    def kill_half_way(self) -> None:
        """Wait until it has halted in the middle of a step, and kill it with its child."""
        horse = int(wait_until(lambda: self.halted.exists() and self.halted.read_text()))
        self.process.kill()
        os.kill(horse, signal.SIGKILL)
        self.process.join(10)
        assert self.process.exitcode == -signal.SIGKILL

    def stop(self) -> int | None:
        """Stop it as an operator does; gives its exit status."""
        self.process.terminate()
        self.process.join(20)
        return self.process.exitcode


@contextmanager
def start_worker(
    service: Service,
    redis_url: str,
    folder: Path,
    name: str,
    *,
    halts: bool = False,
    halts_after: str = LOADING_RESULT,
    sizes: Mapping[str, int] | None = None,
    **environment: str,
) -> Iterator[WorkerProcess]:
    """Run a worker on the database of a service; it is gone at the end.

    Args:
        service: a ticking one.
        redis_url: the queue.
        folder: for logs and bundles.
        name: of the worker, for its log.
        halts: whether it halts half-way through a step, for ever, its transaction still open.
        halts_after: the function after which it does: its module and name.
        sizes: module and name of constants, such as that of how few numbers are a part → their value; given that, the
            worker works as on a host of its own: in a session and a folder of its own, with nothing in it.
        **environment: more variables.
    """
    log, halted = folder / f"{name}.log", folder / f"{name}.halted"
    log.touch()
    variables = {
        "MASKRES_INSTANCE": str(folder / "instance"),
        "MASKRES_DATABASE_URL": service.database.url,
        "MASKRES_REDIS_URL": redis_url,
        **environment,
    }
    ago = datetime.now(UTC) - service.now()
    if sizes is not None:
        (host := folder / name).mkdir()
        variables["MASKRES_INSTANCE"] = variables["TMPDIR"] = str(host)
    halting = (halts_after, halted) if halts else None
    process = _forks.Process(target=_work, args=(variables, ago, log, halting, sizes))
    process.start()
    try:
        yield WorkerProcess(process, log, halted)
    finally:
        process.kill()
        process.join(10)


def _work(
    variables: dict[str, str],
    ago: timedelta,
    log: Path,
    halting: tuple[str, Path] | None,
    sizes: Mapping[str, int] | None,
) -> None:
    os.environ.update(variables)
    if sizes is not None:
        os.setsid()
        os.chdir(variables["TMPDIR"])
        for where, size in sizes.items():
            module, _, name = where.rpartition(".")
            setattr(import_module(module), name, size)
    with log.open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)

    @contextmanager
    def open_world(settings: Any) -> Iterator[Service]:
        database = Database(settings.database_url)
        yield replace(make_service(database), now=lambda: (datetime.now(UTC) - ago).replace(microsecond=0))
        database.close()

    opening.open_service = open_world
    messages.FIRST_WAIT_SECONDS = 1
    if halting is not None:
        tasks.LEASE_SECONDS = LEASE_SECONDS
        where, halted = halting
        module, _, name = where.rpartition(".")
        found = import_module(module)
        setattr(found, name, _halting(getattr(found, name), halted))
    configure_logs()
    worker.work(variables["MASKRES_REDIS_URL"])


def _halting(function: Callable[..., Any], halted: Path) -> Callable[..., Any]:
    def halt(*args: Any) -> None:
        function(*args)
        halted.write_text(str(os.getpid()))
        time.sleep(3600)

    return halt
