"""How the queue and the outbox do: what waits, what failed, since when, how often it was tried again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask_babel import gettext

from maskres.rounds.roles import StaffRole
from maskres.usecases.work import tasks
from maskres.usecases.work.health import read_health
from maskres.web.access import staff
from maskres.web.charts import in_steps
from maskres.web.door import Door
from maskres.web.operator.charts import over_time
from maskres.web.pages import show_live

_ZONE = "Asia/Shanghai"
_TASKS_SHOWN = 20


def add_health(routes: Blueprint, door: Door) -> None:
    """Add the page to the operator's routes."""
    service = door.service

    @routes.get("/health")
    @staff(StaffRole.OPERATOR)
    def health() -> Any:
        found = read_health(service)
        title = gettext("Messages sent, by hour")
        figure = over_time("sent", title, in_steps(found.sent, _ZONE), _ZONE, gettext("Of the last day."))
        open_ones = tasks.list_tasks(service, is_open=True, limit=_TASKS_SHOWN)
        return show_live(
            "operator/health.html",
            now=found.now,
            health=found,
            figure=figure if found.sent else None,
            tasks=open_ones,
        )
