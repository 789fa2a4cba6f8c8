"""The request at hand and what is kept with it, themselves: whoever looks at them often looks them up once."""

from __future__ import annotations

from flask import Request, g, request
from flask.ctx import _AppCtxGlobals


def this_request() -> Request:
    """Give the request behind flask.request, which looks it up anew at every attribute."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    return found


def this_globals() -> _AppCtxGlobals:
    """Give what is behind flask.g, likewise."""
    found: _AppCtxGlobals = g._get_current_object()
    return found
