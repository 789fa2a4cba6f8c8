"""The audit's sample, and confirming that somebody is disqualified."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.errors import MaskresError
from maskres.formats.symbols import grouped
from maskres.ledger.body_shapes import Kind
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus, has_reached
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.draw.auditing import open_audit
from maskres.usecases.pickup.disqualifying import confirm_disqualifying, decline_disqualifying, list_requests
from maskres.usecases.showing.overview import draw_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import say_to_staff
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.task_pages import ask_task

_FOUND = "found-"


def add_notary_acts(routes: Blueprint, door: Door) -> None:
    """Add the pages of the audit and of disqualifying."""
    _add_audit(routes, door)
    _add_findings(routes, door)
    _add_disqualify(routes, door)


def _add_audit(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/audit", methods=["GET", "POST"])
    @staff(StaffRole.NOTARY, fresh=True)
    def audit(slug: str, number: int) -> Any:
        form = Form.sent() if request.method == "POST" else Form()
        return _show_audit(door, form, slug, number)


def _show_audit(door: Door, form: Form, slug: str, number: int) -> Any:
    """Show the sample, in the answer to a POST alone, for every showing is logged; and the findings so far."""
    shown, one = draw_overview(door.service, slug, number)
    has_winners = has_reached(one.draw.status, DrawStatus.DRAWN)
    is_audited = Kind.AUDITED in one.reached
    sample = None
    if request.method == "POST" and has_winners and not is_audited:
        sample = open_audit(door.service, require_account().actor, slug, number)
    status = 409 if request.method == "POST" and not has_winners else 422 if form.errors else 200
    return show(
        "notary/audit.html",
        status,
        form=form,
        shown=shown,
        one=one,
        has_winners=has_winners,
        is_audited=is_audited,
        sample=sample,
    )


def _add_findings(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/audit/findings", methods=["GET", "POST"])
    @staff(StaffRole.NOTARY, fresh=True)
    def findings(slug: str, number: int) -> Any:
        if request.method == "GET":
            # Looking winners up takes longer than a proof of who one is holds: what was found is here on the way back.
            return _show_audit(door, Form(), slug, number)
        draw_overview(door.service, slug, number)
        form = Form.sent()
        if _lacks_findings(form):
            return _show_audit(door, form, slug, number)
        found = {
            name.removeprefix(_FOUND): value == "sound"
            for name, value in form.values.items()
            if name.startswith(_FOUND) and value in ("sound", "unsound")
        }
        return ask_task(
            door,
            "notary",
            TaskKind.RECORD_AUDIT,
            round_slug=slug,
            draw=number,
            payload={"findings": found},
        )


def _lacks_findings(form: Form) -> bool:
    """Tell whether a winner of the sample has no finding; the form then says so at each, and once in its summary."""
    sample = [number for number in form["shown"].split("|") if number]
    lacking = [each for each in sample if form[f"{_FOUND}{each}"] not in ("sound", "unsound")]
    if not lacking:
        return False
    form.errors |= {f"{_FOUND}{each}": gettext("Please say whether it is sound.") for each in lacking}
    form.gathered = gettext(
        "Not said yet whether they are sound: %(count)s of %(all)s winners. The first is %(number)s.",
        count=len(lacking),
        all=len(sample),
        number=grouped(lacking[0]),
    )
    return True


def _add_disqualify(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/disqualify", methods=["GET", "POST"])
    @staff(StaffRole.NOTARY, fresh=True)
    def disqualify(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and _answer(door, form, slug, number):
            return redirect(url_for("notary.disqualify", slug=slug, number=number), 303)
        requests = list_requests(door.service, slug, number)
        status = 422 if form.errors else 200
        return show("notary/disqualify.html", status, form=form, shown=shown, one=one, requests=requests)

    @routes.get("/rounds/<slug>/draws/<int:number>/disqualify/<int:asked>")
    @staff(StaffRole.NOTARY, fresh=True)
    def disqualify_last(slug: str, number: int, asked: int) -> Any:
        """Say once more whom it meets and what becomes of them, before it is done for good."""
        shown, one = draw_overview(door.service, slug, number)
        found = next((each for each in list_requests(door.service, slug, number) if each.id == asked), None)
        if found is None:
            flash(gettext("This request is not open any more."))
            return redirect(url_for("notary.disqualify", slug=slug, number=number), 303)
        return show("notary/disqualify_last.html", shown=shown, one=one, asked=found)


def _answer(door: Door, form: Form, slug: str, number: int) -> bool:
    actor, wanted = require_account().actor, form["request"]
    asked = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 16 else 0
    try:
        if form["answer"] == "confirm":
            confirm_disqualifying(door.service, actor, slug, number, asked)
            flash(gettext("The number is disqualified."), "success")
        elif form["answer"] == "decline":
            decline_disqualifying(door.service, actor, slug, number, asked)
            flash(gettext("The request is declined. Nothing has changed."), "success")
        else:
            form.errors[""] = gettext("Please choose.")
            return False
    except MaskresError as error:
        form.errors[""] = say_to_staff(error)
        return False
    return True
