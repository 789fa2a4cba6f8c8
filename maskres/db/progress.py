"""How far a task is, written while its step runs.

On PostgreSQL that is a short transaction beside the step's own. SQLite has one writer at a time, and the step is it:
there the figures go into a small file beside the database, which is nobody's truth and is gone with the task.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from maskres.db import parts, tasks
from maskres.db.engine import Database, Transaction
from maskres.db.tasks import Task, TaskStatus


def note(
    database: Database, task_id: str, lease: str, stage: str, rows_done: int, rows_total: int | None
) -> None:
    """Note how far a task is."""
    if database.is_sqlite:
        path = _path(database, task_id)
        path.parent.mkdir(exist_ok=True)
        staged = path.with_suffix(f".{lease}")
        staged.write_text(json.dumps([stage, rows_done, rows_total]))
        staged.replace(path)
        return
    values = {"stage": stage, "rows_done": rows_done, "rows_total": rows_total}
    database.write(lambda c: tasks.write_leased(c, task_id, lease, values))


def add_to(database: Database, task: Task) -> Task:
    """Give a running task with the figures noted last."""
    if task.status is not TaskStatus.RUNNING or not database.is_sqlite:
        return task
    try:
        stage, rows_done, rows_total = json.loads(_path(database, task.id).read_text())
    except (OSError, ValueError):
        return task
    return replace(task, stage=stage, rows_done=rows_done, rows_total=rows_total)


def add_parts(c: Transaction, task: Task) -> Task:
    """Give a task whose parts are being done with their figures summed up; running once one of them was begun."""
    if not task.parts_left or task.stage is None:
        return task
    found = parts.sum_progress(c, task.id, task.stage)
    status = TaskStatus.RUNNING if found.has_begun else task.status
    return replace(task, status=status, rows_done=found.rows_done, rows_total=found.rows_total)


def forget(database: Database, task_id: str) -> None:
    """Remove the figures of a task that has ended."""
    if database.is_sqlite:
        _path(database, task_id).unlink(missing_ok=True)


def _path(database: Database, task_id: str) -> Path:
    file = Path(database.url.removeprefix("sqlite:///"))
    return file.with_name(f"{file.name}-progress") / f"{task_id}.json"
