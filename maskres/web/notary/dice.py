"""The dice: typed twice, looked at once more, entered by somebody who did not commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext

from maskres.errors import MaskresError
from maskres.formats.values import sha256_hex
from maskres.lottery.source_values import MISSING, read_rolls
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus
from maskres.usecases.draw.seeding import enter_dice
from maskres.usecases.showing.overview import DrawOverview, RoundOverview, draw_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import say_to_staff
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.timeline import step_to

_KEPT = "dice_typed"


def add_dice(routes: Blueprint, door: Door) -> None:
    """Add the pages on which the dice are entered."""

    @routes.route("/rounds/<slug>/draws/<int:number>/dice", methods=["GET", "POST"])
    @staff(StaffRole.NOTARY)
    def dice(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent() if request.method == "POST" else Form()
        hindrance = _hindrance(shown, one, door.service.now())
        if request.method == "POST" and hindrance is None:
            rolls = _read(form, one)
            if rolls is not None:
                session[_KEPT] = {"round": slug, "draw": number, "rolls": rolls}
                return redirect(url_for("notary.dice_confirm", slug=slug, number=number), 303)
        status = 422 if form.errors else 409 if request.method == "POST" else 200
        return show("notary/dice.html", status, form=form, shown=shown, one=one, hindrance=hindrance)

    @routes.route("/rounds/<slug>/draws/<int:number>/dice/confirm", methods=["GET", "POST"])
    @staff(StaffRole.NOTARY, fresh=True)
    def dice_confirm(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        kept = session.get(_KEPT)
        hindrance = _hindrance(shown, one, door.service.now())
        if one.draw.dice is not None:
            # Also where the button was pressed twice: there the dice can be seen.
            return redirect(url_for("notary.draw", slug=slug, number=number), 303)
        if kept is None or (kept["round"], kept["draw"]) != (slug, number) or hindrance is not None:
            return redirect(url_for("notary.dice", slug=slug, number=number), 303)
        form = Form.sent() if request.method == "POST" else Form()
        digest = _approved(one, kept["rolls"])
        if request.method == "POST" and form["approved"] != digest:
            form.errors[""] = gettext("Something changed since you looked. Please look at it again.")
        elif request.method == "POST":
            try:
                enter_dice(door.service, require_account().actor, slug, number, kept["rolls"], digest)
            except MaskresError as error:
                form.errors[""] = say_to_staff(error)
            else:
                session.pop(_KEPT)
                flash(gettext("The dice are entered."), "success")
                return redirect(url_for("notary.draw", slug=slug, number=number), 303)
        status = 409 if form.errors else 200
        return show(
            "notary/dice_confirm.html",
            status,
            form=form,
            shown=shown,
            one=one,
            rolls=kept["rolls"],
            digest=digest,
        )


def _approved(one: DrawOverview, rolls: str) -> str:
    """Give the digest of commitment and rolls, so that none are entered but those that were looked at."""
    return sha256_hex(f"{one.files['commitment.json'].sha256}/{rolls}".encode())


def _hindrance(shown: RoundOverview, one: DrawOverview, now: datetime) -> str | None:
    if one.draw.status is not DrawStatus.COMMITTED:
        return str(gettext("The dice are entered after the commitment, once. It is not their turn now."))
    if one.dice is None:
        return str(gettext("This draw was committed without dice."))
    if one.draw.committed_by == require_account().actor.name:
        return str(gettext("Whoever committed the pool cannot enter the dice. Another person must."))
    return step_to(shown, one, DrawStatus.DICED, now).hindrance


def _read(form: Form, one: DrawOverview) -> str | None:
    if one.dice is None:
        return None
    read = []
    for name in ("rolls", "again"):
        try:
            is_missing = form[name].strip().lower() == MISSING
            read.append(MISSING if is_missing else read_rolls(form[name], one.dice))
        except MaskresError as error:
            form.errors[name] = say_to_staff(error)
    if form.errors:
        return None
    if read[0] != read[1]:
        place = next((n for n, (a, b) in enumerate(zip(*read, strict=False), start=1) if a != b), 1)
        form.errors["again"] = gettext(
            "The two do not agree; they first differ at roll %(place)s. Please compare with the dice.",
            place=place,
        )
        return None
    return read[0]
