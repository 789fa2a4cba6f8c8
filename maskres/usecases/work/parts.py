"""Parts: one step of a task done by several workers, on as many hosts as there are.

The step is cut by the numbers' first symbols or by a file's lines. Each part is a task of its own, with a turn and a
transaction of its own, so that a killed worker costs its part alone. The task itself gives its turn back and gets none
before all its parts have ended: their count stands in its row. What a part makes is kept in the database, encrypted,
for the step that goes on after all of them; so no worker reads what another wrote on its disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from maskres.db import parts as rows
from maskres.db import progress
from maskres.db import tasks as task_rows
from maskres.db.engine import Transaction
from maskres.db.tasks import Task, TaskStatus
from maskres.errors import MaskresError
from maskres.formats.symbols import ALPHABET
from maskres.identity.encryption import NONCE_BYTES
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.work.tasks import Turn, TurnLost

#: What one worker does of the numbers before it gives others a chance; below twice that a step is done whole.
NUMBERS_A_PART = 25_000
#: What rows for the database are kept under.
ROWS = "rows"
#: Numbers are cut by their first two symbols.
_PREFIXES = len(ALPHABET) ** 2


class Divided(Exception):
    """The task goes on once its parts are done: this run of it is over."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a step that is to be done.

    Attributes:
        payload: what it needs: symbols, places in a file; never personal data.
        size: how much it is, in rows or bytes, for whoever looks at the progress.
    """

    payload: Mapping[str, Any]
    size: int


class Numbers(NamedTuple):
    """The registration numbers from one beginning to before another; None where they go to the end."""

    first: str = ""
    before: str | None = None


def cut_numbers(count: int, size: int | None = None) -> list[Part]:
    """Cut the registration numbers into ranges.

    Args:
        count: how many there are, evenly spread, as digests are.
        size: about how many are a part; None for NUMBERS_A_PART.

    Returns:
        Parts with "first" and "before" in their payload; none where it is not worth it.
    """
    parts = min(count // (size or NUMBERS_A_PART), _PREFIXES)
    if parts < 2:
        return []
    bounds = [_prefix(nth * _PREFIXES // parts) for nth in range(parts)]
    ranges = zip(bounds, [*bounds[1:], None], strict=True)
    return [Part({"first": first, "before": before}, count // parts) for first, before in ranges]


def numbers_of(task: Task) -> Numbers:
    """Give the range of numbers that a part made by cut_numbers is about."""
    return Numbers(task.payload["first"], task.payload["before"])


def divide(service: Service, turn: Turn, step: str, kind: str, parts: Sequence[Part]) -> None:
    """Have a step of a task done in parts, and give the turn back until they are done.

    Args:
        service: the service.
        turn: at the task.
        step: its name in the task.
        kind: of the parts (jobs/part_kinds.py).
        parts: in order, one at least.

    Raises:
        TurnLost: nothing was written.
    """
    _divide(service, turn, step, kind, parts)
    progress.forget(service.database, turn.task.id)


@one_transaction
def _divide(
    c: Transaction, service: Service, turn: Turn, step: str, kind: str, parts: Sequence[Part]
) -> None:
    task, now = turn.task, service.now()
    values = {
        "status": "waiting",
        "lease": None,
        "lease_until": None,
        "enqueued_at": None,
        # It has come further; whoever is killed from here on was not killed by what is behind.
        "attempts": 0,
        "stage": step,
        "steps": {**task_rows.find_task(c, task.id).steps, step: {"parts": len(parts)}},
        "parts_left": len(parts),
    }
    if not task_rows.write_leased(c, task.id, turn.lease, values):
        raise TurnLost
    rows.insert_parts(
        c,
        task.id,
        step,
        [
            {
                "id": service.random_bytes(16).hex(),
                "kind": kind,
                "payload": dict(part.payload),
                "round": task.round,
                "draw": task.draw,
                "status": "waiting",
                "requested_by": task.requested_by,
                "requested_at": now,
                "rows_total": part.size,
            }
            for part in parts
        ],
    )


def list_done(service: Service, task: Task, step: str) -> list[Task]:
    """List the parts of a step, all of which have ended, in order.

    Raises:
        MaskresError: as the first part that failed.
    """
    with service.database.reading() as c:
        parts = rows.list_parts(c, task.id, step)
    for part in parts:
        if part.status is TaskStatus.FAILED:
            error = part.error or {}
            place = {name: error.get(name) for name in ("field", "file", "line")}
            raise MaskresError(str(error.get("code")), str(error.get("message")), **place)
    return parts


def keep_output(c: Transaction, service: Service, part_id: str, name: str, data: bytes) -> None:
    """Keep what a part made, in the transaction that made it."""
    sealed = service.cipher.encrypt(
        data, bound_to=_owner(part_id, name), nonce=service.random_bytes(NONCE_BYTES)
    )
    rows.write_output(c, part_id, name, sealed)


def open_output(c: Transaction, service: Service, part_id: str, name: str) -> bytes:
    """Give what a part made.

    Raises:
        CheckFailed: "part-lost", "personal-data-damaged".
    """
    return service.cipher.decrypt(rows.read_output(c, part_id, name), bound_to=_owner(part_id, name))


@contextmanager
def rows_of_parts(service: Service, parts: Sequence[str]) -> Iterator[Iterator[bytes]]:
    """Lend the rows that the parts made ready, in order, for bulk.load_ready.

    They are read beside the transaction that loads them: while it is loading it can read nothing.
    """
    with service.database.reading() as beside:
        yield (open_output(beside, service, part_id, ROWS) for part_id in parts)


@contextmanager
def tables_of_parts(
    service: Service, parts: Sequence[str], count: int
) -> Iterator[Iterator[tuple[bytes, ...]]]:
    """Lend what the parts made ready for so many tables, in order, as rows_of_parts does."""
    with service.database.reading() as beside:
        yield (
            tuple(open_output(beside, service, part_id, table_output(nth)) for nth in range(count))
            for part_id in parts
        )


def table_output(nth: int) -> str:
    """Name what a part made ready for one of several tables."""
    return f"{ROWS}-{nth}"


def _prefix(value: int) -> str:
    high, low = divmod(value, len(ALPHABET))
    return ALPHABET[high] + ALPHABET[low]


def _owner(part_id: str, name: str) -> bytes:
    return f"part/{part_id}/{name}".encode()
