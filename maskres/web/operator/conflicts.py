"""What was handed out without network and cannot stand: the operator's list, over all stores of a round."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from maskres.db import handovers, rounds
from maskres.rounds.roles import StaffRole
from maskres.web.access import staff
from maskres.web.counter.answers import LOOKS
from maskres.web.door import Door
from maskres.web.pages import show


def add_conflicts(routes: Blueprint, door: Door) -> None:
    """Add the page of a round's conflicts."""

    @routes.get("/rounds/<slug>/conflicts")
    @staff(StaffRole.OPERATOR)
    def conflicts(slug: str) -> Any:
        with door.service.database.reading() as c:
            round_ = rounds.find_round(c, slug)
            found = handovers.list_conflicts(c, round_.id)
            numbers = handovers.numbers_of(c, {each.handover.place for each in found if each.handover.place})
        values: dict[str, Any] = {
            "round": round_,
            "conflicts": list(reversed(found)),
            "numbers": numbers,
            "looks": LOOKS,
        }
        return show("operator/conflicts.html", **values)
