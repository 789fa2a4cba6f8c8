"""Structured logs: one line a request, with its route's pattern and never its address, arguments or content."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

from maskres.web.metrics import observe

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def set_up_logs(app: Flask) -> None:
    """Log and measure every request of an application."""
    log = structlog.get_logger("maskres.web")

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        g.began_at = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        if "began_at" not in g:
            return response
        seconds = time.perf_counter() - g.began_at
        route = request.url_rule.rule if request.url_rule else "-"
        observe(request.method, route, response.status_code, seconds)
        response.headers["X-Request-Id"] = g.request_id
        if route not in ("/healthz", "/readyz", "/metrics") and request.endpoint != "static":
            log.info(
                "request",
                id=g.request_id,
                method=request.method,
                route=route,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
            )
        return response
