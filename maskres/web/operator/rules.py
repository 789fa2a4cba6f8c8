"""The form of a draft's rules: what they are, what would change in plain words, and keeping it.

What would change has a page of its own, with the rules kept like a file that was handed in: so Back and a reload lead
to pages and not to a question of the browser's.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.errors import InputError, MaskresError
from maskres.formats.values import sha256_hex
from maskres.rounds.roles import StaffRole
from maskres.rounds.rules import Rules
from maskres.rounds.rules_file import read_rules
from maskres.rounds.status import RoundStatus
from maskres.usecases.rounds.steps import change_rules
from maskres.usecases.showing.overview import RoundOverview, round_overview
from maskres.usecases.work.uploads import forget_upload, keep_upload, open_upload
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
    """Add the pages of a draft's rules."""
    _add_form(routes, door)
    _add_preview(routes, door)


def _add_form(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/rules", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def round_rules(slug: str) -> Any:
        shown = round_overview(door.service, slug)
        present = shown.round.rules
        if shown.round.status is not RoundStatus.DRAFT:
            return _page(shown, form_of(present), 200 if request.method == "GET" else 409)
        if request.method == "GET":
            edited = _kept_rules(door, request.args.get("from", ""))
            return _page(shown, form_of(edited if edited and edited.round == slug else present), 200)
        form = Form.sent()
        if form["act"] == "more":
            return _page(shown, form, 200)
        if has_file("file"):
            form = _from_file(form, slug)
        # The name of a round is that of its address, whatever a form or a file says.
        form = Form({**form.values, "round": slug}, form.errors)
        wanted = None if form.errors else read_form(form)
        if wanted is None:
            return _page(shown, form, 422)
        actor = require_account().actor
        kept = keep_upload(door.service, actor, "rules.json", io.BytesIO(wanted.to_json()))
        return redirect(url_for("operator.round_rules_preview", slug=slug, upload=kept.id), 303)


def _add_preview(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/rules/<upload>", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def round_rules_preview(slug: str, upload: str) -> Any:
        shown = round_overview(door.service, slug)
        wanted = _kept_rules(door, upload)
        if shown.round.status is not RoundStatus.DRAFT or wanted is None or wanted.round != slug:
            if request.method == "POST":
                flash(
                    gettext(
                        "These rules are not here any more; perhaps they are kept already. "
                        "Look at what the draft has now."
                    ),
                    "info",
                )
            return redirect(url_for("operator.round_rules", slug=slug), 303)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and _keep(shown, wanted, form):
            forget_upload(door.service, upload)
            flash(gettext("The rules are changed. They stay a draft until the round opens."), "success")
            return redirect(url_for("operator.round", slug=slug), 303)
        return _preview(shown, form, wanted, upload)

    def _keep(shown: RoundOverview, wanted: Rules, form: Form) -> bool:
        digest = _digest_of(shown, wanted)
        # From a second window: the draft has them already, and they are what was approved.
        if wanted == shown.round.rules:
            return True
        if not is_approved(form, digest):
            return False
        try:
            change_rules(door.service, require_account().actor, wanted.to_json(), digest)
        except MaskresError as error:
            refuse(form, error, unknown_district="", rules_frozen="")
            return False
        return True


def _kept_rules(door: Door, upload: str) -> Rules | None:
    """Give rules that were kept to be looked at; None where none are kept so, or not any more."""
    try:
        with door.service.scratch() as folder:
            return read_rules(open_upload(door.service, upload, folder).read_bytes())
    except InputError:
        return None


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
    return form_of(rules)


def _page(shown: RoundOverview, form: Form, status: int) -> Any:
    is_frozen = shown.round.status is not RoundStatus.DRAFT
    values = {"rows": group_rows(form), "is_frozen": is_frozen, "rules": say_rules(shown.round.rules)}
    return show("operator/rules.html", status, form=form, shown=shown, **values)


def _preview(shown: RoundOverview, form: Form, wanted: Rules, upload: str) -> Any:
    present = shown.round.rules
    before, after = say_rules(present), say_rules(wanted)
    return show(
        "operator/rules_preview.html",
        422 if form.errors else 200,
        form=form,
        shown=shown,
        upload=upload,
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
