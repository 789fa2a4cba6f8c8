"""The whole of /api/v1, and its description."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import flask
import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, jsonify

from maskres.web.access import public
from maskres.web.api.converters import set_up_converters
from maskres.web.api.counter import counter_routes
from maskres.web.api.draws import draw_routes
from maskres.web.api.fields import Moment
from maskres.web.api.ledger import ledger_routes
from maskres.web.api.open_schemas import Refusal
from maskres.web.api.phones import phone_routes
from maskres.web.api.reference import operations_by_tag, shapes_of
from maskres.web.api.registrations import registration_routes
from maskres.web.api.rounds import round_routes
from maskres.web.api.routes import LIVE_SECONDS, PREFIX, publish
from maskres.web.api.tokens import PHONE_PROOF, SECRET
from maskres.web.door import Door
from maskres.web.pages import show

SUBJECTS: tuple[Callable[[Door], flask_smorest.Blueprint], ...] = (
    round_routes,
    draw_routes,
    ledger_routes,
    phone_routes,
    registration_routes,
    counter_routes,
)
VERSION = "1.0.0"
_REFUSALS = {
    400: "The body is not the JSON that two readers would read alike.",
    401: "Nobody known: a token or proof is missing, is not in use, or has expired.",
    403: "Known or not, whoever asks may not have this.",
    404: "There is no such thing here.",
    409: "Not now: a step out of order, done by somebody else, or being done at this moment.",
    413: "The body is too large.",
    415: "The body is not application/json in UTF-8, or is compressed.",
    422: "Some fields cannot be taken as they are; each is named.",
    429: "Asked too often.",
    503: "Something that is needed for this cannot be reached; nothing was done.",
}
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "maskres_…, from the operator."},
    "phoneProof": {
        "type": "apiKey",
        "in": "header",
        "name": PHONE_PROOF,
        "description": "From phone-codes/{id}/check; taken for 30 minutes.",
    },
    "registrationSecret": {
        "type": "apiKey",
        "in": "header",
        "name": SECRET,
        "description": "The secret that was handed out beside the receipt.",
    },
}


class _Api(flask_smorest.Api):
    """flask-smorest without its own errors and pages: ours are the same for the whole application."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to maskres/web/errors.py."""


def set_up_api(app: Flask, door: Door) -> list[flask.Blueprint]:
    """Give an application its interface for programs.

    Returns:
        Its blueprints: none of them takes a cookie, so none needs a guard against forged requests.
    """
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config.update(API_TITLE="maskres", API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
    api = _Api(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_name_of)})
    api.register_field(Moment, "string", "date-time")
    set_up_converters(app, api)
    for name, scheme in _SECURITY.items():
        api.spec.components.security_scheme(name, scheme)
    for status, words in _REFUSALS.items():
        content = {"application/json": {"schema": Refusal}}
        api.spec.components.response(f"Refused{status}", {"description": words, "content": content})
    subjects: list[flask.Blueprint] = [make_routes(door) for make_routes in SUBJECTS]
    for subject in subjects:
        api.register_blueprint(subject)
    reference = _reference_routes(api)
    app.register_blueprint(reference)
    return [*subjects, reference]


def _name_of(schema: Any) -> str:
    found = schema if isinstance(schema, type) else type(schema)
    return str(found.__name__)


def _reference_routes(api: _Api) -> flask.Blueprint:
    routes = flask.Blueprint("api", __name__, url_prefix=PREFIX)

    @routes.get("/openapi.json")
    @public
    def openapi() -> Response:
        return publish(jsonify(describe(api)), LIVE_SECONDS)

    @routes.get("/")
    @public
    def reference() -> Any:
        document = describe(api)
        return show(
            "api/reference.html",
            document=document,
            tags=operations_by_tag(document),
            shapes=shapes_of(document),
        )

    return routes


def describe(api: _Api) -> dict[str, Any]:
    """Give the description of the interface as OpenAPI 3.1."""
    for key, name in api.ma_plugin.converter.refs.items():
        api.spec.components.schemas[name]["description"] = inspect.getdoc(key[0]) or ""
    document: dict[str, Any] = api.spec.to_dict()
    document["info"]["summary"] = "Reservations of scarce goods, decided by a public draw."
    return document
