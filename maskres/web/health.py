"""/healthz says that the process lives, /readyz that it can serve, /metrics how it does."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from maskres.db.revisions import require_present_tables
from maskres.errors import MaskresError
from maskres.web.access import inside, public
from maskres.web.door import Door
from maskres.web.metrics import exposition


def health_routes(door: Door) -> Blueprint:
    """Make the routes that watch the process."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    @public
    def healthz() -> Response:
        return jsonify(status="alive")

    @routes.get("/readyz")
    @public
    def readyz() -> tuple[Response, int]:
        try:
            require_present_tables(door.service.database, or_newer=True)
            _ = door.service.keys.deployment
        except MaskresError as error:
            return jsonify(status="not-ready", code=error.code), 503
        return jsonify(status="ready"), 200

    @routes.get("/metrics")
    @inside
    def metrics() -> Response:
        return Response(exposition(), mimetype="text/plain; version=0.0.4")

    return routes
