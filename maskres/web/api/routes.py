"""What all routes of the API share: strict reading, what they may be refused with, how public data is cached."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import flask_smorest
from flask import Response, request

from maskres.formats import strict_json
from maskres.web.api.parsing import StrictParser

View = TypeVar("View", bound=Callable[..., Any])

PREFIX = "/api/v1"
#: What stands now and may stand otherwise in a minute.
LIVE_SECONDS = 15
#: What never changes once it is there.
FIXED_SECONDS = 365 * 24 * 3600
_HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "Send it back as If-None-Match."},
    "Cache-Control": {"schema": {"type": "string"}, "description": "How long it may be kept."},
}


class ApiBlueprint(flask_smorest.Blueprint):
    """Routes of one subject."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, __name__, url_prefix=PREFIX, description=description)

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Callable[[View], View]:
        """Hand what is sent to a view, read by a schema made once: making one costs more than reading by it."""
        made = schema() if isinstance(schema, type) else schema
        describe = super().arguments(made, location=location, **kwargs)
        parse = self.ARGUMENTS_PARSER.parse

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def run(*args: Any, **kwargs: Any) -> Any:
                return view(*args, parse(made, location=location), **kwargs)

            return _describe(run, describe)  # type: ignore[return-value]

        return decorate

    @staticmethod
    def doc(**kwargs: Any) -> Callable[[View], View]:
        """Say something of a view in the description."""
        return lambda view: _describe(view, flask_smorest.Blueprint.doc(**kwargs))

    def alt_response(self, *args: Any, **kwargs: Any) -> Callable[[View], View]:
        """Say in the description what else a view may answer."""
        return lambda view: _describe(view, super(ApiBlueprint, self).alt_response(*args, **kwargs))


def _describe(view: View, describe: Callable[[View], Any]) -> View:
    """Write onto a view what a decorator of flask-smorest would say of it.

    Without what that puts around the view: a call more for each decorator at every request, which does nothing.
    """
    view._apidoc = describe(view)._apidoc  # type: ignore[attr-defined]
    return view


def may_refuse(*statuses: int) -> Callable[[View], View]:
    """Say in the description with which statuses a route may refuse, besides 404, 429 and 503 as all do."""
    responses = {status: f"Refused{status}" for status in sorted({*statuses, 404, 429, 503})}
    return ApiBlueprint.doc(responses=responses)


def reads_body(view: View) -> View:
    """Say in the description with which statuses a body may be refused, besides those of its route."""
    return may_refuse(400, 413, 415, 422)(view)


def is_open_data(view: View) -> View:
    """Say in the description that a route gives public data, which may be kept and asked for again by its ETag."""
    responses: dict[int, Any] = {
        200: {"headers": _HEADERS},
        304: {"description": "What you have is still so.", "headers": _HEADERS},
    }
    return ApiBlueprint.doc(responses=responses, security=[])(view)


def as_json(members: dict[str, Any], status: int = 200) -> Response:
    """Answer with an object of texts and numbers, written in one go and as jsonify writes it."""
    return Response(strict_json.dumps(members), status, mimetype="application/json")


def publish(answer: Response, seconds: int, etag: str | None = None) -> Response:
    """Let an answer be kept by anybody, and be used by pages of any site.

    Args:
        answer: what is public.
        seconds: how long it may be kept.
        etag: of its content; computed where not given.
    """
    answer.set_etag(etag or hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.cache_control.public = True
    answer.cache_control.max_age = seconds
    answer.headers.pop("Expires", None)  # of built files, a year ahead; old caches read nothing else
    if seconds == FIXED_SECONDS:
        answer.cache_control.immutable = True
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.make_conditional(request, accept_ranges=False)
    return answer
