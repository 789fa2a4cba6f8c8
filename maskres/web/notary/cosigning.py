"""Cosigning: a checkpoint goes to the notary's or witness's own machine, their signature line comes back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.errors import MaskresError
from maskres.rounds.roles import StaffRole
from maskres.usecases.draw.cosigning import (
    cosigner_key,
    find_page,
    hand_in_cosignature,
    name_of_key,
    verifier_of_ledger,
)
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import say_to_staff
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.typed import sent_file, stream_of

#: A signature line has some two hundred bytes.
_LINE_BYTES = 1 << 12


def add_cosigning(routes: Blueprint, door: Door) -> None:
    """Add the pages on which checkpoints are cosigned."""
    service = door.service

    @routes.get("/checkpoints/<int:size>/note")
    @staff(StaffRole.NOTARY, StaffRole.WITNESS)
    def checkpoint(size: int) -> Any:
        page = find_page(service, size)
        answer = Response(page.note.encode(), mimetype="text/plain")
        answer.headers["Content-Disposition"] = f'attachment; filename="checkpoint-{page.size}.txt"'
        return answer

    @routes.route("/checkpoints/<int:size>", methods=["GET", "POST"])
    @staff(StaffRole.NOTARY, StaffRole.WITNESS)
    def cosign(size: int) -> Any:
        account = require_account()
        page = find_page(service, size)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            try:
                hand_in_cosignature(service, account.actor, account.role, page, _handed_in(form))
            except MaskresError as error:
                form.errors["line"] = say_to_staff(error)
            else:
                flash(gettext("The cosignature holds and is kept."), "success")
                return redirect(url_for("notary.cosign", size=size), 303)
        ours = name_of_key(cosigner_key(service, page.entry.round, account.role))
        return show(
            "notary/cosign.html",
            422 if form.errors else 200,
            form=form,
            page_=page,
            is_done=ours in page.cosigners,
            key_name=ours,
            ledger_key=verifier_of_ledger(service),
            public_url=door.settings.public_url,
        )


def _handed_in(form: Form) -> str:
    """Give the signature line: of a file if one was sent, or else what was pasted."""
    file = sent_file(form, "file", is_needed=False)
    if file is None:
        return form["line"]
    return stream_of(file).read(_LINE_BYTES).decode(errors="replace")
