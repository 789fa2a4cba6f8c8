"""Files that an operator hands in: registers, registrations."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext

from maskres.eligibility.registers import COLUMNS
from maskres.errors import MaskresError
from maskres.rounds.roles import StaffRole
from maskres.rounds.rules import REGISTER_KINDS
from maskres.rounds.status import RoundStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.eligibility.registers import list_registers
from maskres.usecases.showing.overview import round_overview
from maskres.usecases.work.uploads import keep_upload
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.languages import MARKS, language
from maskres.web.names import REGISTERS
from maskres.web.office_words import refuse
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.task_pages import ask_task
from maskres.web.typed import sent_file, stream_of


def add_handed_in(routes: Blueprint, door: Door) -> None:
    """Add the pages on which files are handed in."""
    _add_registers(routes, door)
    _add_registrations(routes, door)


def _keep(door: Door, form: Form) -> str | None:
    """Keep the sent file for a task and give the upload's id; None where the form says what is wrong."""
    file = sent_file(form, "file")
    if file is None or form.errors:
        return None
    try:
        return keep_upload(door.service, require_account().actor, file.filename or "", stream_of(file)).id
    except MaskresError as error:
        refuse(form, error, file="file")
        return None


def _add_registers(routes: Blueprint, door: Door) -> None:
    kinds = [(kind, REGISTERS[kind]) for kind in REGISTER_KINDS]

    @routes.route("/registers", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def registers() -> Any:
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            as_of = _day(form, "as_of")
            if form["kind"] not in REGISTER_KINDS:
                form.errors["kind"] = gettext("Please choose the register.")
            upload = _keep(door, form)
            if upload is not None and as_of is not None:
                payload = {"register": form["kind"], "as_of": as_of.isoformat(), "upload": upload}
                return ask_task(door, "operator", TaskKind.IMPORT_REGISTER, payload=payload)
        versions = list_registers(door.service)
        return show(
            "operator/registers.html",
            422 if form.errors else 200,
            form=form,
            versions=versions,
            kinds=kinds,
            columns={kind: _say_columns(kind) for kind in REGISTER_KINDS},
        )


def _say_columns(kind: str) -> str:
    """Name the columns that a register's file has, and those that it may have."""
    is_chinese, between = language() == "zh", MARKS[language()]["in_list"]
    needed, others = (
        between.join(
            each.chinese if is_chinese else each.name
            for each in COLUMNS[kind]
            if each.is_required == is_required
        )
        for is_required in (True, False)
    )
    return str(gettext("Columns: %(needed)s; also %(others)s.", needed=needed, others=others))


def _day(form: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(form[name].strip())
    except ValueError:
        form.errors[name] = gettext("Please give the date like 2020-02-06.")
        return None


def _add_registrations(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/registrations", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def registrations(slug: str) -> Any:
        shown = round_overview(door.service, slug)
        form = Form.sent() if request.method == "POST" else Form()
        is_due = shown.round.status is RoundStatus.OPEN
        if request.method == "POST" and is_due:
            upload = _keep(door, form)
            if upload is not None:
                payload = {"upload": upload}
                return ask_task(
                    door, "operator", TaskKind.IMPORT_REGISTRATIONS, round_slug=slug, payload=payload
                )
        status = 422 if form.errors else 200 if is_due or request.method == "GET" else 409
        return show("operator/registrations.html", status, form=form, shown=shown, is_due=is_due)
