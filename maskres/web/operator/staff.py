"""Accounts of staff: who there is, a new one, stopping one, and what waits for a second operator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext, lazy_gettext

from maskres.db import rounds
from maskres.errors import MaskresError
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts import staff as accounts
from maskres.usecases.accounts import staff_requests as wishes
from maskres.usecases.accounts.staff_requests import AccountAct, Outcome
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.names import ROLES
from maskres.web.office_words import refuse
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account

ACCOUNT_ACTS = {
    AccountAct.ADD: lazy_gettext("Make the account"),
    AccountAct.ENABLE: lazy_gettext("Let the account log in again"),
    AccountAct.RESET_FACTOR: lazy_gettext("Take the second factor away, to set up another"),
    AccountAct.NEW_PASSWORD: lazy_gettext("Give it a new password"),
}
_STOP = "disable"
#: Under this a new password waits in the encrypted session to be shown, this once.
_SHOW_ONCE = "new_password"


def add_staff(routes: Blueprint, door: Door) -> None:
    """Add the pages to the operator's routes."""
    _add_list(routes, door)
    _add_new(routes, door)
    _add_one(routes, door)
    _add_request(routes, door)


def _add_list(routes: Blueprint, door: Door) -> None:
    @routes.get("/staff")
    @staff(StaffRole.OPERATOR)
    def staff_list() -> Any:
        return show(
            "operator/staff.html",
            listed=accounts.list_accounts(door.service),
            requests=wishes.list_requests(door.service),
            acts=ACCOUNT_ACTS,
            made=session.pop(_SHOW_ONCE, None),
        )


def _lacks_fields(form: Form) -> bool:
    """Tell whether a field is empty that may not be; the form says so at each."""
    if form["role"] not in ROLES:
        form.errors["role"] = gettext("Please choose the role.")
    elif form["role"] == StaffRole.COUNTER and not form["store"]:
        form.errors["store"] = gettext("Please choose the counter's store.")
    if not form["name"].strip():
        form.errors["name"] = gettext("Please give a short name: lower-case letters, digits and hyphens.")
    if not form["shown_name"].strip():
        form.errors["shown_name"] = gettext("Please give the name that people read.")
    return bool(form.errors)


def _add_new(routes: Blueprint, door: Door) -> None:
    @routes.route("/staff/new", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def staff_new() -> Any:
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and not _lacks_fields(form):
            if (one := _made_already(form)) is not None:
                flash(
                    gettext(
                        "This account is there already; nothing was made twice. Its first password was shown once: if"
                        " nobody has seen it, give the account a new one here."
                    )
                )
                return redirect(url_for("operator.staff_one", account_id=one.id), 303)
            if _add(form):
                return redirect(url_for("operator.staff_list"), 303)
        with door.service.database.reading() as c:
            known = rounds.list_rounds(c)
            stores = rounds.list_stores(c, known[-1].id) if known else []
        values = {"roles": list(ROLES.items()), "stores": stores}
        return show("operator/staff_new.html", 422 if form.errors else 200, form=form, **values)

    def _made_already(form: Form) -> accounts.Account | None:
        """Give the account that this very form made before; one that differs is another's name."""
        wanted = (form["name"].strip().lower(), form["shown_name"].strip(), form["role"], _store(form))
        for each in accounts.list_accounts(door.service):
            if (each.name, each.shown_name, each.role, each.store) == wanted:
                return each
        return None

    def _store(form: Form) -> str | None:
        return form["store"] if form["role"] == StaffRole.COUNTER else None

    def _add(form: Form) -> bool:
        store = _store(form)
        name = form["name"].strip().lower()
        try:
            actor = require_account().actor
            outcome = wishes.ask_to_add(door.service, actor, name, form["shown_name"], form["role"], store)
        except MaskresError as error:
            refuse(form, error, name="name", shown_name="shown_name", role="role", store="store")
            return False
        _tell(outcome)
        return True


def _add_one(routes: Blueprint, door: Door) -> None:
    @routes.route("/staff/<int:account_id>", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def staff_one(account_id: int) -> Any:
        account = accounts.require_account(door.service, account_id)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and _change(form, account_id):
            return redirect(url_for("operator.staff_list"), 303)
        return show(
            "operator/staff_one.html",
            422 if form.errors else 200,
            form=form,
            one=account,
            is_own=account.id == require_account().id,
            acts=_acts_for(account),
            takes_two=account.role not in wishes.ALONE,
        )

    def _acts_for(account: accounts.Account) -> list[tuple[str, str]]:
        listed = [AccountAct.ENABLE] if account.is_disabled else []
        if not account.is_disabled:
            listed = [AccountAct.NEW_PASSWORD]
            listed += [AccountAct.RESET_FACTOR] if account.has_second_factor else []
        stop = [] if account.is_disabled else [(_STOP, gettext("Stop the account at once"))]
        return stop + [(act.value, str(ACCOUNT_ACTS[act])) for act in listed]

    def _change(form: Form, account_id: int) -> bool:
        actor = require_account().actor
        try:
            if form["act"] == _STOP:
                stopped = wishes.stop_account(door.service, actor, account_id)
                flash(gettext("The account %(name)s is stopped.", name=stopped.name), "success")
                return True
            if form["act"] in set(AccountAct) - {AccountAct.ADD}:
                _tell(wishes.ask_to_change(door.service, actor, account_id, AccountAct(form["act"])))
                return True
            form.errors["act"] = gettext("Please choose.")
        except MaskresError as error:
            refuse(form, error, act="act", asked_already="act", unknown_account="act")
        return False


def _add_request(routes: Blueprint, door: Door) -> None:
    @routes.route("/staff/requests/<int:request_id>", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def staff_request(request_id: int) -> Any:
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and _answer(form, request_id):
            return redirect(url_for("operator.staff_list"), 303)
        open_ones = {each.id: each for each in wishes.list_requests(door.service)}
        found = open_ones.get(request_id)
        is_own = found is not None and found.asked_by == require_account().actor.name
        status = 422 if form.errors else 200 if found else 404
        return show(
            "operator/staff_request.html", status, form=form, found=found, is_own=is_own, acts=ACCOUNT_ACTS
        )

    def _answer(form: Form, request_id: int) -> bool:
        actor = require_account().actor
        try:
            if form["answer"] == "confirm":
                _tell(wishes.confirm(door.service, actor, request_id))
                return True
            if form["answer"] == "decline":
                wishes.decline(door.service, actor, request_id)
                flash(gettext("The request is closed. Nothing was changed."), "success")
                return True
            form.errors[""] = gettext("Please choose.")
        except MaskresError as error:
            refuse(form, error)
        return False


def _tell(outcome: Outcome) -> None:
    name = outcome.wish.account
    if not outcome.is_done:
        flash(gettext("Another operator must confirm this. Nothing has changed yet."), "info")
    else:
        flash(gettext("Done for the account %(name)s.", name=name), "success")
    if outcome.password is not None:
        session[_SHOW_ONCE] = {"name": name, "password": outcome.password}
