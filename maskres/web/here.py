"""The request at hand, itself: whoever looks at it often looks it up once."""

from __future__ import annotations

from flask import Request, request


def this_request() -> Request:
    """Give the request behind flask.request, which looks it up anew at every attribute."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    return found
