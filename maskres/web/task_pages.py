"""A task as a page: where it stands, how far it is, what it gave or what went wrong. Safe to close and come back to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, url_for
from flask_babel import format_decimal, gettext
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response

from maskres.db import tasks as task_rows
from maskres.db.tasks import Task, TaskStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.work import tasks
from maskres.web.door import Door
from maskres.web.names import REASONS, REGISTERS, RESULTS, TASKS, name_of, stratum_name
from maskres.web.office_words import say_of
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account

_BAD_ROWS_SHOWN = 50
#: What a task has still to do once what it is about has been done: step → the steps behind it.
_BEHIND: Mapping[str, tuple[str, ...]] = {
    "commit": ("export",),
    "publish": ("export", "tell"),
    "batch": ("export", "tell"),
    "finish-draw": ("finish-round",),
}
#: How such a step is asked for alone: its kind of task, and the end of its page's endpoint.
_ALONE: Mapping[str, tuple[TaskKind, str]] = {
    "export": (TaskKind.EXPORT_BUNDLE, "draw_bundle"),
    "tell": (TaskKind.TELL_WINNERS, "draw_tell"),
    "finish-round": (TaskKind.FINISH_ROUND, "round_finish"),
}


def ask_task(
    door: Door,
    desk: str,
    kind: TaskKind,
    *,
    round_slug: str | None = None,
    draw: int | None = None,
    payload: Mapping[str, Any] | None = None,
    approved: str | None = None,
) -> Response:
    """Ask for a long step in the name of who is logged in, and lead them to its page.

    Asked for again before it has ended, it is the same task; a file that was handed in makes a wish of its own.
    What was approved stands in the audit log by its digest.
    """
    upload = (payload or {}).get("upload")
    once = _once(kind, round_slug, draw, upload)
    actor = require_account().actor
    where: dict[str, Any] = {"round_slug": round_slug, "draw": draw, "approved": approved}
    task = tasks.ask(door.service, actor, kind, payload, once=once, **where)
    return redirect(url_for(f"{desk}.task", task_id=task.id), 303)


def find_asked(door: Door, desk: str, kind: TaskKind, round_slug: str, draw: int) -> Response | None:
    """Lead to the page of a step that was asked for and has not ended; None where there is none."""
    with door.service.database.reading() as c:
        task = task_rows.find_open(c, _once(kind, round_slug, draw))
    return None if task is None else redirect(url_for(f"{desk}.task", task_id=task.id), 303)


def _once(kind: TaskKind, round_slug: str | None, draw: int | None, upload: Any = None) -> str:
    return "/".join(str(part) for part in (kind, round_slug, draw, upload) if part is not None)


def show_task(door: Door, desk: str, task_id: str) -> Any:
    """Show a task's page to a desk."""
    task = tasks.find_task(door.service, task_id)
    error = None if task.error is None else say_of(task.error)
    bad = [(row["line"], say_of(row | {"line": None})) for row in (task.error or {}).get("bad_rows", [])]
    return show(
        "task.html",
        task=task,
        desk=desk,
        percent=_percent(task),
        results=result_lines(task.result or {}),
        error=error,
        left_over=_left_over(task) if desk == "operator" else [],
        bad_rows=bad[:_BAD_ROWS_SHOWN],
        bad_count=(task.error or {}).get("bad_count", 0),
    )


def _left_over(task: Task) -> list[tuple[LazyString, str]]:
    """Give what a task that failed leaves to be asked for alone, for what it is about stands: names and pages."""
    if task.status is not TaskStatus.FAILED:
        return []
    behind = next((steps for step, steps in _BEHIND.items() if step in task.steps), ())
    # The last one failed even where it is noted: as one that was cut into parts.
    left = [step for step in behind if step not in task.steps or step == behind[-1]]
    return [(TASKS[kind], _page(task, end)) for kind, end in map(_ALONE.__getitem__, left)]


def _page(task: Task, end: str) -> str:
    of_draw: dict[str, Any] = {"number": task.draw} if end.startswith("draw") else {}
    return url_for(f"operator.{end}", slug=task.round, **of_draw)


def result_lines(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what a task gave, a line a figure."""
    lines = []
    for name, value in result.items():
        match name, value:
            case "is_new", _:
                if not value:
                    lines.append((gettext("Please note"), gettext("This very file stood already.")))
            case "strata", dict():
                lines += [
                    (gettext("In the pool: %(group)s", group=stratum_name(key)), _figure(n))
                    for key, n in value.items()
                ]
            case "excluded", dict():
                lines += [
                    (gettext("Left out: %(reason)s", reason=name_of(REASONS, key)), _figure(n))
                    for key, n in value.items()
                ]
            case "won", dict():
                lines += [
                    (gettext("Winners: %(group)s", group=stratum_name(key)), _figure(n))
                    for key, n in value.items()
                ]
            case "register", str():
                lines.append((name_of(RESULTS, name), name_of(REGISTERS, value)))
            case _:
                lines.append((name_of(RESULTS, name), _figure(value)))
    return lines


def _figure(value: object) -> str:
    return format_decimal(value) if isinstance(value, int) else str(value)


def _percent(task: Task) -> int | None:
    if not task.rows_total:
        return None
    return min(100, 100 * task.rows_done // task.rows_total)
