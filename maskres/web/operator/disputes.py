"""Disputes, late claims, and asking for a disqualification. Numbers are typed or sent in forms, never in addresses."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.db import disputes as rows
from maskres.db import rounds
from maskres.errors import MaskresError
from maskres.formats.symbols import read_typed
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.eligibility.disputes import (
    grant_late_claim,
    read_dispute,
    resolve_dispute,
    uphold_after_commitment,
)
from maskres.usecases.pickup.disqualifying import ask_to_disqualify, list_requests
from maskres.usecases.reasons import read_reason
from maskres.usecases.showing.overview import DrawOverview, RoundOverview, draw_overview, round_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.names import REGISTERS, name_of
from maskres.web.office_words import refuse, say_to_staff
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account


def add_disputes(routes: Blueprint, door: Door) -> None:
    """Add the pages on which single numbers are dealt with."""
    _add_list(routes, door)
    _add_answer(routes, door)
    _add_late_claim(routes, door)
    _add_disqualify(routes, door)


def _add_list(routes: Blueprint, door: Door) -> None:
    @routes.get("/rounds/<slug>/draws/<int:number>/disputes")
    @staff(StaffRole.OPERATOR)
    def draw_disputes(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        with door.service.database.reading() as c:
            draw = rounds.find_draw(c, rounds.find_round(c, slug), number)
            open_ones = rows.list_open(c, draw.id)
        return show("operator/disputes.html", shown=shown, one=one, open_ones=open_ones)


def _add_answer(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/disputes/answer", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def draw_dispute(slug: str, number: int) -> Any:
        listed = redirect(url_for("operator.draw_disputes", slug=slug, number=number), 303)
        if request.method == "GET":
            return listed
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent()
        if has_reached(one.draw.status, DrawStatus.COMMITTED):
            return listed if _uphold(door, form, slug, number) else _show_kept(door, form, shown, one)
        words = None
        if form["act"] == "read":
            words = read_dispute(door.service, require_account().actor, slug, number, form["dispute"])
        elif form["act"] == "answer" and _answer(door, form, slug, number):
            flash(gettext("The dispute is answered. Decide again, so that it counts."), "success")
            return listed
        kinds = [(basis.register, name_of(REGISTERS, basis.register)) for basis in shown.round.rules.bases]
        status = 422 if form.errors else 200
        return show(
            "operator/dispute.html", status, form=form, shown=shown, one=one, words=words, kinds=kinds
        )


def _show_kept(door: Door, form: Form, shown: RoundOverview, one: DrawOverview) -> Any:
    """Show a dispute that was open at the commitment: read, answered with a reason, confirmed."""
    words = None
    if form["act"] == "read":
        actor = require_account().actor
        words = read_dispute(door.service, actor, shown.round.slug, one.draw.draw, form["dispute"])
    is_asked = form["act"] == "answer" and not form.errors
    is_over = one.draw.status in (DrawStatus.FINISHED, DrawStatus.VOID)
    values = {"shown": shown, "one": one, "words": words, "is_asked": is_asked, "is_over": is_over}
    return show("operator/dispute_kept.html", 422 if form.errors else 200, form=form, **values)


def _uphold(door: Door, form: Form, slug: str, number: int) -> bool:
    """Take a step of upholding after the commitment: the reason, then the confirmation; tells when it is done."""
    try:
        if form["act"] == "answer":
            read_reason(form["reason"])
        elif form["act"] == "confirm":
            uphold_after_commitment(
                door.service, require_account().actor, slug, number, form["dispute"], form["reason"]
            )
            flash(gettext("The dispute is upheld; the number stays in the pool."), "success")
            return True
    except MaskresError as error:
        refuse(form, error, reason="reason", no_open_dispute="reason", step_out_of_order="reason")
    return False


def _answer(door: Door, form: Form, slug: str, number: int) -> bool:
    proved = tuple(kind for kind in form["proved"].split("|") if kind)
    if form["verdict"] not in ("upheld", "rejected"):
        form.errors["verdict"] = gettext("Please choose.")
    elif form["verdict"] == "upheld" and not proved:
        form.errors["proved"] = gettext("Please say which register the proof is about.")
    if form.errors:
        return False
    try:
        resolve_dispute(
            door.service,
            require_account().actor,
            slug,
            number,
            form["dispute"],
            proved=proved if form["verdict"] == "upheld" else (),
            reason=form["reason"],
        )
    except MaskresError as error:
        refuse(form, error, register="proved", reason="reason")
        return False
    return True


def _has_number_and_reason(form: Form) -> bool:
    """Tell whether both fields can be read; else the form says of each what is wrong."""
    for name, read in (("number", read_typed), ("reason", read_reason)):
        try:
            read(form[name])
        except MaskresError as error:
            form.errors[name] = say_to_staff(error)
    return not form.errors


def _add_late_claim(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/late-claim", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def late_claim(slug: str) -> Any:
        shown = round_overview(door.service, slug)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and _has_number_and_reason(form):
            try:
                whom = read_typed(form["number"])
                grant_late_claim(door.service, require_account().actor, slug, whom, form["reason"])
            except MaskresError as error:
                refuse(form, error, number="number", reason="reason", unknown_number="number")
            else:
                flash(gettext("One more ticket in the next round is granted."), "success")
                return redirect(url_for("operator.round", slug=slug), 303)
        return show("operator/late_claim.html", 422 if form.errors else 200, form=form, shown=shown)


def _add_disqualify(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/disqualify", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_disqualify(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent() if request.method == "POST" else Form()
        is_due = one.draw.status in (DrawStatus.PUBLISHED, DrawStatus.COLLECTING)
        if request.method == "POST" and is_due and _has_number_and_reason(form):
            try:
                ask_to_disqualify(
                    door.service, require_account().actor, slug, number, form["number"], form["reason"]
                )
            except MaskresError as error:
                refuse(form, error, number="number", reason="reason", unknown_number="number")
            else:
                flash(gettext("The notary is asked to confirm. Nothing has changed yet."), "success")
                return redirect(url_for("operator.draw_disqualify", slug=slug, number=number), 303)
        status = 422 if form.errors else 200 if is_due or request.method == "GET" else 409
        requests = list_requests(door.service, slug, number)
        return show(
            "operator/disqualify.html",
            status,
            form=form,
            shown=shown,
            one=one,
            is_due=is_due,
            requests=requests,
        )
