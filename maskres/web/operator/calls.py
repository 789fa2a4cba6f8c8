"""Whom to phone when a store has failed: names and phones are shown in this answer alone, and every one is logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, request
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.errors import MaskresError
from maskres.rounds.roles import StaffRole
from maskres.usecases.showing.overview import draw_overview
from maskres.usecases.telling.calls import Advice, Call, count_due, list_calls
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.words import say

ADVICE: Mapping[Advice, LazyString] = {
    Advice.WAIT: lazy_gettext("The store is not closed for this draw yet: no other may serve them."),
    Advice.ELSEWHERE: lazy_gettext("Any other store with stock to spare serves them, with card and code."),
    Advice.NEXT_BATCH: lazy_gettext("The next batch gives them another store and time."),
}


def add_calls(routes: Blueprint, door: Door) -> None:
    """Add the page of those to be phoned."""

    @routes.route("/rounds/<slug>/draws/<int:number>/calls", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_calls(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        store = request.form.get("store", "")
        listed: list[Call] | None = None
        if request.method == "POST":
            try:
                listed = list_calls(door.service, require_account().actor, slug, number, store)
            except MaskresError as error:
                flash(
                    say(error) if error.code != "store-open" else gettext("Nobody is due there now."), "note"
                )
        due = count_due(door.service, slug, number)
        values: dict[str, Any] = {"due": due, "store": store, "listed": listed, "advice": ADVICE}
        return show("operator/calls.html", shown=shown, one=one, **values)
