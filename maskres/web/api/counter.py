"""The counter: what a store's own till system does by a token of the role counter, bound to its store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint
from werkzeug.exceptions import NotFound

from maskres.db.tills import Till
from maskres.errors import InputError
from maskres.identity.documents import Document, read_document
from maskres.pickup.handovers import Answer
from maskres.pickup.store_states import StoreState
from maskres.rounds.roles import StaffRole
from maskres.usecases.accounts.tokens import till_for
from maskres.usecases.pickup import redeeming
from maskres.usecases.pickup.desk import Desk, see_at_till
from maskres.usecases.pickup.store_states import say_state
from maskres.usecases.rounds.open_data import require_store_of_round
from maskres.usecases.service import Service
from maskres.web.access import token
from maskres.web.api import counter_schemas as shapes
from maskres.web.api.once import once
from maskres.web.api.own_schemas import OnceHeader
from maskres.web.api.parsing import BadFields
from maskres.web.api.routes import ApiBlueprint, may_refuse, reads_body
from maskres.web.api.tokens import limit_by_holder, require_holder
from maskres.web.door import Door

#: Codes have 55 bits, so guessing is hopeless; whoever tries all the same is stopped early.
BY_TOKEN = "120 per minute"
BY_ADDRESS = "600 per minute"
_AT = "/rounds/<slug:round>/stores/<slug:store>"
#: plain_cases.py answers what is plain of it.
HANDING_OUT = f"{_AT}/hand-overs"


def counter_routes(door: Door) -> Blueprint:
    """Make the routes of the counter."""
    routes = ApiBlueprint("counters", "The counter: looking up, handing over, undoing, uploading.")
    service, limits = door.service, door.limits
    by_token = limits.closed.limit(BY_TOKEN, key_func=limit_by_holder)
    by_address = limits.closed.limit(BY_ADDRESS)

    @routes.route(f"{_AT}/look-ups", methods=["POST"])
    @by_token
    @by_address
    @token(StaffRole.COUNTER)
    @may_refuse(401, 403, 409)
    @reads_body
    @routes.doc(security=[{"token": []}])
    @routes.arguments(shapes.LookUp)
    @routes.response(200, shapes.Seen)
    def look_up(body: dict[str, Any], round: str, store: str) -> dict[str, Any]:
        """Say what is behind a code, or a card where there is only that, before anything is handed out.

        Where something may be handed out, the masked name and the last four signs of the document come with it, to be
        compared with the card, and whom the winner has named to collect: that they were read is logged. Whoever is
        looked up by card alone is told by message.
        """
        till, holder = _till(service, round, store), require_holder()
        if (body.get("code") is None) == (body.get("card") is None):
            raise BadFields((InputError("one-of-three", "Give one of code or card.", field="code"),))
        desk = Desk(holder.actor, store, holder.name)
        sight = see_at_till(service, desk, till, code=body.get("code"), card=_card(body.get("card"), ""))
        seen = {
            "identity": sight.identity,
            "proxy": None if sight.identity is None else sight.identity.proxy,
            "starts_at": sight.starts_at,
            "ends_at": sight.ends_at,
        }
        return told(sight.answer) | seen

    @routes.route(HANDING_OUT, methods=["POST"])
    @by_token
    @by_address
    @token(StaffRole.COUNTER)
    @may_refuse(401, 403, 409)
    @reads_body
    @routes.doc(security=[{"token": []}])
    @routes.arguments(OnceHeader, location="headers")
    @routes.arguments(shapes.HandOver)
    @once(service)
    @routes.response(200, shapes.Told)
    def hand_over(_headers: dict[str, Any], body: dict[str, Any], round: str, store: str) -> dict[str, Any]:
        """Hand out to a winner. The same nonce again gives the same answer and hands out nothing twice.

        A refusal is an answer too, not an error: see `answer`.
        """
        till = _till(service, round, store)
        return told(redeeming.report(service, till, [read_act(body, "")])[0])

    @routes.route(f"{_AT}/undos", methods=["POST"])
    @by_token
    @by_address
    @token(StaffRole.COUNTER)
    @may_refuse(401, 403, 409)
    @reads_body
    @routes.doc(security=[{"token": []}])
    @routes.arguments(OnceHeader, location="headers")
    @routes.arguments(shapes.Undo)
    @once(service)
    @routes.response(200, shapes.Told)
    def undo(_headers: dict[str, Any], body: dict[str, Any], round: str, store: str) -> dict[str, Any]:
        """Take a hand-over back within ten minutes, at the same store."""
        request = redeeming.Request(body["nonce"], undoes=body["undoes"])
        return told(redeeming.report(service, _till(service, round, store), [request])[0])

    @routes.route(f"{_AT}/uploads", methods=["POST"])
    @by_token
    @by_address
    @token(StaffRole.COUNTER)
    @may_refuse(401, 403, 409)
    @reads_body
    @routes.doc(security=[{"token": []}])
    @routes.arguments(OnceHeader, location="headers")
    @routes.arguments(shapes.Upload)
    @once(service)
    @routes.response(200, shapes.AllTold)
    def upload(_headers: dict[str, Any], body: dict[str, Any], round: str, store: str) -> dict[str, Any]:
        """Take what a till did without network: nothing counts twice, every conflict is told and kept."""
        till = _till(service, round, store)
        requests = [read_act(act, f"acts.{at}.") for at, act in enumerate(body["acts"])]
        answers = redeeming.report(service, till, requests, is_complete=body["is_complete"])
        return {"answers": [told(each) for each in answers]}

    @routes.route(f"{_AT}/state", methods=["PUT"])
    @by_token
    @by_address
    @token(StaffRole.COUNTER)
    @may_refuse(401, 403, 409)
    @reads_body
    @routes.doc(security=[{"token": []}])
    @routes.arguments(shapes.StateSaid)
    @routes.response(200, shapes.StateShown)
    def put_state(body: dict[str, Any], round: str, store: str) -> dict[str, Any]:
        """Say how the store stands: sold out, closed, without its device, or open again.

        The operator sees it and everybody reads it; nobody is given a new place there until it is open again.
        """
        till = _till(service, round, store)
        said = say_state(service, require_holder().actor, round, till.store, StoreState(body["state"]))
        return {"state": said.state, "since": said.said_at}

    return routes


def _till(service: Service, round_slug: str, store: str) -> Till:
    """Give the till that the token acts as; any store but its own looks like one that is not there."""
    holder = require_holder()
    if store != holder.store:
        raise NotFound("There is no such store here.")
    require_store_of_round(service, round_slug, store)
    return till_for(service, holder.actor, round_slug, store, holder.name)


def read_act(act: Mapping[str, Any], path: str) -> redeeming.Request:
    """Read an act: a code, a card or an undo, and only one of them.

    Raises:
        BadFields: "one-of-three"; "bad-document" or the like.
    """
    if sum(act.get(name) is not None for name in ("code", "card", "undoes")) != 1:
        names = "code, card or undoes" if "claimed_at" in act else "code or card"
        raise BadFields((InputError("one-of-three", f"Give one of {names}.", field=f"{path}code"),))
    document = _card(act.get("card"), path)
    return redeeming.Request(
        act["nonce"],
        code=act.get("code"),
        card=document,
        claimed_at=act.get("claimed_at"),
        is_offline="claimed_at" in act,
        is_proxy=act["is_proxy"],
        undoes=act.get("undoes"),
    )


def _card(card: dict[str, Any] | None, path: str) -> Document | None:
    try:
        return None if card is None else read_document(card["id_number"], card.get("id_type"))
    except InputError as error:
        raise BadFields(
            (InputError(error.code, error.message, field=f"{path}card.{error.field}"),)
        ) from error


def told(answer: Answer) -> dict[str, Any]:
    """Give what a till is told."""
    return {
        "answer": answer.code,
        "reason": answer.reason,
        "handed_out_at": answer.handed_out_at,
        "till": answer.till,
        "store": answer.store,
    }
