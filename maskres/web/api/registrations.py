"""Registering, changing and withdrawing: by helpers for people at a counter, by anybody with a verified phone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from flask import Response, g
from flask_smorest import Blueprint

from maskres.db import rounds
from maskres.registration.applications import Application, read_application
from maskres.registration.seals import Reach, Wishes
from maskres.usecases.registration.own_registrations import Slip, list_slips, make_slip
from maskres.usecases.registration.proofs import SEEN_BY_STAFF
from maskres.usecases.registration.registering import Outcome, change_wishes, register, withdraw
from maskres.usecases.registration.registering_by_phone import register_by_phone
from maskres.usecases.rounds.open_data import find_shown_round
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.showing.standing import find_standing
from maskres.usecases.showing.standing_values import Place, Standing
from maskres.web import allowances
from maskres.web.access import public
from maskres.web.api import own_schemas as shapes
from maskres.web.api.once import once
from maskres.web.api.routes import ApiBlueprint, as_json, may_refuse, reads_body
from maskres.web.api.standing_schemas import StandingShown
from maskres.web.api.tokens import (
    limit_by_holder,
    phone_shown,
    refuse_unknown,
    require_proved,
    require_registrar,
    shown_proof,
)
from maskres.web.door import Door

#: The address, and how often a token may; plain_cases.py answers what is plain of it.
REGISTERING = "/rounds/<slug:round>/registrations"
BY_TOKEN = "600 per minute"
_OWN: list[dict[str, list[str]]] = [{"registrationSecret": []}, {"phoneProof": []}]


def registration_routes(door: Door) -> Blueprint:
    """Make the routes of registrations."""
    routes = ApiBlueprint("registrations", "Registering, changing wishes, withdrawing.")
    service, limits = door.service, door.limits

    @routes.route(REGISTERING, methods=["POST"])
    @require_registrar(service)
    @limits.open.limit(BY_TOKEN, key_func=limit_by_holder)
    @public
    @may_refuse(401, 403, 409)
    @reads_body
    @routes.doc(security=[{"token": []}, {"phoneProof": []}])
    @routes.arguments(shapes.OnceHeader, location="headers")
    @routes.arguments(shapes.LanguageQuery, location="query")
    @routes.arguments(shapes.ApplicationSent)
    @once(service)
    @routes.alt_response(200, schema=shapes.Registered, success=True)
    @routes.alt_response(201, schema=shapes.Registered, success=True)
    @routes.response(202, shapes.Received)
    def register_person(
        _headers: dict[str, Any], query: dict[str, Any], body: dict[str, Any], round: str
    ) -> Any:
        """Register a person; repeated, change their wishes: nobody stands twice.

        By a token of the role helper, who has seen the card: 201 with number, secret and receipt for the slip, 200
        where the person stood already. By a verified phone: always 202 and nothing else, for whoever registers
        somebody that another phone has registered must learn nothing. Number and secret go to the phone, and are
        to be had by GET with the same proof.
        """
        holder = g.get("token_holder")
        application = _read(service, round, body, is_phone_required=holder is None)
        if holder is None:
            register_by_phone(service, round, application, g.phone, query["language"])
            return {"outcome": "received"}
        done = register(service, holder.actor, round, application, SEEN_BY_STAFF)
        slip = make_slip(service, round, str(done.number))
        return _answer(slip, done.outcome)

    @routes.route("/rounds/<slug:round>/registrations")
    @limits.closed.limit(allowances.OWN)
    @public
    @may_refuse(401)
    @routes.doc(security=[{"phoneProof": []}])
    @routes.response(200, shapes.Slips)
    def list_registrations(round: str) -> dict[str, Any]:
        """List whom a verified phone has registered, each with number, secret and receipt."""
        phone = phone_shown(service)
        if phone is None:
            refuse_unknown("missing-phone-proof", "Send Phone-Proof.")
        return {"registrations": [_members(each) for each in list_slips(service, round, phone)]}

    @routes.route("/rounds/<slug:round>/registrations/<number:number>")
    @limits.closed.limit(allowances.OWN)
    @public
    @may_refuse(401, 403)
    @routes.doc(security=_OWN)
    @require_proved(service)
    @routes.response(200, StandingShown)
    def show_registration(round: str, number: str) -> dict[str, Any]:
        """Tell the holder of a registration where it stands in every draw.

        Whoever cannot show that it is theirs is answered as if nobody had the number: 403, the same bytes.
        """
        return _standing(find_standing(service, round, number, shown_proof(service)))

    @routes.route("/rounds/<slug:round>/registrations/<number:number>/wishes", methods=["PUT"])
    @limits.closed.limit(allowances.OWN)
    @public
    @may_refuse(401, 403, 409)
    @reads_body
    @routes.doc(security=_OWN)
    @routes.arguments(shapes.OnceHeader, location="headers")
    @routes.arguments(shapes.WishesSent)
    @require_proved(service)
    @once(service)
    @routes.response(200, shapes.Changed)
    def put_wishes(_headers: dict[str, Any], body: dict[str, Any], round: str, number: str) -> dict[str, Any]:
        """Change the wishes of a registration, by its secret or its phone, while registration is open."""
        proof = shown_proof(service)
        wishes = Wishes(body["district"], Reach(body["reach"]), tuple(body["choices"]))
        change_wishes(service, RESIDENT, round, number, wishes, proof)
        return _members(make_slip(service, round, number))

    @routes.route("/rounds/<slug:round>/registrations/<number:number>/withdraw", methods=["POST"])
    @limits.closed.limit(allowances.OWN)
    @public
    @may_refuse(401, 403, 409, 422)
    @routes.doc(security=_OWN)
    @routes.arguments(shapes.OnceHeader, location="headers")
    @require_proved(service)
    @once(service)
    @routes.response(200, shapes.Changed)
    def post_withdrawal(_headers: dict[str, Any], round: str, number: str) -> dict[str, Any]:
        """Withdraw a registration while registration is open; registering again brings it back."""
        withdraw(service, RESIDENT, round, number, shown_proof(service))
        return _members(make_slip(service, round, number))

    return routes


def _read(service: Service, round_slug: str, body: dict[str, Any], *, is_phone_required: bool) -> Application:
    with service.database.reading() as c:
        round_ = find_shown_round(c, round_slug)
        stores = rounds.store_districts(c, round_.id)
    return read_fields(service, round_, stores, body, is_phone_required=is_phone_required)


def read_fields(
    service: Service,
    round_: rounds.Round,
    stores: Collection[str],
    body: Mapping[str, Any],
    *,
    is_phone_required: bool,
) -> Application:
    """Read an application out of a body whose form is in order.

    Raises:
        ApplicationRefused: as read_application.
    """
    written = {name: value for name, value in body.items() if isinstance(value, str)}
    written |= {"choices": "|".join(body["choices"]), "keep": "yes" if body["keep"] else "no"}
    return read_application(
        written,
        districts=round_.rules.districts,
        stores=stores,
        today=service.now().date(),
        is_phone_required=is_phone_required,
    )


def _answer(slip: Slip, outcome: Outcome) -> Response:
    return as_json(registered(slip, outcome), 201 if outcome is Outcome.REGISTERED else 200)


def registered(slip: Slip, outcome: Outcome) -> dict[str, Any]:
    """Give what a helper is told who has registered somebody."""
    return _members(slip) | {"outcome": str(outcome)}


def _standing(found: Standing) -> dict[str, Any]:
    draws = [
        _attributes(each)
        | {"place": None if each.place is None else _attributes(each.place) | {"store": _slug_of(each.place)}}
        for each in found.draws
    ]
    return _attributes(found) | {"draws": draws}


def _slug_of(place: Place) -> str | None:
    return None if place.store is None else place.store.store


def _attributes(value: Any) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _members(slip: Slip) -> dict[str, Any]:
    return {"number": slip.number, "secret": slip.secret, "receipt": slip.receipt}
