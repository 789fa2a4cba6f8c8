"""The form of a draft's rules: what they are, what would change in plain words, and keeping it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.errors import MaskresError
from maskres.formats.values import sha256_hex
from maskres.rounds.roles import StaffRole
from maskres.rounds.rules import Rules
from maskres.rounds.rules_file import read_rules
from maskres.rounds.status import RoundStatus
from maskres.usecases.rounds.steps import change_rules
from maskres.usecases.showing.overview import RoundOverview, round_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import refuse
from maskres.web.operator.approving import is_approved, round_digest
from maskres.web.operator.rules_fields import form_of, group_rows, read_form
from maskres.web.pages import show
from maskres.web.rules_words import say_rules
from maskres.web.staff.login_session import require_account
from maskres.web.typed import has_file, sent_file


def add_rules(routes: Blueprint, door: Door) -> None:
    """Add the page of a draft's rules."""

    @routes.route("/rounds/<slug>/rules", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def round_rules(slug: str) -> Any:
        shown = round_overview(door.service, slug)
        present = shown.round.rules
        if shown.round.status is not RoundStatus.DRAFT:
            return _page(shown, form_of(present), 200 if request.method == "GET" else 409)
        if request.method == "GET":
            return _page(shown, form_of(present), 200)
        form = Form.sent()
        if form["act"] in ("more", "edit"):
            return _page(shown, form, 200)
        if has_file("file"):
            form = _from_file(form, slug)
        # The name of a round is that of its address, whatever a form or a file says.
        form = Form({**form.values, "round": slug}, form.errors)
        wanted = None if form.errors else read_form(form)
        if wanted is None:
            return _page(shown, form, 422)
        digest = _digest_of(shown, wanted)
        # Sent twice, or from a second window: the draft has them already, and they are what was approved.
        is_kept = form["act"] == "keep" and wanted == present
        if is_kept or (form["act"] == "keep" and is_approved(form, digest) and _keep(wanted, form, digest)):
            flash(gettext("The rules are changed. They stay a draft until the round opens."), "success")
            return redirect(url_for("operator.round", slug=slug), 303)
        return _preview(shown, form, present, wanted)

    def _keep(wanted: Rules, form: Form, digest: str) -> bool:
        try:
            change_rules(door.service, require_account().actor, wanted.to_json(), digest)
        except MaskresError as error:
            refuse(form, error, unknown_district="", rules_frozen="")
            return False
        return True


def _from_file(form: Form, slug: str) -> Form:
    """Take the fields from a rules.json that was sent with the form."""
    sent = sent_file(form, "file")
    try:
        rules = read_rules(sent.stream.read() if sent is not None else b"")
    except MaskresError as error:
        refuse(form, error, **{error.field or "": "file", error.code.replace("-", "_"): "file"})
        return form
    if rules.round != slug:
        form.errors["file"] = gettext("These are the rules of another round: %(round)s.", round=rules.round)
        return form
    return Form({**form_of(rules).values, "act": "preview"})


def _page(shown: RoundOverview, form: Form, status: int) -> Any:
    is_frozen = shown.round.status is not RoundStatus.DRAFT
    values = {"rows": group_rows(form), "is_frozen": is_frozen, "rules": say_rules(shown.round.rules)}
    return show("operator/rules.html", status, form=form, shown=shown, **values)


def _preview(shown: RoundOverview, form: Form, present: Rules, wanted: Rules) -> Any:
    before, after = say_rules(present), say_rules(wanted)
    return show(
        "operator/rules_preview.html",
        422 if form.errors else 200,
        form=form,
        shown=shown,
        lines=_compared(before, after),
        is_same=present == wanted,
        digest=_digest_of(shown, wanted),
        missing=sorted(set(present.districts) - set(wanted.districts)),
    )


def _digest_of(shown: RoundOverview, wanted: Rules) -> str:
    """Give the digest of what the page shows: where the round stands, and the rules that it would have."""
    return sha256_hex(round_digest(shown).encode() + wanted.to_json())


def _compared(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """List the rules in words as they would be, each "same" or "new", and those that would be "gone"."""
    gone = [("gone", line) for line in before if line not in after]
    return gone + [("same" if line in before else "new", line) for line in after]
