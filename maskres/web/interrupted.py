"""What somebody of staff had typed when their session ended: kept, encrypted, until they are back before the form.

Only for the same account, once, and never passwords, codes, files, or what an approval was of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import flash, request, session
from flask_babel import gettext

_KEPT = "interrupted"
#: The session is a cookie, and holds other things too.
_MOST_BYTES = 1500
_NEVER = frozenset({"csrf_token", "approved", "act", "password", "new_password", "again", "code"})


def keep_typed() -> None:
    """Keep the fields of a form whose sender must first show who they are; more than a cookie holds is not kept."""
    fields = {
        name: "|".join(request.form.getlist(name))
        for name in request.form
        if name not in _NEVER and any(request.form.getlist(name))
    }
    by = str(session.get("_user_id", "")).partition("/")[0]
    if by and fields and len(json.dumps(fields, ensure_ascii=False).encode()) <= _MOST_BYTES:
        session[_KEPT] = {"path": request.path, "by": by, "fields": fields}


def begin_session(account_id: int) -> None:
    """Begin a session of an account's own: of the one before stays only what the same account had typed."""
    kept = session.get(_KEPT)
    session.clear()
    if kept is not None and kept["by"] == str(account_id):
        session[_KEPT] = kept


def fill_in(values: Mapping[str, Any]) -> None:
    """Put what was kept into the form of the page that is shown, if it is the one it was typed on."""
    kept, form = session.get(_KEPT), values.get("form")
    if kept is None or form is None or request.method != "GET" or kept["path"] != request.path:
        return
    del session[_KEPT]
    form.values = {**form.values, **kept["fields"]}
    flash(gettext("Nothing was sent: you had to log in again. What you typed stands here once more."), "note")
