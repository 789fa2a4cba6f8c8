"""Who may call a route: every view says so, and the application refuses to start when one does not.

A view says it by exactly one of the decorators below, the outermost of the view. What a view of the API wants of
its caller besides, it says itself; a page for staff is guarded here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, Response

from maskres.rounds.roles import StaffRole

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "maskres_access"


class Gate(StrEnum):
    """What stands before a view."""

    PUBLIC = "public"
    STAFF = "staff"
    TOKEN = "token"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a view.

    Attributes:
        gate: what stands before it.
        roles: of staff accounts or of token holders; none where everybody may.
        is_fresh: whether the account must have shown its password and second factor within minutes.
        is_for_tills: whether a device that was enrolled as a till may, without any account.
    """

    gate: Gate
    roles: frozenset[StaffRole] = frozenset()
    is_fresh: bool = False
    is_for_tills: bool = False


def public(view: View) -> View:
    """Let everybody call this view."""
    return _mark(view, Access(Gate.PUBLIC))


def inside(view: View) -> View:
    """Let only this machine call this view: measurements, not for the public."""
    return _mark(view, Access(Gate.INSIDE))


def staff(*roles: StaffRole, fresh: bool = False, tills: bool = False) -> Callable[[View], View]:
    """Let accounts of these roles call this view; without roles, every account.

    Args:
        roles: who may.
        fresh: ask for password and second factor again where that was long ago; for acts that cannot be undone.
        tills: let enrolled tills call it too.
    """
    access = Access(Gate.STAFF, frozenset(roles or StaffRole), is_fresh=fresh, is_for_tills=tills)
    return lambda view: _mark(view, access)


def token(*roles: StaffRole) -> Callable[[View], View]:
    """Let holders of an API token of these roles call this view."""
    access = Access(Gate.TOKEN, frozenset(roles))
    return lambda view: _mark(view, access)


def access_of(app: Flask, endpoint: str | None, method: str) -> Access | None:
    """Give what was said of a route, if anything was."""
    view: Any = app.view_functions.get(endpoint or "")
    handlers = getattr(view, "view_class", None)
    if handlers is not None:
        view = getattr(handlers, ("get" if method == "HEAD" else method).lower(), None)
    found = getattr(view, _MARK, None)
    return found if isinstance(found, Access) else None


def require_declared(app: Flask) -> None:
    """Refuse to start with a route nobody has said of who may call it.

    Raises:
        RuntimeError: names every such route.
    """
    missing = sorted(
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
        if access_of(app, rule.endpoint, method) is None
    )
    if missing:
        raise RuntimeError(f"Routes without a word on who may call them: {', '.join(missing)}")


def _mark(view: View, access: Access) -> View:
    setattr(view, _MARK, access)
    return view


#: What the guard of a gate answers to whom it does not let in; None lets them in.
Guard = Callable[[Access], "Response | None"]
