"""What every answer tells the browser to be careful about."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

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

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self' 'nonce-" + csp_nonce() + "' 'wasm-unsafe-eval'; "
            "style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
            "media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'",
        )
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", _PERMISSIONS)
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if is_secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        # What is somebody's own is kept by nobody on the way; public files say otherwise themselves.
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "no-store")
        return response
