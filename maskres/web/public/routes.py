"""The start page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from maskres.db import rounds
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.pages import show


def home_routes(door: Door) -> Blueprint:
    """Make the routes everybody begins at."""
    routes = Blueprint("home", __name__)

    @routes.get("/")
    @public
    def home() -> Any:
        with door.service.database.reading() as c:
            shown = [each for each in rounds.list_rounds(c) if each.status is not RoundStatus.DRAFT]
            draws = {each.slug: rounds.list_draws(c, each.id) for each in shown}
        is_open = {slug: any(d.status is DrawStatus.OPEN for d in found) for slug, found in draws.items()}
        return show("home.html", rounds=list(reversed(shown)), draws=draws, is_open=is_open)

    return routes
