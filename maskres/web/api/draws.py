"""Open data of draws: slots, results, allocation, published files, the bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, jsonify, send_file
from flask_smorest import Blueprint

from maskres.db.rounds import Draw
from maskres.usecases.rounds import open_data
from maskres.usecases.showing.copies import Copies
from maskres.web.access import public
from maskres.web.api import open_schemas as shapes
from maskres.web.api.rounds import draw_members
from maskres.web.api.routes import (
    FIXED_SECONDS,
    LIVE_SECONDS,
    ApiBlueprint,
    is_open_data,
    may_refuse,
    publish,
)
from maskres.web.door import Door

_TYPES = {"csv": "text/csv", "json": "application/json", "txt": "text/plain"}
_BINARY: Any = {"type": "string"}
#: Looking through a file or building a bundle costs more than answering from the database.
_COSTLY = "60 per minute"


def draw_routes(door: Door) -> Blueprint:
    """Make the routes of draws."""
    routes = ApiBlueprint("draws", "Draws: slots, results, allocation, published files, bundles.")
    service, limit = door.service, door.limits.open.limit(_COSTLY)
    copies = Copies(service)

    @routes.route("/rounds/<slug:round>/draws/<draw:draw>")
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, shapes.DrawDetail)
    def show_draw(round: str, draw: int) -> Response:
        """Show a draw: its status, and which files are published of it."""
        found, files = open_data.list_files(service, round, draw)
        return publish(jsonify(shapes.DrawDetail().dump(_with_files(found, files))), LIVE_SECONDS)

    @routes.route("/rounds/<slug:round>/draws/<draw:draw>/slots")
    @public
    @may_refuse(422)
    @is_open_data
    @routes.arguments(shapes.StoreQuery, location="query")
    @routes.response(200, shapes.Slots)
    def list_slots(query: dict[str, str], round: str, draw: int) -> Response:
        """List the slots with their capacity and the places taken, once they are committed."""
        shown = open_data.list_slots(service, round, draw, query.get("store"))
        return publish(jsonify(shapes.Slots().dump({"slots": shown})), LIVE_SECONDS)

    @routes.route("/rounds/<slug:round>/draws/<draw:draw>/results")
    @public
    @may_refuse(422)
    @is_open_data
    @routes.arguments(shapes.PrefixQuery, location="query")
    @routes.response(200, shapes.Results)
    def find_results(query: dict[str, str], round: str, draw: int) -> Response:
        """Find the lines of result.csv by the beginning of the number: whose number it is stays unsaid."""
        found = open_data.find_results(service, round, draw, query["prefix"])
        return publish(jsonify(shapes.Results().dump({"results": found})), LIVE_SECONDS)

    @routes.route("/rounds/<slug:round>/draws/<draw:draw>/placements")
    @limit
    @public
    @may_refuse(422)
    @is_open_data
    @routes.arguments(shapes.PrefixQuery, location="query")
    @routes.response(200, shapes.Placements)
    def find_placements(query: dict[str, str], round: str, draw: int) -> Response:
        """Find the lines of allocation.csv and the promotion files by the beginning of the number."""
        _, files = open_data.list_files(service, round, draw)
        names = [each.name for each in files if each.name.startswith(("allocation.csv", "promotion-"))]
        found = [
            dict(zip(("file", "place", "number", "store", "slot", "choice"), (name, *line), strict=True))
            for name in sorted(names, key=lambda name: (len(name), name))
            for line in copies.lines_of(round, draw, name, query["prefix"])
        ]
        return publish(jsonify(shapes.Placements().dump({"placements": found})), LIVE_SECONDS)

    @routes.route("/rounds/<slug:round>/draws/<draw:draw>/files/<file:name>")
    @public
    @may_refuse()
    @is_open_data
    @routes.alt_response(200, schema=_BINARY, content_type="text/plain")
    @routes.alt_response(200, schema={"type": "object"}, content_type="application/json")
    @routes.response(200, _BINARY, content_type="text/csv")
    def show_file(round: str, draw: int, name: str) -> Response:
        """Give a published file, the very bytes whose digest is published."""
        path, sha256 = copies.published_file(round, draw, name)
        kind = _TYPES.get(name.rpartition(".")[2], "text/plain")
        return publish(_file(path, kind, name), FIXED_SECONDS, sha256)

    @routes.route("/rounds/<slug:round>/draws/<draw:draw>/bundle.zip")
    @limit
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
    def show_bundle(round: str, draw: int) -> Response:
        """Give the bundle: everything published of the draw, for anyone to recompute."""
        path, state = copies.bundle(round, draw)
        return publish(_file(path, "application/zip", f"{round}-{draw}.zip"), LIVE_SECONDS, state)

    return routes


def _with_files(draw: Draw, files: list[Any]) -> dict[str, Any]:
    return draw_members(draw) | {"files": files}


def _file(path: Path, kind: str, name: str) -> Response:
    return send_file(path, mimetype=kind, download_name=name, conditional=False, etag=False)
