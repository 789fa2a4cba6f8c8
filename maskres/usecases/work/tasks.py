"""Tasks: long steps that are asked for now and done later, by whichever worker has the turn.

A turn is a lease on the task's row. It is renewed while the worker lives and lost when it is killed; then another
worker takes over. Every step of a task is one transaction that also notes in the row what the step gave, and that
is refused once the turn is lost. So a step is done exactly once, however often workers are killed: either its
transaction was rolled back, or the next worker finds what it gave.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from maskres.db import parts, progress, record, uploads
from maskres.db import tasks as rows
from maskres.db.engine import Transaction
from maskres.db.fenced import FencedDatabase
from maskres.db.tasks import Task
from maskres.errors import ConflictError, InputError, MaskresError
from maskres.usecases.imports import ImportRefused
from maskres.usecases.service import Actor, Service, approved_detail, one_transaction

T = TypeVar("T")

LEASE_SECONDS = 30
MOST_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 2
_PAYLOAD_LIMIT = 100_000
_TIMES_ASKED = 5


class TurnLost(ConflictError):
    """Another worker has taken the task over; whatever this one was about to write is not written."""

    def __init__(self) -> None:
        super().__init__("turn-lost", "Another worker has taken this task over.")


@dataclass(frozen=True, slots=True)
class Turn:
    """A worker's turn at a task.

    Attributes:
        task: as it stood when the turn began.
        lease: what the worker proves its turn by.
    """

    task: Task
    lease: str


def request_task(
    c: Transaction,
    service: Service,
    actor: Actor,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    once: str | None = None,
    round_slug: str | None = None,
    draw: int | None = None,
    approved: str | None = None,
) -> Task:
    """Ask for a long step, within the transaction of what causes it.

    Args:
        c: the transaction: the task is there once it commits.
        service: the service.
        actor: who asks, and in whose name it is done.
        kind: which step (jobs/kinds.py).
        payload: what it needs: ids, slugs, counts; never personal data.
        once: name of the wish, at most 200 characters. Asking again before it has ended gives the same task.
        round_slug: the round it is about.
        draw: the draw it is about.
        approved: digest of what was looked at before asking; it stands in the audit log beside who asked.

    Raises:
        InputError: "bad-task" for a payload that is too long.
    """
    given = dict(payload or {})
    if len(json.dumps(given)) > _PAYLOAD_LIMIT:
        raise InputError(
            "bad-task", "This is too much to hand to a task; upload it as a file.", field="payload"
        )
    now = service.now()
    values = {
        "id": service.random_bytes(16).hex(),
        "kind": kind,
        "payload": given,
        "round": round_slug,
        "draw": draw,
        "status": "waiting",
        "requested_by": actor.name,
        "requested_at": now,
        "once": once,
    }
    for _ in range(_TIMES_ASKED):
        if rows.insert_task(c, values):
            detail = {"task": values["id"], "kind": kind} | approved_detail(approved)
            record.log(c, now, actor.name, "task-requested", round_slug=round_slug, draw=draw, detail=detail)
            return rows.find_task(c, str(values["id"]))
        standing = rows.find_open(c, str(once))
        if standing is not None:
            return standing
        # It ended between the two looks; then this is a new wish.
    raise ConflictError("done-elsewhere", "This was asked for by somebody else just now; please look again.")


ask = one_transaction(request_task)


def lease(service: Service, task_id: str) -> Turn | None:
    """Take the turn at a task.

    Returns:
        The turn; None where another worker has it, its time has not come, or it has ended.
    """
    return _lease(service, task_id)


@one_transaction
def _lease(c: Transaction, service: Service, task_id: str) -> Turn | None:
    now = service.now()
    token = service.random_bytes(16).hex()
    if rows.take(c, task_id, token, now, now + timedelta(seconds=LEASE_SECONDS), MOST_ATTEMPTS):
        return Turn(rows.find_task(c, task_id), token)
    lost = {"code": "worker-lost", "message": f"{MOST_ATTEMPTS} workers were lost over this task."}
    if rows.give_up_lost(c, task_id, now, MOST_ATTEMPTS, lost):
        _leave(c, rows.find_task(c, task_id))
        progress.forget(service.database, task_id)
    return None


def renew(service: Service, turn: Turn) -> bool:
    """Keep the turn for another while; tells whether it is still ours."""
    until = service.now() + timedelta(seconds=LEASE_SECONDS)
    values = {"lease_until": until}
    return service.database.write(lambda c: rows.write_leased(c, turn.task.id, turn.lease, values))


def note_progress(
    service: Service, turn: Turn, stage: str, rows_done: int = 0, rows_total: int | None = None
) -> None:
    """Note how far a task is, beside the step that is running."""
    progress.note(service.database, turn.task.id, turn.lease, stage, rows_done, rows_total)


def run_step(
    service: Service,
    turn: Turn,
    name: str,
    use_case: Callable[[Service], T],
    describe: Callable[[T], Any],
) -> Any:
    """Run one step of a task, unless an earlier worker has.

    Args:
        service: the service.
        turn: the worker's.
        name: of the step within its task.
        use_case: handed a service; at most one writing transaction. What it does besides is safe to repeat.
        describe: gives what the step gave, as JSON knows it.

    Returns:
        What `describe` gave, now or then.

    Raises:
        TurnLost: nothing was written.
        MaskresError: as the use case.
    """
    with service.database.reading() as c:
        done = rows.find_task(c, turn.task.id).steps
    if name in done:
        return done[name]
    given: dict[str, Any] = {}

    def note_done(c: Transaction, result: T) -> None:
        given[name] = describe(result)
        values = {
            "steps": {**done, **given},
            "lease_until": service.now() + timedelta(seconds=LEASE_SECONDS),
        }
        if not rows.write_leased(c, turn.task.id, turn.lease, values):
            raise TurnLost

    result = use_case(replace(service, database=FencedDatabase(service.database, note_done)))
    if name not in given:  # it wrote nothing into the database
        service.database.write(lambda c: note_done(c, result))
    return given[name]


def finish(service: Service, turn: Turn, result: Mapping[str, Any]) -> None:
    """End a task that is done.

    Raises:
        TurnLost: another worker will.
    """
    values: dict[str, Any] = {"status": "done", "result": dict(result), "error": None}
    if turn.task.part_of is not None:
        values["rows_done"] = turn.task.rows_total or 0
    _end(service, turn, values)


def fail(service: Service, turn: Turn, error: MaskresError) -> None:
    """End a task that cannot be done.

    Raises:
        TurnLost: another worker will.
    """
    _end(service, turn, {"status": "failed", "error": describe_error(error)})


def postpone(service: Service, turn: Turn, error: MaskresError) -> None:
    """Give a task back after a fault that may pass, to be tried again later; fail it after the last attempt.

    Raises:
        TurnLost: another worker has it.
    """
    if turn.task.attempts >= MOST_ATTEMPTS:
        fail(service, turn, error)
        return
    seconds = FIRST_WAIT_SECONDS * 4 ** (turn.task.attempts - 1)
    values = {
        "status": "waiting",
        "lease": None,
        "lease_until": None,
        "enqueued_at": None,
        "not_before": service.now() + timedelta(seconds=seconds),
        "error": describe_error(error),
    }
    if not service.database.write(lambda c: rows.write_leased(c, turn.task.id, turn.lease, values)):
        raise TurnLost


@one_transaction
def _end_in(c: Transaction, service: Service, turn: Turn, values: Mapping[str, Any]) -> None:
    ended = {"ended_at": service.now(), "lease": None, "lease_until": None}
    if not rows.write_leased(c, turn.task.id, turn.lease, {**values, **ended}):
        raise TurnLost
    _leave(c, turn.task)


def _leave(c: Transaction, task: Task) -> None:
    """Count a part that has ended at its task; of a task that has ended drop what was kept for it."""
    if task.part_of is not None:
        parts.count_down(c, task.part_of)
        return
    parts.delete_outputs(c, task.id)
    upload = task.payload.get("upload")
    if upload is not None:
        uploads.delete_upload(c, upload)


def _end(service: Service, turn: Turn, values: Mapping[str, Any]) -> None:
    _end_in(service, turn, values)
    progress.forget(service.database, turn.task.id)


def find_task(service: Service, task_id: str) -> Task:
    """Give a task as a page shows it.

    Raises:
        InputError: "unknown-task".
    """
    with service.database.reading() as c:
        task = progress.add_parts(c, rows.find_task(c, task_id))
    return progress.add_to(service.database, task)


def list_tasks(
    service: Service, *, round_slug: str | None = None, is_open: bool | None = None, limit: int = 100
) -> list[Task]:
    """List tasks, the newest first; their parts are summed up in them.

    Args:
        service: the service.
        round_slug: only those about a round.
        is_open: only those that have not ended, or only those that have.
        limit: at most so many.
    """
    with service.database.reading() as c:
        found = rows.list_tasks(c, round_slug=round_slug, is_open=is_open, limit=limit)
        found = [progress.add_parts(c, task) for task in found]
    return [progress.add_to(service.database, task) for task in found]


def list_due(service: Service, *, quiet_seconds: int, limit: int = 100) -> list[Task]:
    """List the tasks a worker should begin, leaving out what was put into the queue in the last seconds."""
    now = service.now()
    with service.database.reading() as c:
        return rows.list_due(c, now, now - timedelta(seconds=quiet_seconds), limit)


@one_transaction
def note_enqueued(c: Transaction, service: Service, task_ids: list[str]) -> None:
    """Note that some tasks stand in the queue."""
    rows.note_enqueued(c, task_ids, service.now())


def describe_error(error: MaskresError) -> dict[str, Any]:
    """Give an error as a task keeps it."""
    described: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "field": error.field,
        "file": error.file,
        "line": error.line,
    }
    if isinstance(error, ImportRefused):
        described["bad_count"] = error.count
        described["bad_rows"] = [
            {"line": row.line, "code": row.code, "field": row.field, "message": row.message}
            for row in error.bad_rows
        ]
    return described
