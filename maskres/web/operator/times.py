"""The operator's page of when people may register for a draw."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.db import rounds
from maskres.errors import MaskresError
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.rounds.times import Registering, RegistrationTimes
from maskres.usecases.rounds.registration_times import set_registration_times
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import refuse
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.typed import read_time


def add_times(routes: Blueprint, door: Door) -> None:
    """Add the page to the operator's routes."""
    service = door.service

    @routes.route("/rounds/<slug>/draws/<int:number>/times", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def draw_times(slug: str, number: int) -> Any:
        with service.database.reading() as c:
            round_ = rounds.find_round(c, slug)
            is_draft = round_.status is RoundStatus.DRAFT and number == 1
            of = round_ if is_draft else rounds.find_draw(c, round_, number)
        is_due = of.status in (RoundStatus.DRAFT, DrawStatus.OPEN)
        is_to_open = is_draft or of.times.state_at(service.now()) is Registering.ANNOUNCED
        form = Form.sent() if request.method == "POST" else _form(of.times, round_.rules.zone)
        if request.method == "POST" and is_due:
            times = read_times(form, round_.rules.zone, None if is_to_open else of.times)
            if times is not None and announce(round_, number, times, form):
                return redirect(url_for("operator.round", slug=slug), 303)
        status = 422 if form.errors else 200 if request.method == "GET" else 409
        values = {"round": round_, "number": number, "is_due": is_due, "may_open_later": is_to_open}
        return show("operator/times.html", status, form=form, **values)

    def announce(round_: rounds.Round, number: int, times: RegistrationTimes, form: Form) -> bool:
        try:
            set_registration_times(service, require_account().actor, round_.slug, number, times)
        except MaskresError as error:
            refuse(form, error, draw_closed="closes_at", registration_begun="closes_at")
            return False
        flash(gettext("The times of registration are announced."), "success")
        return True


def read_times(form: Form, zone: str, present: RegistrationTimes | None = None) -> RegistrationTimes | None:
    """Read the times of registration from a form; None where it now says what is wrong.

    Args:
        form: with "opens_at", which may be empty, and "closes_at".
        zone: of the round.
        present: what is announced, where its opening stands.
    """
    if present is not None:
        opens_at = present.opens_at
    else:
        opens_at = read_time(form, "opens_at", zone) if form["opens_at"].strip() else None
    closes_at = read_time(form, "closes_at", zone)
    return None if form.errors else RegistrationTimes(opens_at, closes_at)


def _form(times: RegistrationTimes, zone: str) -> Form:
    return Form({"opens_at": _typed(times.opens_at, zone), "closes_at": _typed(times.closes_at, zone)})


def _typed(at: datetime | None, zone: str) -> str:
    return "" if at is None else at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
