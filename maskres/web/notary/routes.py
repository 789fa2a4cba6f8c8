"""The pages of notary and witness: what waits for them, a draw's figures and digests, and everything they do."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

from flask import Blueprint, Response

from maskres.db import rounds
from maskres.ledger.minutes import STYLE
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import RoundStatus
from maskres.usecases.draw.cosigning import cosigner_key, ledger_pages, name_of_key
from maskres.usecases.draw.minutes import draw_minutes
from maskres.usecases.pickup.disqualifying import list_requests
from maskres.usecases.showing.overview import draw_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.notary.acts import add_notary_acts
from maskres.web.notary.cosigning import add_cosigning
from maskres.web.notary.dice import add_dice
from maskres.web.pages import qr_code, show
from maskres.web.staff.login_session import require_account
from maskres.web.task_pages import show_task
from maskres.web.timeline import timeline


def notary_routes(door: Door) -> Blueprint:
    """Make the routes of notary and witness."""
    routes = Blueprint("notary", __name__, url_prefix="/notary")
    _add_looks(routes, door)
    add_cosigning(routes, door)
    add_dice(routes, door)
    add_notary_acts(routes, door)
    return routes


def _add_looks(routes: Blueprint, door: Door) -> None:
    service = door.service

    @routes.get("/")
    @staff(StaffRole.NOTARY, StaffRole.WITNESS)
    def home() -> Any:
        role = require_account().role
        with service.database.reading() as c:
            opened = [each for each in rounds.list_rounds(c) if each.status is not RoundStatus.DRAFT]
            listed = [(each, rounds.list_draws(c, each.id)) for each in reversed(opened)]
        ours = {each.slug: name_of_key(cosigner_key(service, each.slug, role)) for each in opened}
        pages = ledger_pages(service)
        # Whoever cosigned a checkpoint has cosigned all before it, and signs no smaller one any more.
        last = max((page.size for page in pages if set(ours.values()) & set(page.cosigners)), default=0)
        waiting = [
            page for page in pages if page.is_milestone and page.size > last and page.entry.round in ours
        ]
        return show("notary/home.html", rounds=listed, waiting=waiting)

    @routes.get("/rounds/<slug>/draws/<int:number>")
    @staff(StaffRole.NOTARY, StaffRole.WITNESS)
    def draw(slug: str, number: int) -> Any:
        shown, one = draw_overview(service, slug, number)
        now = service.now()
        pages = [page for page in ledger_pages(service, round_slug=slug) if page.entry.draw in (None, number)]
        return show(
            "notary/draw.html",
            shown=shown,
            one=one,
            steps=timeline(shown, one, now),
            pages=pages,
            ours=name_of_key(cosigner_key(service, slug, require_account().role)),
            requests=list_requests(service, slug, number),
            now=now,
        )

    @routes.get("/rounds/<slug>/draws/<int:number>/minutes")
    @staff(StaffRole.NOTARY, StaffRole.WITNESS)
    def minutes(slug: str, number: int) -> Any:
        address = f"{door.settings.public_url}/api/v1/rounds/{slug}/draws/{number}/bundle.zip"
        page = Response(draw_minutes(service, slug, number, address, qr_code), mimetype="text/html")
        # A page of its own, to be saved and printed: its one style sheet stands in it and is allowed by its digest.
        digest = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
        page.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"
        )
        return page

    @routes.get("/tasks/<task_id>")
    @staff(StaffRole.NOTARY)
    def task(task_id: str) -> Any:
        return show_task(door, "notary", task_id)
