"""Naming who collects, changing and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.db.rounds import Round
from maskres.errors import InputError, MaskresError
from maskres.identity.names import normalise_name
from maskres.pickup.proxies import Proxy, read_last_four, read_mark, read_proxy, read_word
from maskres.usecases.pickup import proxies
from maskres.usecases.service import RESIDENT
from maskres.usecases.showing.standing_values import Standing
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.pages import show
from maskres.web.resident.holding import Holding
from maskres.web.words import say

_READERS: tuple[tuple[str, Callable[[str], Any]], ...] = (
    ("name", normalise_name),
    ("last_four", read_last_four),
    ("word", read_word),
)


def add_naming(routes: Blueprint, door: Door, holding: Holding) -> None:
    """Add the page to the routes of the status page; arguments as those of add_acts."""
    service = door.service

    @routes.route("/<int:place>/proxy", methods=["GET", "POST"])
    @public
    @holding.needed
    def proxy(place: int, standing: Standing, round_: Round) -> Any:
        back = url_for("status.shown", place=place)
        part = next((each for each in standing.draws if each.may_name_proxy), None)
        if part is None:
            # Bookmarked, or collected meanwhile: where things stand says it all.
            return redirect(back, 303)
        named = proxies.show_proxy(service, standing.round, standing.number)
        form = Form({name: value or "" for name, value in named.members.items()} if named else {})
        if request.method == "POST":
            form = Form.sent()
            whose = (standing.round, part.draw, standing.number)
            proof = holding.proof(standing.round, standing.number)
            try:
                if form["act"] == "take-back":
                    proxies.take_back_proxy(service, RESIDENT, *whose, proof)
                    flash(gettext("Taken back: nobody is named to collect for you."), "success")
                    return redirect(back, 303)
                typed = _read(form)
                if typed is not None:
                    proxies.name_proxy(service, RESIDENT, *whose, proof, typed)
                    flash(gettext("Named. Give this person the pickup code."), "success")
                    return redirect(back, 303)
            except MaskresError as error:
                flash(say(error), "note")
                return redirect(back, 303)
        return show(
            "status/proxy.html",
            422 if form.errors else 200,
            form=form,
            named=named,
            standing=standing,
            round=round_,
            back=back,
        )


def _read(form: Form) -> Proxy | None:
    """Read the form with every problem named at once; None where there is one."""
    for field, read in _READERS:
        try:
            read(form[field])
        except InputError as error:
            form.errors[field] = say(error)
    if form.errors.keys() & {"last_four", "word"}:
        return None
    try:
        read_mark(form["last_four"], form["word"])
    except InputError as error:
        form.refuse(error)
        return None
    return None if form.errors else read_proxy(form["name"], form["last_four"], form["word"])
