"""Structured logs: one line a request, with its route's pattern and never its address, arguments or content."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response, g

from maskres.web.here import this_request
from maskres.web.metrics import observe

_UNLOGGED = ("/healthz", "/readyz", "/metrics")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def set_up_logs(app: Flask) -> None:
    """Log and measure every request of an application."""
    log = structlog.get_logger("maskres.web")

    @app.before_request
    def begin() -> None:
        given = this_request().environ.get("HTTP_X_REQUEST_ID", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        g.began_at = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        began_at = g.get("began_at")
        if began_at is None:
            return response
        seconds = time.perf_counter() - began_at
        asked, status, request_id = this_request(), response.status_code, g.request_id
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
