"""Logging in with password and second factor, setting that up, proving oneself anew, logging out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from maskres.errors import MaskresError
from maskres.formats.values import format_time, parse_time
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts import second_factor as factors
from maskres.usecases.accounts import staff as accounts
from maskres.usecases.accounts.staff import Account
from maskres.web.access import public, staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.interrupted import begin_session
from maskres.web.pages import show
from maskres.web.staff.login_session import (
    FRESH,
    log_in,
    log_out,
    note_proof,
    require_account,
    safe_next,
)

#: Role → the first page of its door.
HOMES = {
    StaffRole.OPERATOR: "operator.home",
    StaffRole.NOTARY: "notary.home",
    StaffRole.WITNESS: "notary.home",
    StaffRole.COUNTER: "counter.home",
    StaffRole.HELPER: "helper.home",
    StaffRole.AUDITOR: "auditor.home",
}
_PENDING = "pending_account"
_PENDING_AT = "pending_at"
GUESSES = "10 per minute; 60 per hour"


def staff_routes(door: Door) -> Blueprint:
    """Make the routes by which staff come in and go."""
    routes = Blueprint("staff", __name__, url_prefix="/staff")
    service = door.service

    def pending() -> Account | None:
        since = session.get(_PENDING_AT)
        if since is None or service.now() - parse_time(since, field="since") > FRESH:
            return None
        account = accounts.find_account(service, int(session[_PENDING]))
        return None if account is None or account.is_disabled else account

    @routes.get("/")
    @staff()
    def home() -> Response:
        return redirect(url_for(HOMES[require_account().role]), 303)

    @routes.route("/login", methods=["GET", "POST"])
    @door.limits.open.limit(GUESSES, methods=["POST"])
    @public
    def login() -> Any:
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            account = accounts.check_password(service, form["name"], form["password"])
            if account is not None:
                begin_session(account.id)
                session[_PENDING] = account.id
                session[_PENDING_AT] = format_time(service.now())
                following = (
                    "staff.second_factor" if account.has_second_factor else "staff.set_up_second_factor"
                )
                return redirect(url_for(following, next=request.args.get("next", "")), 303)
            form.errors["name"] = gettext("Name or password is not right.")
        return show("staff/login.html", form=form)

    @routes.route("/code", methods=["GET", "POST"])
    @door.limits.open.limit(GUESSES, methods=["POST"])
    @public
    def second_factor() -> Any:
        account = pending()
        if account is None:
            return redirect(url_for("staff.login"), 303)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            if factors.check_totp(service, account.id, form["code"]):
                log_in(account, service.now())
                return redirect(safe_next(request.args.get("next", ""), url_for("staff.home")), 303)
            form.errors["code"] = gettext(
                "This code is not right, or was used already. Wait for the next one."
            )
        return show("staff/code.html", form=form)

    @routes.route("/second-factor", methods=["GET", "POST"])
    @door.limits.open.limit(GUESSES, methods=["POST"])
    @public
    def set_up_second_factor() -> Any:
        account = pending()
        if account is None or account.has_second_factor:
            return redirect(url_for("staff.login"), 303)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            if factors.confirm_totp(service, account.id, form["code"]):
                confirmed = accounts.find_account(service, account.id)
                log_in(confirmed or account, service.now())
                return redirect(url_for("staff.home"), 303)
            form.errors["code"] = gettext("This code is not right. Check the clock of your phone.")
        uri = factors.begin_totp(service, account.id).uri
        return show("staff/second_factor.html", form=form, uri=uri)

    @routes.route("/prove", methods=["GET", "POST"])
    @door.limits.open.limit(GUESSES, methods=["POST"])
    @staff()
    def prove() -> Any:
        account = require_account()
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            is_right = accounts.check_password(service, account.name, form["password"]) is not None
            if is_right and factors.check_totp(service, account.id, form["code"]):
                note_proof(service.now())
                return redirect(safe_next(request.args.get("next", ""), url_for("staff.home")), 303)
            form.errors["password"] = gettext("Password or code is not right.")
        return show("staff/prove.html", form=form)

    @routes.route("/password", methods=["GET", "POST"])
    @door.limits.open.limit(GUESSES, methods=["POST"])
    @staff(fresh=True)
    def password() -> Any:
        account = require_account()
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            if form["password"] != form["again"]:
                form.errors["again"] = gettext("The two are not the same. Please type it again.")
            else:
                try:
                    accounts.set_password(service, account.actor, account.id, form["password"])
                except MaskresError as error:
                    form.refuse(error)
                else:
                    log_out()
                    flash(gettext("The password is changed. Please log in with it."), "success")
                    return redirect(url_for("staff.login"), 303)
        return show("staff/password.html", 422 if form.errors else 200, form=form)

    @routes.post("/logout")
    @staff()
    def logout() -> Response:
        log_out()
        return redirect(url_for("home.home"), 303)

    return routes
