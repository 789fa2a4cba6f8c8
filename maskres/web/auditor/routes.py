"""The audit log, and the public ledger with its checkpoints."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from maskres.db import record
from maskres.rounds.roles import StaffRole
from maskres.usecases.draw.cosigning import ledger_pages
from maskres.web.access import staff
from maskres.web.audit_log import add_log
from maskres.web.door import Door
from maskres.web.pages import show


def auditor_routes(door: Door) -> Blueprint:
    """Make the routes of the auditor."""
    routes = Blueprint("auditor", __name__, url_prefix="/auditor")
    service = door.service

    @routes.get("/")
    @staff(StaffRole.AUDITOR)
    def home() -> Any:
        with service.database.reading() as c:
            size, checkpoint = record.ledger_size(c), record.latest_checkpoint(c)
            newest = record.read_log(c, limit=1)
        return show("auditor/home.html", size=size, checkpoint=checkpoint, newest=newest)

    add_log(routes, door, StaffRole.AUDITOR)

    @routes.get("/ledger")
    @staff(StaffRole.AUDITOR)
    def ledger() -> Any:
        return show("auditor/ledger.html", pages=ledger_pages(service))

    return routes
