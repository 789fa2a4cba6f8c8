"""How errors leave by the doors: one table of codes and statuses, a page for people, one shape for programs."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, request
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from werkzeug.exceptions import HTTPException

from maskres.errors import (
    CheckFailed,
    ConfigurationError,
    ConflictError,
    InputError,
    MaskresError,
    StepRefused,
)
from maskres.logs import places_of
from maskres.web.not_sent import without_token
from maskres.web.pages import show
from maskres.web.words import say

API = "/api/"
#: Version of the shape of errors in the API.
SHAPE = 1
_log = structlog.get_logger("maskres.web")

_STATUSES: dict[type[MaskresError], int] = {
    InputError: 422,
    StepRefused: 409,
    ConflictError: 409,
    CheckFailed: 500,
    ConfigurationError: 500,
}
#: Where the kind alone does not say it.
_BY_CODE = {
    "unknown-round": 404,
    "unknown-draw": 404,
    "unknown-number": 404,
    "unknown-store-here": 404,
    "unknown-task": 404,
    "unknown-account": 404,
    "no-place": 404,
    "not-proved": 403,
    "no-database": 503,
    "no-limits": 503,
    "database-busy": 503,
    "bad-json": 400,
    "wrong-role": 403,
    "not-published": 404,
    "unknown-checkpoint": 404,
    "unknown-entry": 404,
    "unknown-size": 404,
    "content-encoded": 415,
    "wrong-media-type": 415,
    "too-many-requests": 429,
}
_HTTP_CODES = {
    400: "bad-request",
    401: "not-logged-in",
    403: "not-allowed",
    404: "not-found",
    405: "wrong-method",
    406: "not-acceptable",
    409: "conflict",
    413: "too-large",
    415: "wrong-media-type",
    422: "bad-input",
    429: "too-many-requests",
    503: "not-available",
}
RETRY_SECONDS = 5
NOT_NOW = "This cannot be done just now. Please try again."


def status_of(error: MaskresError) -> int:
    """Give the HTTP status of an error."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next(status for kind, status in _STATUSES.items() if isinstance(error, kind))


def api_error(error: MaskresError) -> dict[str, Any]:
    """Give an error in the shape every answer of the API has.

    Returns:
        {"version": 1, "code", "message", "errors": [{"code", "message", "field"?, "file"?, "line"?}, …],
        "request_id"}: `errors` lists every problem found, at least one.
    """
    if isinstance(error, ConfigurationError):
        # It names addresses, accounts and folders of the deployment: for the log, and nobody outside.
        return _shape(error.code, NOT_NOW, [{"code": error.code, "message": NOT_NOW}])
    parts = getattr(error, "errors", None) or (error,)
    return _shape(error.code, error.message, [_part(part) for part in parts])


def _part(error: MaskresError) -> dict[str, Any]:
    part: dict[str, Any] = {"code": error.code, "message": error.message}
    for name in ("field", "file", "line"):
        if (value := getattr(error, name)) is not None:
            part[name] = value
    return part


def _shape(code: str, message: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": SHAPE,
        "code": code,
        "message": message,
        "errors": parts,
        "request_id": g.get("request_id", ""),
    }


def set_up_errors(app: Flask) -> None:
    """Let an application answer errors of every kind."""

    @app.errorhandler(MaskresError)
    def on_known(error: MaskresError) -> Any:
        status = status_of(error)
        if status >= 500:
            said = {"said": error.message} if isinstance(error, ConfigurationError) else {}
            _log.error("failed", code=error.code, places=places_of(error), **said)
        if request.path.startswith(API):
            return _with_retry(jsonify(api_error(error)), status)
        page, _ = show("error.html", page_status=status, words=say(error), code=error.code)
        return _with_retry(Response(page), status)

    @app.errorhandler(RedisError)
    def on_lost_counter(error: RedisError) -> Any:
        # Only what must not be guessed comes here: all else goes on without its limits.
        _log.error("failed", error=type(error).__name__)
        return on_known(ConfigurationError("no-limits", NOT_NOW))

    @app.errorhandler(HTTPException)
    def on_http(error: HTTPException) -> Any:
        status = error.code or 500
        if status < 400:
            return error
        code = _HTTP_CODES.get(status, "failed")
        if request.path.startswith(API):
            message = str(error.description or error.name)
            parts = getattr(error, "data", {}).get("parts") or [{"code": code, "message": message}]
            answer = jsonify(_shape(parts[0]["code"], message, parts))
            for name in ("Allow", "WWW-Authenticate"):
                if value := error.get_response().headers.get(name):
                    answer.headers[name] = value
            return _with_retry(answer, status)
        if isinstance(error, CSRFError):
            return without_token()
        page, _ = show("error.html", page_status=status, words=None, code=code)
        return _with_retry(Response(page), status)

    @app.errorhandler(Exception)
    def on_unknown(error: Exception) -> Any:
        # Without its text: that may hold what somebody typed.
        _log.error("failed", error=type(error).__name__, places=places_of(error))
        if app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        if request.path.startswith(API):
            return jsonify(
                _shape("failed", "Something went wrong here.", [{"code": "failed", "message": ""}])
            ), 500
        return show("error.html", status=500, page_status=500, words=None, code="failed")


def _with_retry(answer: Response, status: int) -> Response:
    answer.status_code = status
    if status in (429, 503):
        answer.headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return answer
