"""What a holder can do with a registration or a place; each act that cannot be undone has a page before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext

from maskres.db import rounds
from maskres.db.rounds import Round
from maskres.errors import InputError, MaskresError, StepRefused
from maskres.registration.seals import Reach, Wishes
from maskres.usecases.eligibility.disputes import lodge_dispute
from maskres.usecases.pickup import afterwards
from maskres.usecases.registration import registering
from maskres.usecases.registration.proofs import Proof
from maskres.usecases.service import RESIDENT
from maskres.usecases.showing.standing_values import Standing, Where
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.pages import show
from maskres.web.resident.holding import Holding
from maskres.web.resident.places import by_district
from maskres.web.resident.ranking import CONTINUE, rank
from maskres.web.resident.status_moving import add_moving
from maskres.web.resident.status_proxy import add_naming
from maskres.web.words import say

_CHANGE = "change"
#: Characters of an objection: so many are kept, even in Chinese, while its writer shows again who they are.
MOST_WORDS = 600


def add_acts(routes: Blueprint, door: Door, holding: Holding) -> None:
    """Add the acts to the routes of the status page.

    Args:
        routes: of the status page.
        door: the door.
        holding: the registrations of the session.
    """
    _add_plain_acts(routes, door, holding)
    _add_wishes(routes, door, holding)
    add_moving(routes, door, holding)
    add_naming(routes, door, holding)


def _back_to(place: int, words: str = "", kind: str = "success") -> Any:
    if words:
        flash(words, kind)
    return redirect(url_for("status.shown", place=place), 303)


def _add_plain_acts(routes: Blueprint, door: Door, holding: Holding) -> None:
    service = door.service

    def act(
        place: int,
        held: tuple[Standing, Round],
        page: str,
        is_possible: Callable[[Standing], bool],
        do: Any,
        done: Any,
    ) -> Any:
        standing, round_ = held
        if not is_possible(standing):
            # Bookmarked, sent twice, or too late: where things stand says it all.
            return _back_to(place)
        if request.method == "GET":
            return show(
                page, standing=standing, round=round_, place=place, back=url_for("status.shown", place=place)
            )
        try:
            do(standing, holding.proof(standing.round, standing.number))
        except MaskresError as error:
            return _back_to(place, say(error), "note")
        return _back_to(place, done(standing) if callable(done) else done)

    @routes.route("/<int:place>/withdraw", methods=["GET", "POST"])
    @public
    @holding.needed
    def withdraw(place: int, standing: Standing, round_: Round) -> Any:
        return act(
            place,
            (standing, round_),
            "status/withdraw.html",
            lambda standing: standing.may_change and not standing.is_withdrawn,
            lambda standing, proof: registering.withdraw(
                service, RESIDENT, standing.round, standing.number, proof
            ),
            gettext("The registration is withdrawn."),
        )

    @routes.post("/<int:place>/return")
    @public
    @holding.needed
    def bring_back(place: int, standing: Standing, round_: Round) -> Any:
        return act(
            place,
            (standing, round_),
            "",
            lambda standing: standing.may_change and standing.is_withdrawn,
            lambda standing, proof: registering.bring_back(
                service, RESIDENT, standing.round, standing.number, proof
            ),
            gettext("The registration stands again, under the same number."),
        )

    @routes.route("/<int:place>/give-back", methods=["GET", "POST"])
    @public
    @holding.needed
    def give_back(place: int, standing: Standing, round_: Round) -> Any:
        def do(standing: Standing, proof: Proof) -> None:
            part = next(each for each in standing.draws if each.may_give_back)
            afterwards.give_back(service, RESIDENT, standing.round, part.draw, standing.number, proof)

        return act(
            place,
            (standing, round_),
            "status/give-back.html",
            lambda standing: any(each.may_give_back for each in standing.draws),
            do,
            lambda standing: (
                gettext("You have left the waiting list.")
                if next(each for each in standing.draws if each.may_give_back).where is Where.WAITING
                else gettext("It is given back.")
            ),
        )

    @routes.route("/<int:place>/dispute", methods=["GET", "POST"])
    @public
    @holding.needed
    def dispute(place: int, standing: Standing, round_: Round) -> Any:
        part = next((each for each in standing.draws if each.may_dispute), None)
        if part is None:
            return _back_to(place)
        form = Form.sent() if request.method == "POST" else Form()
        length = len(form["words"].strip().replace("\r\n", "\n"))
        if length > MOST_WORDS:
            form.errors["words"] = gettext(
                "These are %(length)s characters. Please say it in %(most)s.", length=length, most=MOST_WORDS
            )
        elif request.method == "POST" and not length:
            form.errors["words"] = gettext("Please say in your own words why you should take part.")
        elif request.method == "POST":
            try:
                lodge_dispute(service, RESIDENT, standing.round, part.draw, standing.number, form["words"])
                return _back_to(place, gettext("We have your objection. Staff will look at it."))
            except InputError as error:
                form.refuse(error)
            except StepRefused as error:
                return _back_to(place, say(error), "note")
        back = url_for("status.shown", place=place)
        shown: dict[str, Any] = {"standing": standing, "part": part, "round": round_, "most": MOST_WORDS}
        return show("status/dispute.html", form=form, back=back, **shown)


def _add_wishes(routes: Blueprint, door: Door, holding: Holding) -> None:
    service = door.service

    def kept(place: int, standing: Standing) -> dict[str, Any]:
        found = session.get(_CHANGE)
        if isinstance(found, dict) and found.get("number") == standing.number:
            return found
        wishes = standing.wishes
        return {
            "number": standing.number,
            "district": wishes.district,
            "reach": str(wishes.reach),
            "choices": wishes.joined,
        }

    @routes.route("/<int:place>/wishes", methods=["GET", "POST"])
    @public
    @holding.needed
    def wishes(place: int, standing: Standing, round_: Round) -> Any:
        if not standing.may_change or standing.is_withdrawn:
            return _back_to(place)
        change = kept(place, standing)
        form = Form.sent() if request.method == "POST" else Form(change)
        if request.method == "POST":
            if form["district"] not in round_.rules.districts:
                form.errors["district"] = gettext("Please choose your district.")
            if form["reach"] not in set(Reach):
                form.errors["reach"] = gettext("Please say how far you would go.")
            if not form.errors:
                session[_CHANGE] = {**change, "district": form["district"], "reach": form["reach"]}
                return redirect(url_for("status.stores", place=place), 303)
        return show(
            "register/district.html", form=form, round=round_, back=url_for("status.shown", place=place)
        )

    @routes.route("/<int:place>/stores", methods=["GET", "POST"])
    @public
    @holding.needed
    def stores(place: int, standing: Standing, round_: Round) -> Any:
        if not standing.may_change or standing.is_withdrawn:
            return _back_to(place)
        change = kept(place, standing)
        with service.database.reading() as c:
            listed = rounds.list_stores(c, round_.id)
        by_slug = {store.store: store for store in listed}
        chosen = [each for each in change["choices"].split("|") if each in by_slug]
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            chosen = rank(chosen, form["act"], by_slug)
            if form["act"] != CONTINUE:
                session[_CHANGE] = {**change, "choices": "|".join(chosen)}
                return redirect(url_for("status.stores", place=place) + "#chosen", 303)
            if chosen or change["reach"] != Reach.CHOICES:
                session[_CHANGE] = {**change, "choices": "|".join(chosen)}
                return redirect(url_for("status.confirm", place=place), 303)
            form.errors["choices"] = gettext(
                "Choose at least one store, since you would go to no other than those you choose."
            )
        return show(
            "register/stores.html",
            form=form,
            chosen=[by_slug[each] for each in chosen],
            districts=by_district(listed, change["district"]),
            is_needed=change["reach"] == Reach.CHOICES,
            back=url_for("status.wishes", place=place),
        )

    @routes.route("/<int:place>/confirm", methods=["GET", "POST"])
    @public
    @holding.needed
    def confirm(place: int, standing: Standing, round_: Round) -> Any:
        change = session.get(_CHANGE)
        if not isinstance(change, dict) or change.get("number") != standing.number or not standing.may_change:
            return _back_to(place)
        choices = tuple(each for each in change["choices"].split("|") if each)
        wanted = Wishes(change["district"], Reach(change["reach"]), choices)
        if request.method == "POST":
            session.pop(_CHANGE)
            try:
                registering.change_wishes(
                    service,
                    RESIDENT,
                    standing.round,
                    standing.number,
                    wanted,
                    holding.proof(standing.round, standing.number),
                )
            except MaskresError as error:
                return _back_to(place, say(error), "note")
            return _back_to(place, gettext("Your choices are changed. The new receipt replaces the old one."))
        with service.database.reading() as c:
            by_slug = {store.store: store for store in rounds.list_stores(c, round_.id)}
        return show(
            "status/confirm.html",
            standing=standing,
            wanted=wanted,
            chosen=[by_slug[each] for each in choices if each in by_slug],
            place=place,
            back=url_for("status.stores", place=place),
        )
