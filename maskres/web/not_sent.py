"""The page that answers a form whose session is gone: nothing was done, and what was typed is still there."""

from __future__ import annotations

import re

from flask import Response, current_app, make_response, request, url_for
from flask.globals import request_ctx

from maskres.web.access import Gate, access_of
from maskres.web.interrupted import (
    ANYBODY,
    account_here,
    account_of_form,
    is_kept,
    keep_typed,
    typed_fields,
)
from maskres.web.pages import show

#: What a button, a list to choose from or a hidden field says: nobody typed it.
_CHOSEN = re.compile(r"[a-z][a-z0-9_-]*(\|[a-z][a-z0-9_-]*)*")
#: Fields for short names, which are typed and yet look so.
_NAMES = re.compile(r"name|round|goods|others|group_[0-9]+_stratum")
#: Fields that nobody sees.
_HIDDEN = frozenset({"request", "made", "shown", "before"})


def not_sent(go_on: str) -> Response:
    """Answer a form that was not taken because of its session, with what was typed into it.

    Args:
        go_on: the address where it can be sent anew.
    """
    # A browser that sent none perhaps keeps none: then nothing would be there on the way back.
    has_cookies = bool(request.cookies)
    page, status = show(
        "not_sent.html",
        400,
        go_on=go_on,
        is_kept=is_kept() and has_cookies,
        typed=[
            text
            for name, text in typed_fields().items()
            if name not in _HIDDEN and (_NAMES.fullmatch(name) or not _CHOSEN.fullmatch(text))
        ],
        is_filled_in=bool(typed_fields()),
        has_cookies=has_cookies,
    )
    return make_response(page, status)


def without_token() -> Response:
    """Answer a form without the token of its session: open overnight, or the session ended in another window.

    Forms that anybody may send are kept for this browser, and those of staff for the account they were shown to, if
    the page they were sent from is one of ours. Forms about a registration only whoever typed them sees again, in this
    answer.
    """
    access = access_of(current_app, request.endpoint, request.method)
    is_of_registration = "place" in (request.view_args or {})
    if request.headers.get("Origin") == request.host_url.rstrip("/") and not is_of_registration:
        account = account_of_form() if access is not None and access.gate is Gate.STAFF else None
        if access is not None and access.gate is Gate.PUBLIC:
            keep_typed(ANYBODY)
        elif account is not None and account_here() in ("", account):
            keep_typed(account)
    adapter = request_ctx.url_adapter
    has_page = adapter is not None and adapter.test(method="GET")
    return not_sent(request.full_path.rstrip("?") if has_page else url_for("home.home"))
