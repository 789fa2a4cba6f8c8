"""The counter's day: what is expected and came, and the stock that somebody counted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from maskres.db import desk as reads
from maskres.db import rounds
from maskres.rounds.roles import StaffRole
from maskres.usecases.pickup.stock import count_stock
from maskres.usecases.pickup.store_day import StoreDay, show_day
from maskres.web.access import staff
from maskres.web.counter.answers import LOOKS
from maskres.web.counter.desk_here import desk_here
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.pages import show

KINDS = ("delivered", "damaged", "left")
_DIGITS = 7


def add_day_routes(routes: Blueprint, door: Door) -> None:
    """Add the day's page and its form."""
    service = door.service

    def today(slug: str) -> date:
        with service.database.reading() as c:
            zone = rounds.find_round(c, slug).rules.zone
        return service.now().astimezone(ZoneInfo(zone)).date()

    def asked_day(slug: str) -> date:
        """Take the day of the address; a store looks at days that have come."""
        latest = today(slug)
        try:
            return min(date.fromisoformat(request.args.get("day", "")), latest)
        except ValueError:
            return latest

    def asked_round() -> tuple[str | None, list[str]]:
        with service.database.reading() as c:
            slugs = reads.list_collecting(c, desk_here().store)
        asked = request.args.get("round", slugs[-1] if slugs else None)
        if asked is not None and asked not in slugs:
            abort(404)
        return asked, slugs

    def page(form: Form, found: StoreDay, slugs: list[str], status: int = 200) -> Any:
        before = found.day - timedelta(days=1)
        after = found.day + timedelta(days=1) if found.day < today(found.round.slug) else None
        values = {"day": found, "rounds": slugs, "before": before, "after": after, "looks": LOOKS}
        return show("counter/day.html", status, form=form, noon=_noon(found), **values)

    @routes.route("/day", methods=["GET", "POST"])
    @staff(StaffRole.COUNTER, tills=True)
    def day() -> Any:
        slug, slugs = asked_round()
        desk = desk_here()
        if slug is None:
            return show("counter/no_day.html")
        found = show_day(service, slug, desk.store, asked_day(slug))
        if request.method == "GET":
            counted = {kind: str(found.counted[kind]) for kind in KINDS if kind in found.counted}
            return page(Form(counted), found, slugs)
        form = Form.sent()
        figures = _read_figures(form)
        if form.errors:
            return page(form, found, slugs, 422)
        for kind, quantity in figures.items():
            if quantity != found.counted.get(kind):
                count_stock(service, desk.actor, slug, found.day, kind, {desk.store: quantity})
        flash(gettext("The figures are kept."), "success")
        there: Response = redirect(url_for("counter.day", round=slug, day=found.day.isoformat()), 303)
        return there


def _read_figures(form: Form) -> dict[str, int]:
    """Read the figures that were filled in; an empty field changes nothing."""
    figures = {}
    for kind in KINDS:
        text = form[kind].strip()
        if text.isascii() and text.isdecimal() and len(text) <= _DIGITS:
            figures[kind] = int(text)
        elif text:
            form.errors[kind] = gettext("Please give a whole number of items, 0 or more.")
    if not figures and not form.errors:
        form.errors[KINDS[0]] = gettext("Please fill in at least one figure.")
    return figures


def _noon(found: StoreDay) -> datetime:
    """Give a moment in the middle of the day, by which its date is shown."""
    return datetime(
        found.day.year, found.day.month, found.day.day, 12, tzinfo=ZoneInfo(found.round.rules.zone)
    )
