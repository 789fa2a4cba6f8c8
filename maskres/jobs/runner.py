"""Running one task by its id: take the turn, keep it, do the step, say how it ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from maskres.config import read_settings
from maskres.errors import InputError, MaskresError
from maskres.jobs.kinds import KINDS
from maskres.jobs.part_kinds import PART_KINDS
from maskres.jobs.run import Run
from maskres.logs import places_of
from maskres.usecases import opening
from maskres.usecases.service import Service
from maskres.usecases.work import tasks
from maskres.usecases.work.parts import Divided
from maskres.usecases.work.tasks import Turn, TurnLost

#: What is no fault of the task: the same may succeed in a while.
_PASSING = ("no-database", "database-busy")
_log = structlog.get_logger("maskres.jobs")


def run_queued(task_id: str) -> None:
    """Run a task as the queue hands it out: by its id, with this process's settings."""
    settings = read_settings(os.environ)
    with opening.open_service(settings) as service:
        run_task(service, task_id, settings.bundles)


def run_task(service: Service, task_id: str, bundles: Path) -> bool:
    """Run a task if it is anybody's turn.

    Args:
        service: the service.
        task_id: of the task.
        bundles: folder into which bundles are written.

    Returns:
        Whether this run ended it.
    """
    turn = tasks.lease(service, task_id)
    if turn is None:
        return False
    log = _log.bind(task=task_id, kind=turn.task.kind, attempt=turn.task.attempts)
    log.info("task-begun")
    try:
        with _kept(service, turn):
            result = _do(Run(service, turn, bundles))
            tasks.finish(service, turn, result)
    except Divided:
        log.info("task-divided")
        return False
    except TurnLost:
        log.warning("turn-lost")
        return False
    except MaskresError as error:
        return _end_badly(service, turn, error, is_passing=error.code in _PASSING)
    except Exception as error:
        log.error("task-broke", error=type(error).__name__, places=places_of(error))
        unexpected = MaskresError("unexpected-error", "Something went wrong that nobody expected.")
        return _end_badly(service, turn, unexpected, is_passing=True)
    log.info("task-done")
    return True


def _do(run: Run) -> dict[str, object]:
    function = (KINDS if run.task.part_of is None else PART_KINDS).get(run.task.kind)
    if function is None:
        raise InputError("bad-task", f"There is no task of the kind {run.task.kind}.", field="kind")
    return dict(function(run))


def _end_badly(service: Service, turn: Turn, error: MaskresError, *, is_passing: bool) -> bool:
    log = _log.bind(task=turn.task.id, kind=turn.task.kind, attempt=turn.task.attempts, code=error.code)
    try:
        if is_passing:
            tasks.postpone(service, turn, error)
            log.warning("task-postponed")
            return False
        tasks.fail(service, turn, error)
        log.info("task-failed")
        return True
    except TurnLost:
        log.warning("turn-lost")
    except Exception as fault:
        # No database to say so: the turn runs out, and somebody else takes over.
        log.warning("task-left", error=type(fault).__name__)
    return False


@contextmanager
def _kept(service: Service, turn: Turn) -> Iterator[None]:
    """Renew the turn from a thread of its own while the step runs."""
    is_over = threading.Event()

    def renew() -> None:
        while not is_over.wait(tasks.LEASE_SECONDS / 3):
            try:
                if not tasks.renew(service, turn):
                    return
            except Exception as error:  # a lock held long, a database away: the next one may work
                _log.warning("turn-not-renewed", task=turn.task.id, error=type(error).__name__)

    keeper = threading.Thread(target=renew, name="turn", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        is_over.set()
