"""Queries on the parts of a task's step, and on what they made.

The barrier is a count in the task's own row. Whoever ends a part lowers it in that very transaction, so those who end
at the same moment do it one after another, and exactly one of them finds nothing left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from maskres.db.engine import Transaction
from maskres.db.tables import part_outputs, task_parts, tasks
from maskres.db.tasks import Task, encoded, task_of_row
from maskres.errors import CheckFailed


@dataclass(frozen=True, slots=True)
class PartsProgress:
    """How far the parts of a task's present step are, all together."""

    step: str
    has_begun: bool
    rows_done: int
    rows_total: int


def insert_parts(c: Transaction, task_id: str, step: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the parts of a task's step in order, each a task of its own."""
    c.execute(insert(tasks), [{**encoded(row), "part_of": task_id} for row in rows])
    order = [
        {"part_of": task_id, "step": step, "part": nth, "task_id": row["id"]} for nth, row in enumerate(rows)
    ]
    c.execute(insert(task_parts), order)


def count_down(c: Transaction, task_id: str) -> int:
    """Note at a task that one more of its parts has ended; gives how many are left.

    Raises:
        CheckFailed: "parts-miscounted" where all had ended already.
    """
    left = (
        update(tasks)
        .where(tasks.c.id == task_id, tasks.c.parts_left > 0)
        .values(parts_left=tasks.c.parts_left - 1)
        .returning(tasks.c.parts_left)
    )
    found = c.execute(left).scalar_one_or_none()
    if found is None:
        raise CheckFailed("parts-miscounted", "More parts of this task have ended than it has.")
    return int(found)


def list_parts(c: Transaction, task_id: str, step: str) -> list[Task]:
    """List the parts of a task's step in order."""
    statement = select(tasks).join(task_parts, task_parts.c.task_id == tasks.c.id)
    of_step = statement.where(task_parts.c.part_of == task_id, task_parts.c.step == step)
    return [task_of_row(row) for row in c.execute(of_step.order_by(task_parts.c.part))]


def sum_progress(c: Transaction, task_id: str, step: str) -> PartsProgress:
    """Tell how far the parts of a task's step are."""
    t = tasks.c
    figures = select(
        func.count(t.started_at), func.coalesce(func.sum(t.rows_done), 0), func.sum(t.rows_total)
    ).join(task_parts, task_parts.c.task_id == t.id)
    of_step = figures.where(task_parts.c.part_of == task_id, task_parts.c.step == step)
    begun, done, total = c.execute(of_step).one()
    return PartsProgress(step, begun > 0, int(done), int(total or 0))


def write_output(c: Transaction, task_id: str, name: str, data: bytes) -> None:
    """Keep what a part made."""
    c.execute(insert(part_outputs).values(task_id=task_id, name=name, data=data))


def read_output(c: Transaction, task_id: str, name: str) -> bytes:
    """Give what a part made.

    Raises:
        CheckFailed: "part-lost" where it is not there.
    """
    where = (part_outputs.c.task_id == task_id, part_outputs.c.name == name)
    data = c.execute(select(part_outputs.c.data).where(*where)).scalar_one_or_none()
    if data is None:
        raise CheckFailed("part-lost", "What a part of this task made is not there any more.")
    return bytes(data)


def delete_outputs(c: Transaction, task_id: str) -> None:
    """Delete what the parts of a task made."""
    parts = select(task_parts.c.task_id).where(task_parts.c.part_of == task_id)
    c.execute(delete(part_outputs).where(part_outputs.c.task_id.in_(parts)))
