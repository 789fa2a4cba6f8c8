"""Looking a registration up by its number, and by nothing else: no name, no document, no phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.db import rounds
from maskres.errors import MaskresError
from maskres.rounds.roles import StaffRole
from maskres.usecases.showing.searching import Found, search_number
from maskres.usecases.showing.standing_values import Where
from maskres.web.access import staff
from maskres.web.act_names import ACTS
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import refuse
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account

LOOKS = "60 per minute; 600 per hour"
STANDINGS: Mapping[Where, LazyString] = {
    Where.REGISTERED: lazy_gettext("registered"),
    Where.CHANGED: lazy_gettext("registered, and changed since"),
    Where.WITHDRAWN: lazy_gettext("withdrawn"),
    Where.AWAITING: lazy_gettext("waiting for the verdict"),
    Where.NOT_ELIGIBLE: lazy_gettext("left out"),
    Where.IN_POOL: lazy_gettext("in the pool"),
    Where.WAITING: lazy_gettext("on the waiting list"),
    Where.LEFT: lazy_gettext("left the waiting list"),
    Where.NOT_DRAWN: lazy_gettext("waited until the list ended"),
    Where.WON: lazy_gettext("won; places not published yet"),
    Where.UNPLACED: lazy_gettext("won, without a place yet"),
    Where.PLACED: lazy_gettext("won, to be collected"),
    Where.COLLECTED: lazy_gettext("handed out"),
    Where.FORFEITED: lazy_gettext("missed"),
    Where.CANCELLED: lazy_gettext("given back"),
    Where.DISPLACED: lazy_gettext("store closed, to be placed anew"),
    Where.LAPSED: lazy_gettext("lapsed without a place"),
    Where.DISQUALIFIED: lazy_gettext("disqualified"),
    Where.VOID: lazy_gettext("the draw was given up"),
}


def add_search(routes: Blueprint, door: Door) -> None:
    """Add the page to the operator's routes."""
    service = door.service

    @routes.route("/search", methods=["GET", "POST"])
    @door.limits.open.limit(LOOKS, methods=["POST"])
    @staff(StaffRole.OPERATOR)
    def search() -> Any:
        with service.database.reading() as c:
            slugs = [each.slug for each in reversed(rounds.list_rounds(c))]
        form = Form.sent() if request.method == "POST" else Form({"round": slugs[0] if slugs else ""})
        # Shown in the answer itself: the number stands in no address, and every showing is logged.
        found = look(form) if request.method == "POST" else None
        status = 422 if form.errors else 200
        values = {"slugs": slugs, "found": found, "acts": ACTS, "standings": STANDINGS}
        return show("operator/search.html", status, form=form, **values)

    def look(form: Form) -> Found | None:
        if not form["number"].strip():
            form.errors["number"] = gettext("Please give the registration number.")
            return None
        try:
            return search_number(service, require_account().actor, form["round"], form["number"])
        except MaskresError as error:
            if error.code == "unknown-number":
                form.errors["number"] = gettext(
                    "There is no such number in this round. Please check each symbol, and the round."
                )
            refuse(form, error, number="number", round="round", unknown_number="number")
            return None
