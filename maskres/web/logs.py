"""Structured logs: one line a request, with its route's pattern and never its address, arguments or content."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response

from maskres.web.here import this_globals, this_request
from maskres.web.metrics import observe

_UNLOGGED = ("/healthz", "/readyz", "/metrics")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def set_up_logs(app: Flask) -> None:
    """Log and measure every request of an application."""
    # Bound once: unbound, it would be put together anew for each line.
    log = structlog.get_logger("maskres.web").bind()

    @app.before_request
    def begin() -> None:
        given = this_request().environ.get("HTTP_X_REQUEST_ID", "")
        kept = this_globals()
        kept.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        kept.began_at = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        kept = this_globals()
        began_at = kept.get("began_at")
        if began_at is None:
            return response
        seconds = time.perf_counter() - began_at
        asked, status, request_id = this_request(), response.status_code, kept.request_id
        method, route = asked.method, asked.url_rule.rule if asked.url_rule else "-"
        observe(method, route, status, seconds)
        response.headers["X-Request-Id"] = request_id
        if route not in _UNLOGGED and asked.endpoint != "static":
            log.info(
                "request",
                id=request_id,
                method=method,
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )
        return response
