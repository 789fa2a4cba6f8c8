"""Taking another time or store: for one place, or for all that a family has won, in one slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext, ngettext

from maskres.db import rounds
from maskres.db import standing as reads
from maskres.db.rounds import Round
from maskres.errors import MaskresError
from maskres.usecases.pickup import moving
from maskres.usecases.registration.proofs import Proof, secret_of
from maskres.usecases.service import RESIDENT, Service
from maskres.usecases.showing.standing_values import InDraw, Standing
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.pages import show
from maskres.web.resident.holding import Holding, ask_again
from maskres.web.resident.places import by_district
from maskres.web.words import say


@dataclass(frozen=True, slots=True)
class Together:
    """Places of one draw that their holder can move.

    Attributes:
        round: the round.
        draw: number of the draw.
        held: number of the registration → where it stands.
    """

    round: Round
    draw: int
    held: Mapping[str, InDraw]

    def needed(self, store: str, slot: str) -> int:
        """Count those that do not stand in a slot yet."""
        places = [each.place for each in self.held.values() if each.place and each.place.store]
        there = [each for each in places if each.store and (each.store.store, each.slot) == (store, slot)]
        return len(places) - len(there)


def add_moving(routes: Blueprint, door: Door, holding: Holding) -> None:
    """Add the pages to the routes of the status page; arguments as those of add_acts."""
    service = door.service

    @routes.route("/<int:place>/move", methods=["GET", "POST"])
    @public
    @holding.needed
    def move(place: int, standing: Standing, round_: Round) -> Any:
        back = url_for("status.shown", place=place)
        part = _movable(standing)
        if part is None:
            return redirect(back, 303)
        together = Together(round_, part.draw, {standing.number: part})
        return _page(service, together, here=url_for("status.move", place=place), back=back)

    @routes.route("/gather", methods=["GET", "POST"])
    @public
    def gather() -> Any:
        held = holding.all()
        if not held:
            return ask_again()
        together = family_of(list(held.values()))
        back = url_for("status.mine")
        if together is None:
            return redirect(back, 303)
        return _page(service, together, here=url_for("status.gather"), back=back)


def family_of(held: Sequence[tuple[Standing, Round]]) -> Together | None:
    """Give the places that can be gathered: the most of one draw, at least two; None where there are no two."""
    by_draw: dict[tuple[str, int], Together] = {}
    for standing, round_ in held:
        part = _movable(standing)
        if part is not None:
            known = by_draw.get((round_.slug, part.draw), Together(round_, part.draw, {}))
            whole = {**known.held, standing.number: part}
            by_draw[round_.slug, part.draw] = Together(round_, part.draw, whole)
    most = max(by_draw.values(), key=lambda each: len(each.held), default=None)
    return most if most is not None and len(most.held) > 1 else None


def _movable(standing: Standing) -> InDraw | None:
    part = next((each for each in standing.draws if each.may_move), None)
    return part if part is not None and part.place is not None and part.place.store is not None else None


def _page(service: Service, together: Together, *, here: str, back: str) -> Any:
    form = Form.sent() if request.method == "POST" else Form()
    store = request.args.get("store", "")
    listed, free = _room(service, together)
    if request.method == "POST":
        if form["slot"]:
            return _moved(service, together, store, form["slot"], back)
        form.errors["slot"] = gettext("Choose a time.")
    with_room = {row.store for row in free}
    chosen = next((each for each in listed if each.store == store and store in with_room), None)
    homes = [each.place.store.district for each in together.held.values() if each.place and each.place.store]
    return show(
        "status/move.html",
        form=form,
        together=together,
        here=here,
        round=together.round,
        store=chosen,
        slots=[row for row in free if row.store == store],
        districts=by_district([each for each in listed if each.store in with_room], homes[0]),
        back=here if chosen else back,
    )


def _room(service: Service, together: Together) -> tuple[list[rounds.Store], list[Any]]:
    now: datetime = service.now()
    with service.database.reading() as c:
        draw = rounds.find_draw(c, together.round, together.draw)
        listed = rounds.list_stores(c, together.round.id)
        free = reads.slots_with_room(c, draw.id, now)
    fitting = [row for row in free if row.free >= max(1, together.needed(row.store, row.slot))]
    return listed, [row for row in fitting if together.needed(row.store, row.slot) > 0]


def _moved(service: Service, together: Together, store: str, slot: str, back: str) -> Any:
    slug = together.round.slug
    # The session holds them only because their holder has shown them to be theirs.
    proofs = {number: Proof(secret=secret_of(service, slug, number)) for number in together.held}
    try:
        given = moving.move_places(service, RESIDENT, slug, together.draw, proofs, store=store, slot=slot)
    except MaskresError as error:
        flash(say(error), "note")
    else:
        flash(
            ngettext(
                "Moved. The code below is new; the old one no longer works.",
                "%(num)s places are moved. Their codes are new; the old ones no longer work.",
                len(given),
            ),
            "success",
        )
    return redirect(back, 303)
