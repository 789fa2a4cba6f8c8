"""The helper's pages: one form with everything on it, for practised hands, and a printed slip of each entry."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from maskres.errors import MaskresError
from maskres.registration.applications import ForWhom
from maskres.rounds.roles import StaffRole
from maskres.usecases.registration.quick_entry import Entered, OpenRound, enter, list_open_rounds, make_slip
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.errors import status_of
from maskres.web.forms import Form
from maskres.web.kept import Kept
from maskres.web.limits import remote_address
from maskres.web.pages import show
from maskres.web.staff.login_session import current_account, require_account

#: Of one account: nobody types faster, and a stolen account fills no round.
ENTRIES = "20 per minute; 400 per hour"
CHOICES = ("choice_1", "choice_2", "choice_3")
_TAKEN_OVER = ("id_number", "name", "birth_date", "sex", "phone", "district", "reach", "for_whom")
_KEPT = Kept("slips", 6)
_ENTRY_BYTES = 16
_COUNT = "entered_by_me"


def helper_routes(door: Door) -> Blueprint:
    """Make the routes of the helpers."""
    routes = Blueprint("helper", __name__, url_prefix="/helper")
    service = door.service

    def asked_round() -> tuple[OpenRound | None, list[OpenRound]]:
        found = list_open_rounds(service)
        if "round" not in request.args:
            return (found[0] if found else None), found
        asked = next((each for each in found if each.round.slug == request.args["round"]), None)
        if asked is None and request.method == "GET":
            abort(404)
        return asked, found

    def page(form: Form, into: OpenRound | None, found: list[OpenRound], status: int = 200) -> Any:
        entry = form["entry"] or base64.b32encode(service.random_bytes(_ENTRY_BYTES)).decode().rstrip("=")
        values = {"into": into, "rounds": found, "entry": entry.lower(), "choices": CHOICES}
        return show("helper/entry.html", status, form=form, count=session.get(_COUNT, 0), **values)

    @routes.route("/", methods=["GET", "POST"])
    @door.limits.open.limit(ENTRIES, methods=["POST"], key_func=_account_key)
    @staff(StaffRole.HELPER)
    def home() -> Any:
        into, found = asked_round()
        if request.method == "GET" or into is None:
            # It may have closed while somebody was typing.
            begun = Form({"for_whom": ForWhom.SELF})
            return page(begun, into, found, 200 if request.method == "GET" else 409)
        # A choice nobody made is not sent at all, and must have its error at its field all the same.
        form = Form(dict.fromkeys((*_TAKEN_OVER, *CHOICES), "") | dict(Form.sent().values))
        try:
            entered = enter(service, require_account().actor, into, _fields(form), _entry_of(form))
        except MaskresError as error:
            if not form["id_number"].strip():
                form.errors["id_number"] = gettext("Please give the number of the document.")
            form.refuse(error, fields={"choices": CHOICES[0], "keep": ""})
            return page(form, into, found, status_of(error))
        return keep(_entry_of(form), entered)

    def keep(entry: str, entered: Entered) -> Response:
        if _KEPT.get(entry) is None:
            session[_COUNT] = session.get(_COUNT, 0) + 1
        outcome = "changed" if entered.is_changed else "registered"
        values = {"round": entered.round, "number": entered.number, "outcome": outcome, "name": entered.name}
        _KEPT.put(entry, values)
        there: Response = redirect(url_for("helper.slip", entry=entry), 303)
        return there

    @routes.get("/slips/<entry>")
    @staff(StaffRole.HELPER)
    def slip(entry: str) -> Any:
        kept = _KEPT.get(entry)
        if kept is None:
            flash(
                gettext(
                    "This slip is no longer here. Enter the person again to print it; nothing is entered twice."
                )
            )
            return redirect(url_for("helper.home"), 303)
        found = make_slip(service, kept["round"], kept["number"])
        return show("helper/slip.html", slip=found, kept=kept, status_url=_status_url(door))

    return routes


def _account_key() -> str:
    account = current_account()
    return remote_address() if account is None else f"account-{account.id}"


def _entry_of(form: Form) -> str:
    entry = form["entry"]
    if not (entry.isascii() and entry.isalnum() and len(entry) <= 32):
        abort(400)
    return entry


def _fields(form: Form) -> dict[str, str]:
    """Give the form as an application's fields; choices left empty between others close up."""
    choices = [form[name] for name in CHOICES if form[name]]
    fields = {name: form[name] for name in _TAKEN_OVER}
    return fields | {"choices": "|".join(choices), "keep": "yes" if form["keep"] == "yes" else "no"}


def _status_url(door: Door) -> str:
    return door.settings.public_url + url_for("status.look_up")
