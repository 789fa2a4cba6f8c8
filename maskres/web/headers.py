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

    fixed = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if is_secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        wanted = {"Content-Security-Policy": _policy()} | fixed
        # What is somebody's own is kept by nobody on the way; public files say otherwise themselves.
        if request.endpoint != "static":
            wanted["Cache-Control"] = "no-store"
        # Looked through once: asking for each header by its name looks through all of them every time.
        given = {name.lower() for name, _ in headers}
        for name, value in wanted.items():
            if name.lower() not in given:
                headers.add(name, value)
        return response


def _policy() -> str:
    # Only a page that holds a script of its own has asked for a nonce.
    nonce = f" 'nonce-{csp_nonce()}'" if "csp_nonce" in g else ""
    return (
        f"default-src 'none'; script-src 'self'{nonce}; "
        "style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "media-src 'self' blob:; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
