"""The session cookie: encrypted and dated, so that what somebody typed can wait in it between two pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

LIFE_SECONDS = 12 * 3600
#: Browsers drop larger cookies without a word.
COOKIE_BYTES = 4000


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
        cookie = self._fernet.encrypt(json.dumps(dict(session), ensure_ascii=False).encode()).decode()
        if len(cookie) > COOKIE_BYTES:
            raise RuntimeError("The session has grown too large for a cookie.")
        response.set_cookie(
            name, cookie, max_age=LIFE_SECONDS, path="/", secure=secure, httponly=True, samesite="Lax"
        )


def derived_key(access: bytes, purpose: str) -> bytes:
    """Derive a key of 32 bytes for a purpose of the web from the deployment's access key."""
    return hmac.new(access, f"maskres/web/{purpose}".encode(), hashlib.sha256).digest()
