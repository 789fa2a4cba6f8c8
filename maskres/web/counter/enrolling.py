"""Making this device a till: the operator's code is scanned or typed, once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from maskres.errors import MaskresError
from maskres.usecases.accounts.enrolling import enrol_device
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.pages import show
from maskres.web.staff.till_session import keep_till

#: Of one address. Codes have 55 bits and live for an hour.
GUESSES = "10 per minute; 60 per hour"


def add_enrolling(routes: Blueprint, door: Door) -> None:
    """Add the page at which a device is enrolled."""

    @routes.route("/enrol", methods=["GET", "POST"])
    @door.limits.closed.limit(GUESSES, methods=["POST"])
    @public
    def enrol() -> Any:
        if request.method == "GET":
            return show("counter/enrol.html", form=Form())
        form = Form.sent()
        try:
            made = enrol_device(door.service, form["code"])
        except MaskresError as error:
            form.refuse(error)
            return show("counter/enrol.html", 422, form=form)
        flash(gettext("This device is now the till %(till)s.", till=made.holder.name), "success")
        answer: Response = redirect(url_for("counter.home"), 303)
        keep_till(answer, made.secret)  # type: ignore[arg-type]
        return answer
