"""Pages about one registration: shown only to whoever has opened it in this session, else asked for again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext

from maskres.db import rounds
from maskres.db.rounds import Round
from maskres.rounds.status import RoundStatus
from maskres.usecases.registration.proofs import Proof, secret_of
from maskres.usecases.showing.standing import find_standing
from maskres.usecases.showing.standing_values import Standing
from maskres.web.door import Door
from maskres.web.interrupted import is_kept
from maskres.web.not_sent import not_sent
from maskres.web.resident.opened import list_opened, opened

#: A page about a registration: its place in the session's list, where it stands, its round.
View = Callable[[int, Standing, Round], Any]


class Holding:
    """The registrations of this session, for the pages about them.

    Args:
        door: the door.
    """

    def __init__(self, door: Door) -> None:
        self._service = door.service

    def find(self, place: int) -> tuple[Standing, Round] | None:
        """Give the registration of a place in the session's list, from 1; None where none is open there.

        What was erased while it was open is open no more.
        """
        found = opened(place, self._service.now())
        if found is None:
            return None
        slug, number = found
        with self._service.database.reading() as c:
            round_ = rounds.find_round(c, slug)
        if round_.status is RoundStatus.ERASED:
            return None
        return find_standing(self._service, slug, number, self.proof(slug, number)), round_

    def all(self) -> dict[int, tuple[Standing, Round]]:
        """Give every registration that is open in this session, by its place in the list."""
        places = range(1, len(list_opened(self._service.now())) + 1)
        return {place: found for place in places if (found := self.find(place)) is not None}

    def needed(self, view: View) -> Callable[[int], Any]:
        """Make a view of a place in the list from one of a registration: who has none open there opens it again."""

        @wraps(view)
        def of_place(place: int) -> Any:
            found = self.find(place)
            return ask_again() if found is None else view(place, *found)

        return of_place

    def proof(self, slug: str, number: str) -> Proof:
        """Prove a registration: the session holds it only because its holder has shown it to be theirs."""
        return Proof(secret=secret_of(self._service, slug, number))


def ask_again() -> Any:
    """Send whoever has no registration open, or has been away for long, to open it again."""
    go_on = url_for("status.look_up")
    if request.method == "POST" and not is_kept():
        return not_sent(go_on)
    flash(gettext("For your safety this page closes after a while. Please open it again."), "note")
    return redirect(go_on, 303)
