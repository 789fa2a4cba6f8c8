"""A device enrolled as a till: its token stands in a cookie of its own, and says at every request which till it is."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, has_request_context, make_response, request

from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts.tokens import TokenHolder, find_token
from maskres.usecases.service import Service
from maskres.web.pages import show

#: Longer than any round is collected; whoever comes within it stays enrolled.
LIFE_SECONDS = 180 * 24 * 3600


def till_here() -> TokenHolder | None:
    """Give the till this request was let in as; None where an account was."""
    found: TokenHolder | None = g.get("till") if has_request_context() else None
    return found


def guard_till(service: Service) -> tuple[bool, Response | None]:
    """Look whether this device is a till.

    Returns:
        Whether it shows a till's token at all; and what it is answered, None where it is let in.
    """
    shown = request.cookies.get(_cookie_name())
    if not shown:
        return False, None
    holder = find_token(service, shown)
    if holder is None or holder.role is not StaffRole.COUNTER:
        return True, make_response(show("counter/revoked.html", 403))
    g.till = holder
    return True, None


def keep_till(response: Response, secret: str) -> None:
    """Let this device be the till of a token from now on."""
    response.set_cookie(
        _cookie_name(),
        secret,
        max_age=LIFE_SECONDS,
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def renew_till(app: Flask) -> None:
    """Let the cookie of a till that is used live on."""

    @app.after_request
    def renew(response: Response) -> Response:
        if "Cookie" in request.headers and till_here() is not None:
            keep_till(response, request.cookies[_cookie_name()])
        return response


def _cookie_name() -> str:
    return "__Host-till" if current_app.config["SESSION_COOKIE_SECURE"] else "till"
