"""Structured logs: one line a request, with its route's pattern and never its address, arguments or content."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Flask, Response, g

from maskres.web.here import this_request
from maskres.web.metrics import observe

#: Asked for all the time, or by every page; the last is Flask's rule of built files.
_UNLOGGED = ("/healthz", "/readyz", "/metrics", "/static/<path:filename>")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_log = structlog.get_logger("maskres.web")


def request_id_of(environ: Mapping[str, Any]) -> str:
    """Give the id a proxy gave a request, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def note_answer(method: str, route: str, status: int, seconds: float, request_id: str) -> None:
    """Log and measure an answer, by its route's pattern."""
    observe(method, route, status, seconds)
    if route not in _UNLOGGED:
        _log.info(
            "request",
            id=request_id,
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


def set_up_logs(app: Flask) -> None:
    """Log and measure every request of an application."""

    @app.before_request
    def begin() -> None:
        g.request_id = request_id_of(this_request().environ)
        g.began_at = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        began_at = g.get("began_at")
        if began_at is None:
            return response
        seconds = time.perf_counter() - began_at
        asked, status = this_request(), response.status_code
        route = asked.url_rule.rule if asked.url_rule else "-"
        response.headers["X-Request-Id"] = g.request_id
        note_answer(asked.method, route, status, seconds, g.request_id)
        return response
