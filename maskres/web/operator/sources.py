"""What an operator enters after the commitment: the beacon, its successor, or that the draw is given up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.errors import MaskresError
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.committing import void_draw
from maskres.usecases.draw.seeding import enter_beacon, name_successor
from maskres.usecases.showing.overview import draw_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import refuse, say_to_staff
from maskres.web.operator.approving import is_approved, state_digest
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.typed import sent_file, stream_of

_MAY_BE_VOIDED = frozenset({DrawStatus.OPEN, DrawStatus.CLOSED, DrawStatus.DECIDED, DrawStatus.COMMITTED})
_WAITS_FOR_SOURCE = (DrawStatus.COMMITTED, DrawStatus.DICED)
#: What a network answers has some hundred bytes.
_BEACON_BYTES = 1 << 16


def add_sources(routes: Blueprint, door: Door) -> None:
    """Add the pages of the beacon, its successor, and voiding."""
    _add_beacon(routes, door)
    _add_successor(routes, door)
    _add_void(routes, door)


def _add_beacon(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/beacon", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_beacon(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent() if request.method == "POST" else Form()
        digest = state_digest(one)
        if request.method == "POST" and is_approved(form, digest):
            try:
                enter_beacon(door.service, require_account().actor, slug, number, _handed_in(form), digest)
            except MaskresError as error:
                form.errors["beacon"] = say_to_staff(error)
            else:
                flash(
                    gettext("The beacon's signature holds. It is entered and the seed is public."), "success"
                )
                return redirect(url_for("operator.draw", slug=slug, number=number), 303)
        status = 422 if form.errors else 200
        return show("operator/beacon.html", status, form=form, shown=shown, one=one, digest=digest)


def _handed_in(form: Form) -> bytes:
    """Give the beacon's answer: a file if one was sent, or else what was typed."""
    file = sent_file(form, "file", is_needed=False)
    return form["beacon"].strip().encode() if file is None else stream_of(file).read(_BEACON_BYTES)


def _add_successor(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/successor", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_successor(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        successor = one.drand.successor if one.drand else None
        is_due = successor is not None and one.draw.status in _WAITS_FOR_SOURCE and not one.draw.beacon
        form = Form.sent() if request.method == "POST" else Form()
        digest = state_digest(one)
        if request.method == "POST" and is_due and is_approved(form, digest):
            try:
                name_successor(door.service, require_account().actor, slug, number, digest)
            except MaskresError as error:
                form.errors[""] = say_to_staff(error)
            else:
                flash(
                    gettext(
                        "It is in the ledger. It counts once notary and witness have cosigned it in time."
                    )
                )
                return redirect(url_for("operator.draw", slug=slug, number=number), 303)
        status = 422 if form.errors else 200 if is_due or request.method == "GET" else 409
        values = {"shown": shown, "one": one, "is_due": is_due, "successor": successor, "digest": digest}
        return show("operator/successor.html", status, form=form, **values)


def _add_void(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/void", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_void(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent() if request.method == "POST" else Form()
        is_due = one.draw.status in _MAY_BE_VOIDED
        digest = state_digest(one)
        if request.method == "POST" and is_due and is_approved(form, digest):
            try:
                void_draw(door.service, require_account().actor, slug, number, form["reason"], digest)
            except MaskresError as error:
                refuse(form, error, bad_member="reason")
            else:
                flash(gettext("The draw is void."), "success")
                return redirect(url_for("operator.draw", slug=slug, number=number), 303)
        status = 422 if form.errors else 200 if is_due or request.method == "GET" else 409
        values = {"shown": shown, "one": one, "is_due": is_due, "digest": digest}
        return show("operator/void.html", status, form=form, **values)
