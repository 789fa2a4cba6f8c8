"""The operator's first pages: all rounds, one round, tasks; and everything else of this door."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from maskres.db import rounds
from maskres.rounds.roles import StaffRole
from maskres.usecases.showing.overview import draw_overview, round_overview
from maskres.usecases.work import tasks
from maskres.usecases.work.health import read_health
from maskres.web.access import staff
from maskres.web.audit_log import add_log
from maskres.web.door import Door
from maskres.web.operator.acts import add_acts
from maskres.web.operator.afterwards import add_afterwards
from maskres.web.operator.bodies import let_bodies_grow
from maskres.web.operator.calls import add_calls
from maskres.web.operator.charts import add_charts
from maskres.web.operator.committing import add_committing
from maskres.web.operator.conflicts import add_conflicts
from maskres.web.operator.disputes import add_disputes
from maskres.web.operator.handed_in import add_handed_in
from maskres.web.operator.health import add_health
from maskres.web.operator.new_round import add_new_round
from maskres.web.operator.plan_files import add_plan_files
from maskres.web.operator.rules import add_rules
from maskres.web.operator.search import add_search
from maskres.web.operator.sources import add_sources
from maskres.web.operator.staff import add_staff
from maskres.web.operator.tills import add_tills
from maskres.web.operator.times import add_times
from maskres.web.pages import show_live
from maskres.web.rules_words import say_rules
from maskres.web.task_pages import show_task
from maskres.web.timeline import timeline

_TASKS_SHOWN = 10


def operator_routes(door: Door) -> Blueprint:
    """Make the routes of the operator."""
    routes = Blueprint("operator", __name__, url_prefix="/operator")
    let_bodies_grow(routes)
    _add_looks(routes, door)
    add_new_round(routes, door)
    add_rules(routes, door)
    add_acts(routes, door)
    add_handed_in(routes, door)
    add_committing(routes, door)
    add_sources(routes, door)
    add_disputes(routes, door)
    add_afterwards(routes, door)
    add_times(routes, door)
    add_charts(routes, door)
    add_tills(routes, door)
    add_staff(routes, door)
    add_plan_files(routes, door)
    add_search(routes, door)
    add_health(routes, door)
    add_log(routes, door, StaffRole.OPERATOR)
    add_conflicts(routes, door)
    add_calls(routes, door)
    return routes


def _add_looks(routes: Blueprint, door: Door) -> None:
    service = door.service

    @routes.get("/")
    @staff(StaffRole.OPERATOR)
    def home() -> Any:
        with service.database.reading() as c:
            listed = [(each, rounds.list_draws(c, each.id)) for each in reversed(rounds.list_rounds(c))]
        recent = tasks.list_tasks(service, limit=_TASKS_SHOWN)
        found = read_health(service)
        return show_live("operator/home.html", rounds=listed, tasks=recent, health=found, now=found.now)

    @routes.get("/rounds/<slug>")
    @staff(StaffRole.OPERATOR)
    def round(slug: str) -> Any:
        shown = round_overview(service, slug)
        now = service.now()
        lines = [(one, timeline(shown, one, now)) for one in reversed(shown.draws)]
        words = say_rules(shown.round.rules)
        recent = tasks.list_tasks(service, round_slug=slug, limit=_TASKS_SHOWN)
        return show_live("operator/round.html", shown=shown, draws=lines, rules=words, tasks=recent, now=now)

    @routes.get("/rounds/<slug>/draws/<int:number>")
    @staff(StaffRole.OPERATOR)
    def draw(slug: str, number: int) -> Any:
        shown, one = draw_overview(service, slug, number)
        steps = timeline(shown, one, service.now())
        return show_live("operator/draw.html", shown=shown, one=one, steps=steps, now=service.now())

    @routes.get("/tasks/<task_id>")
    @staff(StaffRole.OPERATOR)
    def task(task_id: str) -> Any:
        return show_task(door, "operator", task_id)
