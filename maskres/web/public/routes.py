"""The start page, a page a round, and the published files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.db import files
from maskres.rounds.status import DrawStatus
from maskres.rounds.times import Registering
from maskres.usecases.draw.fairness import show_fairness
from maskres.usecases.showing.public_rounds import DrawView, list_public_rounds, show_public_round
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.pages import show
from maskres.web.public.fairness_words import COMPARISONS, group_name
from maskres.web.resident.places import by_district
from maskres.web.resident.shown import helpers
from maskres.web.rules_words import say_rules, say_who

_DRAWS = {
    DrawStatus.CLOSED: lazy_gettext("registration has closed, the registers are being compared"),
    DrawStatus.DECIDED: lazy_gettext("everybody can see whether they take part, and object"),
    DrawStatus.COMMITTED: lazy_gettext("the pool is fixed and signed, the draw is to come"),
    DrawStatus.DICED: lazy_gettext("the dice are in, the result is to come"),
    DrawStatus.DRAWN: lazy_gettext("drawn; the places are to come"),
    DrawStatus.PUBLISHED: lazy_gettext("winners and places are published"),
    DrawStatus.COLLECTING: lazy_gettext("winners are collecting"),
    DrawStatus.FINISHED: lazy_gettext("finished"),
    DrawStatus.VOID: lazy_gettext("given up before the dice"),
}
_REGISTERING = {
    Registering.ANNOUNCED: lazy_gettext("registration is announced"),
    Registering.RUNNING: lazy_gettext("registration is open"),
    Registering.ENDED: lazy_gettext("the time for registering is over; the list is about to be closed"),
}
#: Published files never change.
_KEEP = "public, max-age=31536000, immutable"


def home_routes(door: Door) -> Blueprint:
    """Make the routes everybody begins at."""
    routes = Blueprint("home", __name__)
    service = door.service
    routes.app_context_processor(helpers)
    routes.app_context_processor(lambda: {"draw_words": _draw_words})

    @routes.get("/")
    @public
    def home() -> Any:
        return show("home.html", views=list_public_rounds(service), say_who=say_who)

    @routes.get("/rounds/<slug>")
    @public
    def round_page(slug: str) -> Any:
        view, stores = show_public_round(service, slug)
        words = say_rules(view.round.rules)
        return show("public/round.html", view=view, rules=words, districts=by_district(stores))

    @routes.get("/rounds/<slug>/rules.json")
    @public
    def rules_file(slug: str) -> Any:
        view, _ = show_public_round(service, slug)
        return Response(view.round.rules_bytes, mimetype="application/json")

    @routes.get("/rounds/<slug>/draws/<int:draw>/fairness")
    @public
    def fairness(slug: str, draw: int) -> Any:
        round_, report = show_fairness(service, slug, draw)
        widest = {
            name: max([1.0, *(max(group["won"], float(group["expected"])) for group in found["groups"])])
            for name, found in report["comparisons"].items()
        }
        return show(
            "public/fairness.html",
            round=round_,
            draw=draw,
            report=report,
            comparisons=COMPARISONS,
            group_name=group_name,
            widest=widest,
        )

    @routes.get("/rounds/<slug>/draws/<int:draw>/<name>")
    @public
    def published(slug: str, draw: int, name: str) -> Any:
        view, _ = show_public_round(service, slug)
        found = next((each.files for each in view.draws if each.draw == draw), ())
        file = next((each for each in found if each.name == name), None)
        if file is None:
            abort(404)
        answer = Response(_pieces(door, file.sha256), mimetype=_kind(name))
        answer.set_etag(file.sha256)
        answer.headers["Cache-Control"] = _KEEP
        return answer

    return routes


def _draw_words(draw: DrawView) -> LazyString:
    return _DRAWS[draw.status] if draw.registering is None else _REGISTERING[draw.registering]


def _pieces(door: Door, sha256: str) -> Iterator[bytes]:
    with door.service.database.reading() as c:
        yield from files.read_pieces(c, sha256)


def _kind(name: str) -> str:
    kinds = {"csv": "text/csv", "json": "application/json", "txt": "text/plain"}
    return kinds.get(name.rsplit(".", 1)[-1], "application/octet-stream")
