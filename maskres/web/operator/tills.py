"""The devices at the counters: inviting them by a code that counts once, seeing them, and revoking them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.db import rounds
from maskres.errors import MaskresError
from maskres.formats.values import format_time, parse_time
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import RoundStatus
from maskres.usecases.accounts.enrolling import invite_till, list_devices, revoke_device
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.kept import Kept
from maskres.web.office_words import refuse
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account

#: The code of an invitation, for the page after the form: nobody is shown it later.
_KEPT = Kept("invitations", 2)


def add_tills(routes: Blueprint, door: Door) -> None:
    """Add the pages of the tills."""
    service = door.service

    def page(form: Form, status: int = 200) -> Any:
        with service.database.reading() as c:
            open_rounds = [each for each in rounds.list_rounds(c) if each.status is RoundStatus.OPEN]
            stores = {store.store: store for each in open_rounds for store in rounds.list_stores(c, each.id)}
        values = {"stores": list(stores.values()), "devices": list_devices(service), "now": service.now()}
        # Tells one showing of the form from another; a form that was refused keeps its own.
        made = form["made"] or service.random_bytes(8).hex()
        return show("operator/tills.html", status, form=form, made=made, **values)

    @routes.route("/tills", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def tills() -> Any:
        if request.method == "GET":
            return page(Form())
        form = Form.sent()
        name = form["name"].strip().lower()
        # Sent twice: the code made for this very form is shown again, and stays the one that counts.
        kept = _KEPT.get(name)
        if (
            kept is not None
            and form["made"]
            and (kept["made"], kept["store"]) == (form["made"], form["store"])
        ):
            return redirect(url_for("operator.till_invited", name=name), 303)
        try:
            made = invite_till(service, require_account().actor, name, form["store"])
        except MaskresError as error:
            refuse(form, error)
            return page(form, 422)
        expires_at = format_time(made.expires_at)
        values = {"code": made.code, "store": made.store, "expires_at": expires_at, "made": form["made"]}
        _KEPT.put(made.name, values)
        return redirect(url_for("operator.till_invited", name=made.name), 303)

    @routes.get("/tills/<name>/invitation")
    @staff(StaffRole.OPERATOR)
    def till_invited(name: str) -> Any:
        kept = _KEPT.get(name)
        if kept is None:
            flash(gettext("A code is shown once. If it was not used, invite the till again."))
            return redirect(url_for("operator.tills"), 303)
        address = f"{door.settings.public_url}{url_for('counter.enrol')}"
        expires_at = parse_time(kept["expires_at"], field="expires_at")
        values: dict[str, Any] = {
            "name": name,
            "address": address,
            "code": kept["code"],
            "store": kept["store"],
        }
        return show("operator/till_invited.html", expires_at=expires_at, **values)

    @routes.route("/tills/<name>/revoke", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def till_revoke(name: str) -> Any:
        device = next((each for each in list_devices(service) if each.name == name), None)
        if device is None:
            abort(404)
        if request.method == "GET":
            return show("operator/till_revoke.html", device=device)
        revoke_device(service, require_account().actor, name)
        flash(gettext("The till %(till)s is no longer in use.", till=name), "success")
        return redirect(url_for("operator.tills"), 303)
