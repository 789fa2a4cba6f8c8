"""What every answer tells the browser to be careful about."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask, Response, g

_PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


def csp_nonce() -> str:
    """Give the nonce of this answer, under which the page's one inline script may run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def add_headers(app: Flask, *, is_secure: bool) -> None:
    """Add the headers to every answer of an application.

    Args:
        app: the application.
        is_secure: whether it is reached by HTTPS.
    """
    fixed = {
        "Content-Security-Policy": _policy(""),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        # What is somebody's own is kept by nobody on the way; public files say otherwise themselves.
        "Cache-Control": "no-store",
    }
    if is_secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    app.wsgi_app = _WithHeaders(app.wsgi_app, fixed)  # type: ignore[method-assign]

    @app.after_request
    def allow_inline(response: Response) -> Response:
        # Only a page that holds a script of its own has asked for a nonce.
        if "csp_nonce" in g:
            response.headers.setdefault("Content-Security-Policy", _policy(f" 'nonce-{csp_nonce()}'"))
        return response


class _WithHeaders:
    """Adds headers to every answer that does not say otherwise itself, around the application.

    Within it each header would be checked and copied anew at every answer, which takes longer than the rest of them.

    Args:
        application: whose answers.
        headers: name → value.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], headers: Mapping[str, str]) -> None:
        self._application = application
        self._headers = [(name.lower(), (name, value)) for name, value in headers.items()]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            added = [header for name, header in self._headers if name not in given]
            return start_response(status, headers + added, *error)

        return self._application(environ, start)


def _policy(nonce: str) -> str:
    return (
        f"default-src 'none'; script-src 'self'{nonce}; "
        "style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
