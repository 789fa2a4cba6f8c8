"""What an operator does once places are published: batches with new stock, closed stores."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.db import rounds
from maskres.errors import MaskresError
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.draw.plan_files import keep_slots
from maskres.usecases.pickup.afterwards import close_store
from maskres.usecases.showing.overview import draw_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import refuse
from maskres.web.operator.approving import is_approved, state_digest
from maskres.web.operator.plan_files import keep_sent
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.task_pages import ask_task
from maskres.web.timeline import uncosigned
from maskres.web.typed import has_file, read_time, read_whole

_AFTERWARDS = (DrawStatus.PUBLISHED, DrawStatus.COLLECTING)


def add_afterwards(routes: Blueprint, door: Door) -> None:
    """Add the pages of batches and of stores that close."""
    _add_batch(routes, door)
    _add_close_store(routes, door)


def _add_batch(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/batch", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_batch(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent() if request.method == "POST" else Form()
        hindrance = uncosigned(one)
        is_due = one.draw.status in _AFTERWARDS and hindrance is None
        digest = state_digest(one)
        bad: list[Any] = []
        if request.method == "POST" and is_due and is_approved(form, digest):
            released = read_whole(form, "released", is_needed=False) or 0
            if not form.errors and not has_file("room"):
                payload = {"released": released} if released else {}
                return ask_task(
                    door,
                    "operator",
                    TaskKind.PUBLISH_BATCH,
                    round_slug=slug,
                    draw=number,
                    payload=payload,
                    approved=digest,
                )
            if not form.errors:
                upload, bad = keep_sent(door, form, "room", slug, keep_slots)
                if upload is not None:
                    where = url_for(
                        "operator.draw_batch_preview",
                        slug=slug,
                        number=number,
                        upload=upload,
                        released=released,
                    )
                    return redirect(where, 303)
        status = 422 if form.errors else 200 if is_due or request.method == "GET" else 409
        values = {
            "shown": shown,
            "one": one,
            "is_due": is_due,
            "digest": digest,
            "bad": bad,
            "hindrance": hindrance,
        }
        return show("operator/batch.html", status, form=form, **values)


def _add_close_store(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/close-store", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_close_store(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent() if request.method == "POST" else Form()
        is_due = one.draw.status in _AFTERWARDS
        if request.method == "POST" and is_due:
            moved = _close(door, form, slug, number, shown.round.rules.zone)
            if moved is not None:
                words = gettext(
                    "The store is closed. %(count)s winners are placed anew in the next batch.", count=moved
                )
                if not moved:  # also where the button was pressed twice
                    words = gettext(
                        "The store is closed. Nobody still has a slot to come there: whoever had one waits for the "
                        "next batch already."
                    )
                flash(words, "success")
                return redirect(url_for("operator.draw", slug=slug, number=number), 303)
        with door.service.database.reading() as c:
            stores = rounds.list_stores(c, shown.round.id)
        status = 422 if form.errors else 200 if is_due or request.method == "GET" else 409
        return show(
            "operator/close_store.html",
            status,
            form=form,
            shown=shown,
            one=one,
            is_due=is_due,
            stores=stores,
        )


def _close(door: Door, form: Form, slug: str, number: int, zone: str) -> int | None:
    since = read_time(form, "since", zone)
    if since is None:
        return None
    try:
        return close_store(door.service, require_account().actor, slug, number, form["store"], since)
    except MaskresError as error:
        refuse(form, error, store="store")
        return None
