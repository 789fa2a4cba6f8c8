"""Seeing where one stands: by number and secret, or by a code to the registered phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, session, url_for
from flask_babel import gettext

from maskres.db import rounds
from maskres.errors import InputError, StepRefused
from maskres.formats.symbols import read_typed
from maskres.identity.phones import masked_phone
from maskres.rounds.status import RoundStatus
from maskres.usecases.pickup.proxies import show_proxy
from maskres.usecases.registration.proofs import Proof, secret_of
from maskres.usecases.registration.receipts import make_receipt
from maskres.usecases.showing.standing import find_standing, list_standings
from maskres.usecases.showing.standing_values import Standing
from maskres.usecases.telling.phone_codes import CodePurpose
from maskres.web import allowances
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.interrupted import form_left_by
from maskres.web.limits import everybody
from maskres.web.pages import show
from maskres.web.resident import codes
from maskres.web.resident.calendar import slot_calendar
from maskres.web.resident.draft import verified_phone
from maskres.web.resident.holding import Holding
from maskres.web.resident.opened import close_all, list_opened, open_number
from maskres.web.resident.status_acts import add_acts
from maskres.web.resident.status_moving import family_of


def status_routes(door: Door) -> Blueprint:
    """Make the routes by which somebody sees where they stand and acts on it."""
    routes = Blueprint("status", __name__, url_prefix="/status")
    service = door.service
    holding = Holding(door)

    def list_rounds(are_wanted: Callable[[RoundStatus], bool]) -> list[rounds.Round]:
        with service.database.reading() as c:
            return [each for each in reversed(rounds.list_rounds(c)) if are_wanted(each.status)]

    def shown_rounds() -> list[rounds.Round]:
        return list_rounds(lambda status: status not in (RoundStatus.DRAFT, RoundStatus.ERASED))

    @routes.route("", methods=["GET", "POST"])
    @door.limits.closed.limit(allowances.TYPING, methods=["POST"])
    @public
    def look_up() -> Any:
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and (place := find(form)) is not None:
            # A fragment of its own, or the browser would carry on the number that the slip's picture brought.
            return redirect(url_for("status.shown", place=place) + "#top", 303)
        erased = list_rounds(lambda status: status is RoundStatus.ERASED)
        return show("status/look_up.html", form=form, mine=list_opened(service.now()), erased=erased)

    def find(form: Form) -> int | None:
        typed: dict[str, str] = {}
        empty = {
            "number": gettext("Please give the registration number."),
            "secret": gettext("Please give the secret."),
        }
        for field in ("number", "secret"):
            if not form[field].strip():
                form.errors[field] = empty[field]
                continue
            try:
                typed[field] = read_typed(form[field], field=field)
            except InputError as error:
                form.refuse(error)
        if form.errors:
            return None
        number, secret = typed["number"], typed["secret"]
        for round_ in shown_rounds():
            try:
                find_standing(service, round_.slug, number, Proof(secret=secret))
            except StepRefused:
                continue
            return open_number(round_.slug, number, service.now())
        form.errors["number"] = gettext(
            "Number and secret do not belong together. Compare both with your slip."
        )
        return None

    @routes.route("/phone", methods=["GET", "POST"])
    @door.limits.open.limit(allowances.SENDING, methods=["POST"])
    @door.limits.open.limit(allowances.SENDING_OF_ALL, everybody, methods=["POST"])
    @public
    def phone() -> Any:
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and codes.ask_code(service, form, CodePurpose.LOOK_UP):
            return redirect(url_for("status.code"), 303)
        return show("status/phone.html", form=form, back=url_for("status.look_up"))

    @routes.route("/code", methods=["GET", "POST"])
    @door.limits.closed.limit(allowances.TYPING, methods=["POST"])
    @door.limits.closed.limit(allowances.TYPING_OF_ALL, everybody, methods=["POST"])
    @public
    def code() -> Any:
        asked = codes.asked_phone()
        if asked is None:
            return redirect(url_for("status.phone"), 303)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and form["act"] == "resend":
            codes.ask_again(service, CodePurpose.LOOK_UP)
            return redirect(url_for("status.code"), 303)
        if request.method == "POST" and codes.check_asked(service, form):
            return redirect(url_for("status.mine"), 303)
        return show("register/code.html", form=form, phone=masked_phone(asked), back=url_for("status.phone"))

    @routes.get("/mine")
    @public
    def mine() -> Any:
        now = service.now()
        known = verified_phone(now)
        if known is not None:
            for round_ in shown_rounds():
                for standing in list_standings(service, round_.slug, known):
                    open_number(round_.slug, standing.number, now)
        if known is None and not list_opened(now):
            return redirect(url_for("status.look_up"), 303)
        found = holding.all()
        listed = [(place, *slip(standing)) for place, (standing, _) in found.items()]
        return show("status/mine.html", listed=listed, family=family_of(list(found.values())))

    def slip(standing: Standing) -> tuple[Standing, str, str]:
        address = f"{door.settings.public_url}{url_for('status.look_up')}#{standing.number}"
        return standing, secret_of(service, standing.round, standing.number), address

    @routes.get("/<int:place>")
    @public
    @holding.needed
    def shown(place: int, standing: Standing, round_: rounds.Round) -> Any:
        if left := form_left_by(f"{round_.slug}/{standing.number}", place):
            return redirect(left, 303)
        with service.database.reading() as c:
            names = {store.store: store for store in rounds.list_stores(c, round_.id)}
        return show(
            "status/shown.html",
            standing=standing,
            round=round_,
            place=place,
            proxy=show_proxy(service, round_.slug, standing.number),
            chosen=[names[store] for store in standing.wishes.choices if store in names],
            count=len(list_opened(service.now())),
        )

    @routes.get("/<int:place>/receipt.json")
    @public
    @holding.needed
    def receipt(place: int, standing: Standing, round_: rounds.Round) -> Any:
        headers = {"Content-Disposition": f'attachment; filename="receipt-{round_.slug}.json"'}
        made = make_receipt(service, round_.slug, standing.number)
        return Response(made, mimetype="application/json", headers=headers)

    @routes.get("/<int:place>/slot.ics")
    @public
    @holding.needed
    def calendar(place: int, standing: Standing, round_: rounds.Round) -> Any:
        part = next((each for each in standing.draws if each.place and each.place.code), None)
        if part is None or part.place is None or part.place.starts_at is None:
            abort(404)
        address = f"{door.settings.public_url}{url_for('status.look_up')}"
        data = slot_calendar(round_, part.draw, standing.number, part.place, service.now(), address)
        headers = {"Content-Disposition": f'attachment; filename="{round_.slug}.ics"'}
        return Response(data, mimetype="text/calendar", headers=headers)

    @routes.post("/leave")
    @public
    def leave() -> Any:
        close_all()
        session.clear()
        flash(gettext("This device has forgotten your registrations."), "success")
        return redirect(url_for("home.home"), 303)

    add_acts(routes, door, holding)
    return routes
