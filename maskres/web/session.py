"""The session cookie: encrypted and dated, so that what somebody typed can wait in it between two pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import structlog
from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

LIFE_SECONDS = 12 * 3600
#: Browsers drop larger cookies without a word.
COOKIE_BYTES = 4000
#: What is dropped where a session has grown too large, first what is missed least; the rest always fits.
_GIVE_WAY = ("kept_", "change", "commit", "interrupted", "draft")
_log = structlog.get_logger("maskres.web")


class EncryptedSession(CallbackDict[str, Any], SessionMixin):
    """A session as the cookie held it."""

    def __init__(self, initial: Any = None) -> None:
        def on_update(_: Any) -> None:
            self.modified = True

        super().__init__(initial, on_update)
        self.modified = False


class EncryptedSessions(SessionInterface):
    """Reads and writes the session cookie.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def open_session(self, app: Flask, request: Request) -> EncryptedSession:
        """Read the cookie; one that is damaged or old begins a new session."""
        # Programs send none: they are not made to wait until every cookie has been looked for.
        cookie = request.cookies.get(self.get_cookie_name(app)) if "Cookie" in request.headers else None
        if cookie:
            try:
                return EncryptedSession(json.loads(self._fernet.decrypt(cookie, ttl=LIFE_SECONDS)))
            except (InvalidToken, ValueError):
                pass
        return EncryptedSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie where something changed."""
        name = self.get_cookie_name(app)
        secure = self.get_cookie_secure(app)
        if not session:
            if session.modified:
                response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")
            return
        response.vary.add("Cookie")
        if not session.modified:
            return
        _shorten(session)
        cookie = self._fernet.encrypt(_written(session)).decode()
        response.set_cookie(
            name, cookie, max_age=LIFE_SECONDS, path="/", secure=secure, httponly=True, samesite="Lax"
        )


def has_room(session: Mapping[str, Any], spare: int = 0) -> bool:
    """Tell whether a session fits into its cookie, with some characters to spare."""
    # Fernet adds version, time, vector, padding to whole blocks of 16 and a digest; then base64.
    sealed = 1 + 8 + 16 + (len(_written(session)) // 16 + 1) * 16 + 32
    return (sealed + 2) // 3 * 4 + spare <= COOKIE_BYTES


def _written(session: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(session), ensure_ascii=False).encode()


def _shorten(session: SessionMixin) -> None:
    """Drop what gives way until the session fits: whoever has so much open still gets their page."""
    for beginning in _GIVE_WAY:
        for name in [name for name in session if name.startswith(beginning)]:
            if has_room(session):
                return
            del session[name]
            _log.warning("session-shortened", code=beginning.strip("_"))


def derived_key(access: bytes, purpose: str) -> bytes:
    """Derive a key of 32 bytes for a purpose of the web from the deployment's access key."""
    return hmac.new(access, f"maskres/web/{purpose}".encode(), hashlib.sha256).digest()
