"""Open data of the record: the ledger, its checkpoints, and proofs about it."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint

from maskres.usecases.draw.cosigning import hand_in_by_signature
from maskres.usecases.rounds import open_data
from maskres.web.access import public
from maskres.web.api import open_schemas as shapes
from maskres.web.api.routes import (
    FIXED_SECONDS,
    LIVE_SECONDS,
    ApiBlueprint,
    is_open_data,
    may_refuse,
    publish,
    reads_body,
)
from maskres.web.door import Door

#: The whole tree is hashed for a proof.
_COSTLY = "120 per minute"
#: Two people sign a dozen times a draw.
_SELDOM = "30 per minute"


def ledger_routes(door: Door) -> Blueprint:
    """Make the routes of the ledger."""
    routes = ApiBlueprint("ledger", "The public ledger: what happened when, and who signed it.")
    service, limit = door.service, door.limits.open.limit(_COSTLY)

    @routes.route("/ledger.jsonl")
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, {"type": "string"}, content_type="application/jsonl")
    def show_ledger() -> Response:
        """Give the ledger: one event a line, the very bytes that are signed."""
        return publish(Response(open_data.read_ledger(service), mimetype="application/jsonl"), LIVE_SECONDS)

    @routes.route("/checkpoints")
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, shapes.Checkpoints)
    def list_checkpoints() -> Response:
        """List the checkpoints by size, with who cosigned each."""
        shown = [
            {"size": each.size, "root": each.root, "cosigners": names}
            for each, names in open_data.list_checkpoints(service)
        ]
        return publish(jsonify(shapes.Checkpoints().dump({"checkpoints": shown})), LIVE_SECONDS)

    @routes.route("/checkpoints/<size:size>")
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, {"type": "string"}, content_type="text/plain")
    def show_checkpoint(size: int) -> Response:
        """Give a checkpoint as a signed note, with all its cosignatures."""
        note = open_data.read_checkpoint_note(service, size)
        return publish(Response(note, mimetype="text/plain"), LIVE_SECONDS)

    @routes.route("/checkpoints/<size:size>/cosignatures", methods=["POST"])
    @door.limits.open.limit(_SELDOM)
    @public
    @reads_body
    @routes.doc(security=[])
    @routes.arguments(shapes.CosignatureSent)
    @routes.response(200, shapes.CosignatureKept)
    def hand_in(body: dict[str, Any], size: int) -> dict[str, Any]:
        """Hand in the signature of a round's notary or witness under a checkpoint.

        The signature itself is what is asked for: whoever sends one that holds is heard, a repeat changes nothing.
        """
        name, cosigned_at = hand_in_by_signature(service, size, body["line"])
        return {"size": size, "name": name, "cosigned_at": cosigned_at}

    @routes.route("/ledger/inclusion/<entry:entry>/<size:size>")
    @limit
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, shapes.Inclusion)
    def prove_inclusion(entry: int, size: int) -> Response:
        """Prove that a line, counted from 0, is a leaf of the tree over so many lines."""
        proof = open_data.prove_entry(service, entry, size)
        return publish(jsonify(shapes.Inclusion().dump(proof.to_json())), FIXED_SECONDS)

    @routes.route("/ledger/consistency/<size:old_size>/<size:size>")
    @limit
    @public
    @may_refuse()
    @is_open_data
    @routes.response(200, shapes.Consistency)
    def prove_consistency(old_size: int, size: int) -> Response:
        """Prove that the ledger of so many lines holds the older one, unchanged."""
        proof = open_data.prove_growth(service, old_size, size)
        return publish(jsonify(shapes.Consistency().dump(proof.to_json())), FIXED_SECONDS)

    return routes
