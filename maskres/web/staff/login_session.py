"""Who of staff is logged in: kept in the session by Flask-Login, looked up in the database at every request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, flash, has_request_context, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import LoginManager, current_user, login_user, logout_user

from maskres.db import rounds
from maskres.formats.values import format_time, parse_time
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts.staff import Account, find_account
from maskres.usecases.service import Service
from maskres.web.access import Access
from maskres.web.interrupted import account_here, begin_session, is_kept, keep_typed
from maskres.web.names import ROLES
from maskres.web.not_sent import not_sent
from maskres.web.staff.till_session import guard_till, renew_till, till_here

FRESH = timedelta(minutes=10)
#: Without any request for so long, somebody else may sit there.
IDLE = timedelta(hours=2)


class LoggedIn:
    """An account as Flask-Login wants it.

    Args:
        account: as it stands in the database at this request.
    """

    is_authenticated = True
    is_anonymous = False

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def is_active(self) -> bool:
        """Tell whether the account may be used."""
        return not self.account.is_disabled

    def get_id(self) -> str:
        """Give what the session remembers: sessions of an older version have ended."""
        return f"{self.account.id}/{self.account.session_version}"


def set_up_login(app: Flask, service: Service) -> None:
    """Let an application know its staff."""
    manager = LoginManager()
    manager.session_protection = None  # it would tie a session to an address, and phones change theirs
    manager.init_app(app)
    renew_till(app)

    @app.context_processor
    def account_values() -> dict[str, Any]:
        # Asked for by the layout alone, so that pages for residents open no session of staff.
        account = current_account() if has_request_context() else None
        return {"account": account, "till": till_here(), "role_name": role_name, "store_name": store_name}

    def store_name(store: str) -> str:
        with service.database.reading() as c:
            return rounds.find_store_name(c, store) or store

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(text: str) -> LoggedIn | None:
        number, _, version = text.partition("/")
        account = find_account(service, int(number)) if number.isascii() and number.isdecimal() else None
        if account is None or account.is_disabled or str(account.session_version) != version:
            return None
        seen = session.get("seen_at")
        now = service.now()
        if seen is None or now - parse_time(seen, field="seen_at") > IDLE:
            return None
        if now - parse_time(seen, field="seen_at") > timedelta(minutes=1):
            session["seen_at"] = format_time(now)
        return LoggedIn(account)


def role_name(role: StaffRole) -> str:
    """Name a role to people."""
    return str(ROLES[role])


def current_account() -> Account | None:
    """Give the account of this request, if somebody is logged in."""
    found: Any = current_user
    return found.account if found.is_authenticated else None


def require_account() -> Account:
    """Give the account of this request, behind a guard that let it in."""
    account = current_account()
    if account is None:
        abort(401)
    return account


def log_in(account: Account, now: datetime) -> None:
    """Begin a session of its own: whatever the one before held is gone."""
    begin_session(account.id)
    session["seen_at"] = format_time(now)
    session["proved_at"] = format_time(now)
    login_user(LoggedIn(account))


def log_out() -> None:
    """End the session."""
    logout_user()
    session.clear()


def note_proof(now: datetime) -> None:
    """Remember that the account has just shown password and second factor again."""
    session["proved_at"] = format_time(now)


def guard_staff(service: Service, access: Access) -> Response | None:
    """Answer whoever may not see a page of staff; None lets them in."""
    account = current_account()
    if access.is_for_tills and (account is None or account.role not in access.roles):
        is_till, answer = guard_till(service)
        if is_till:
            return answer
    if account is None:
        return _send_to("staff.login")
    if account.role not in access.roles:
        abort(403)
    if access.is_fresh:
        proved = session.get("proved_at")
        if proved is None or service.now() - parse_time(proved, field="proved_at") > FRESH:
            return _send_to("staff.prove")
    return None


def safe_next(address: str, default: str) -> str:
    """Take an address to go on to only where it is one of ours."""
    parts = urlsplit(address)
    is_ours = not parts.scheme and not parts.netloc and address.startswith("/") and "\\" not in address
    return address if is_ours and not address.startswith("//") else default


def _send_to(endpoint: str) -> Response:
    # After a form that was interrupted, people come back to the page it stood on.
    came_from = request.full_path.rstrip("?") if request.method == "GET" else request.path
    go_on = url_for(endpoint, next=came_from)
    if request.method == "POST":
        if by := account_here():
            keep_typed(by)
        if not is_kept():
            return not_sent(go_on)
        flash(gettext("Nothing was sent. First show again who you are, please."), "note")
    response: Response = redirect(go_on, 303)  # type: ignore[assignment]
    return response
