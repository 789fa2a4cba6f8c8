"""What somebody had typed when their session ended: kept, encrypted, until they are back before the form.

Only for the same account, or whoever has shown the same registration to be theirs again; once, and never passwords,
codes, files, or what an approval was of. What cannot be kept is shown in the answer (not_sent.py). Whose a form is,
its token says where no session does any more: the account's id is in it, signed.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import zlib
from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, g, request, session
from flask_babel import gettext
from itsdangerous import BadData, URLSafeTimedSerializer

from maskres.web.languages import MARKS, language
from maskres.web.session import has_room

_KEPT = "interrupted"
#: Of the session's cookie, for what is on the way back put into it too: a phone that is asked, what is open again.
_SPARE = 500
#: Who typed a form that anybody may send, where no session tells.
ANYBODY = ""
_TOKEN = "csrf_token"
_NEVER = frozenset({_TOKEN, "approved", "password", "new_password", "again", "code", "secret"})


def say_holder(by: str) -> None:
    """Say whose registration this request is about, as for keep_typed: shown to be theirs in this session."""
    g.holder = by


def typed_fields() -> dict[str, str]:
    """Give the fields of this request's form that may be kept and shown again; those left empty are not among them."""
    return {
        name: "|".join(request.form.getlist(name))
        for name in request.form
        if name not in _NEVER and any(request.form.getlist(name))
    }


def keep_typed(by: str) -> None:
    """Keep the fields of a form whose sender must first show who they are, where they fit into the session.

    Args:
        by: an account's id, round and number of a registration, or ANYBODY.
    """
    fields, has_files = typed_fields(), any(file.filename for file in request.files.values())
    kept = {"path": request.path, "by": by, "fields": _packed(fields), "has_files": has_files}
    if (fields or has_files) and has_room({**session, _KEPT: kept}, _SPARE):
        session[_KEPT] = kept


def is_kept() -> bool:
    """Tell whether nothing of this request's form would be lost: it is kept, or nothing was typed."""
    fields, kept = typed_fields(), session.get(_KEPT, {})
    return not fields or (kept.get("path") == request.path and kept.get("fields") == _packed(fields))


def _packed(fields: Mapping[str, str]) -> str:
    """Pack what was typed: a round's rules or the findings of a whole audit then fit into the session's cookie."""
    return base64.b85encode(zlib.compress(json.dumps(fields, ensure_ascii=False).encode(), 9)).decode()


def _unpacked(packed: str) -> dict[str, str]:
    fields: dict[str, str] = json.loads(zlib.decompress(base64.b85decode(packed)))
    return fields


def begin_session(account_id: int) -> None:
    """Begin a session of an account's own: of the one before stays only what the same account had typed."""
    kept = session.get(_KEPT)
    session.clear()
    # Flask-WTF takes what stands here for the secret of the session's forms, and signs it into each of them.
    session[_TOKEN] = f"{account_id}.{secrets.token_hex(20)}"
    if kept is not None and kept["by"] == str(account_id):
        session[_KEPT] = kept


def account_here() -> str:
    """Give the id of the account that this session is or was of; "" where it is of none."""
    return str(session.get("_user_id", "")).partition("/")[0]


def account_of_form() -> str | None:
    """Give the id of the account that this request's form was shown to; None where its token names none."""
    tokens = URLSafeTimedSerializer(current_app.secret_key or "", salt="wtf-csrf-token")
    try:
        account, dot, _ = str(tokens.loads(request.form.get(_TOKEN, ""))).partition(".")
    except BadData:
        return None
    return account if dot else None


def form_left_by(by: str, place: int) -> str | None:
    """Give, once, the address of the form that the holder of a registration was kept from sending.

    Args:
        by: round and number of the registration.
        place: where it now is in the session's list, which its pages are named by.
    """
    kept = session.get(_KEPT)
    if kept is None or kept["by"] != by or kept.get("is_told"):
        return None
    path = re.sub(r"/\d+/", f"/{place}/", kept["path"], count=1)
    session[_KEPT] = {**kept, "path": path, "is_told": True}
    return path


def fill_in(values: Mapping[str, Any]) -> None:
    """Put what was kept into the form of the page that is shown, if it is the one it was typed on."""
    kept, form = session.get(_KEPT), values.get("form")
    if kept is None or form is None or request.method != "GET" or kept["path"] != request.path:
        return
    if kept["by"] != ANYBODY and kept["by"] != (g.get("holder") if "/" in kept["by"] else account_here()):
        return  # the same address, but the registration of somebody else on this device, or another account
    del session[_KEPT]
    fields = _unpacked(kept["fields"])
    form.values = {**form.values, **fields}
    words = [
        gettext("Nothing was sent yet.")
        if kept["by"] == ANYBODY
        else gettext("Nothing was sent: you first had to show again who you are."),
        gettext("What you typed stands here once more.") if fields else "",
        gettext("Please choose the file again.") if kept["has_files"] else "",
    ]
    flash(MARKS[language()]["gap"].join(filter(None, words)), "note")
