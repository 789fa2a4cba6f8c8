"""Open data of rounds: rules, stores with what is left."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint

from maskres.db.rounds import Draw
from maskres.formats import strict_json
from maskres.rounds.plain_words import describe
from maskres.usecases.rounds import open_data
from maskres.usecases.rounds.open_data import ShownRound, ShownStore
from maskres.web.access import public
from maskres.web.api import open_schemas as shapes
from maskres.web.api.routes import (
    FIXED_SECONDS,
    LIVE_SECONDS,
    ApiBlueprint,
    is_open_data,
    may_refuse,
    publish,
)
from maskres.web.door import Door


def round_routes(door: Door) -> Blueprint:
    """Make the routes of rounds and stores."""
    routes = ApiBlueprint("rounds", "Rounds: rules, draws and their status, stores with what is left.")
    service = door.service

    @routes.route("/rounds")
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, shapes.Rounds)
    def list_rounds() -> Response:
        """List the rounds, newest first."""
        shown = [round_members(each) for each in open_data.list_shown_rounds(service)]
        return publish(jsonify(shapes.Rounds().dump({"rounds": shown})), LIVE_SECONDS)

    @routes.route("/rounds/<slug:round>")
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, shapes.RoundDetail)
    def show_round(round: str) -> Response:
        """Show a round: its rules, also in plain words, and its draws."""
        found = open_data.show_one_round(service, round)
        rules = found.round.rules
        members = round_members(found) | {
            "rules": strict_json.loads(found.round.rules_bytes, file="rules.json"),
            "rules_sha256": found.round.rules_sha256,
            "rules_in_words": {"en": describe(rules, "en"), "zh": describe(rules, "zh-Hans")},
        }
        return publish(jsonify(shapes.RoundDetail().dump(members)), LIVE_SECONDS)

    @routes.route("/rounds/<slug:round>/rules.json")
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, {"type": "object"}, content_type="application/json")
    def show_rules(round: str) -> Response:
        """Give rules.json, the very bytes whose digest is in the ledger."""
        found = open_data.show_one_round(service, round).round
        answer = Response(found.rules_bytes, mimetype="application/json")
        return publish(answer, FIXED_SECONDS, found.rules_sha256)

    @routes.route("/rounds/<slug:round>/stores")
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, shapes.Stores)
    def list_stores(round: str) -> Response:
        """List the stores with what is left, and when that was last known."""
        shown = [_store_members(each) for each in door.memory.show_stores(round, open_data.list_stores)]
        return publish(jsonify(shapes.Stores().dump({"stores": shown})), LIVE_SECONDS)

    return routes


def round_members(shown: ShownRound) -> dict[str, Any]:
    """Give a round as its schema takes it."""
    return {
        "round": shown.round.slug,
        "status": shown.round.status,
        "goods": shown.round.rules.goods,
        "quantity": shown.round.rules.quantity,
        "is_registration_open": shown.is_registration_open,
        "opened_at": shown.round.opened_at,
        "finished_at": shown.round.finished_at,
        "draws": [draw_members(draw) for draw in shown.draws],
    }


def draw_members(draw: Draw) -> dict[str, Any]:
    """Give a draw as its schema takes it."""
    return {
        "draw": draw.draw,
        "status": draw.status,
        "opens_at": draw.times.opens_at,
        "closes_at": draw.times.closes_at,
        "closed_at": draw.closed_at,
        "committed_at": draw.committed_at,
        "published_at": draw.published_at,
        "seed": draw.seed,
    }


def _store_members(shown: ShownStore) -> dict[str, Any]:
    store = shown.store
    return {
        "store": store.store,
        "district": store.district,
        "name": store.name,
        "address": store.address,
        "opens": store.opens,
        "closes": store.closes,
        "left": shown.left,
        "left_known_at": shown.left_known_at,
        "state": shown.state,
        "state_since": shown.state_since,
    }
