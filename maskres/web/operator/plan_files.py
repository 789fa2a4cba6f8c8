"""Stores, slots and the room of a batch by file: read, shown as what would change, set once that was looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from maskres.errors import MaskresError
from maskres.formats.office_csv import BadRow
from maskres.formats.values import sha256_hex
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.draw import plan_files
from maskres.usecases.draw.plan_files import Kept, Preview
from maskres.usecases.service import Actor, Service
from maskres.usecases.showing.overview import draw_overview, round_overview
from maskres.usecases.work.uploads import clean_name
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.office_words import OFFICE_WORDS, refuse, say_of
from maskres.web.operator.approving import state_digest
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.task_pages import ask_task
from maskres.web.typed import sent_file, stream_of

_BEFORE_COMMITTING = (DrawStatus.OPEN, DrawStatus.CLOSED, DrawStatus.DECIDED)
_AFTERWARDS = (DrawStatus.PUBLISHED, DrawStatus.COLLECTING)
#: So many lines of each kind are shown; how many there are is always said.
SHOWN_LINES = 100
_Keep = Callable[[Service, Actor, str, Any, str], Kept]


def add_plan_files(routes: Blueprint, door: Door) -> None:
    """Add the pages to the operator's routes."""
    _add_slots(routes, door)
    _add_slots_preview(routes, door)
    _add_stores(routes, door)
    _add_stores_preview(routes, door)
    _add_room_preview(routes, door)


def keep_sent(door: Door, form: Form, name: str, slug: str, keep: _Keep) -> tuple[str | None, list[Any]]:
    """Read a sent file and keep it.

    Args:
        door: the door.
        form: as sent; says afterwards what is wrong.
        name: of its field.
        slug: the round.
        keep: reads and keeps it.

    Returns:
        Id of the upload, or None; and the bad lines in words, line by line.
    """
    file = sent_file(form, name)
    if file is None:
        return None, []
    try:
        stream = stream_of(file)
        kept = keep(door.service, require_account().actor, slug, stream, clean_name(file.filename or ""))
    except MaskresError as error:
        refuse(form, error, file=name)
        form.errors.setdefault(name, form.errors.pop("", ""))
        return None, []
    if kept.bad:
        form.errors[name] = gettext(
            "Lines that cannot be read: %(count)s. Nothing was changed; please mend them and upload again.",
            count=len({each.line for each in kept.bad}),
        )
    return kept.upload, say_lines(kept.bad)


def say_lines(bad: Sequence[BadRow]) -> list[tuple[int, str, str]]:
    """Say bad lines: number, column, what is wrong."""
    return [
        (each.line, each.field or "", say_of({"code": each.code, "message": each.message}))
        for each in bad[:SHOWN_LINES]
    ]


def _add_slots(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/slots", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def draw_slots(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        form = Form.sent() if request.method == "POST" else Form()
        is_due = one.draw.status in _BEFORE_COMMITTING
        bad: list[Any] = []
        if request.method == "POST" and is_due:
            upload, bad = keep_sent(door, form, "file", slug, plan_files.keep_slots)
            if upload is not None:
                where = url_for("operator.draw_slots_preview", slug=slug, number=number, upload=upload)
                return redirect(where, 303)
        status = 422 if form.errors else 200 if is_due or request.method == "GET" else 409
        return show("operator/slots.html", status, form=form, shown=shown, one=one, is_due=is_due, bad=bad)


def _add_slots_preview(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/slots/<upload>", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def draw_slots_preview(slug: str, number: int, upload: str) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        back = url_for("operator.draw_slots", slug=slug, number=number)
        found = _previewed(lambda: plan_files.preview_slots(door.service, slug, number, upload))
        if found is None or one.draw.status not in _BEFORE_COMMITTING:
            return redirect(back, 303)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and _is_approved(form, found):
            try:
                actor = require_account().actor
                count = plan_files.set_slots_of(door.service, actor, slug, number, upload, found.digest)
            except MaskresError as error:
                refuse(form, error)
            else:
                flash(gettext("Slots set: %(count)s.", count=count), "success")
                return redirect(back, 303)
        title, button = gettext("What the file changes in the slots"), gettext("Set these slots")
        return _show(form, found, shown=shown, one=one, back=back, title=title, button=button)


def _add_stores(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/stores", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def round_stores(slug: str) -> Any:
        shown = round_overview(door.service, slug)
        form = Form.sent() if request.method == "POST" else Form()
        is_due = shown.round.status in (RoundStatus.DRAFT, RoundStatus.OPEN)
        bad: list[Any] = []
        if request.method == "POST" and is_due:
            upload, bad = keep_sent(door, form, "file", slug, plan_files.keep_stores)
            if upload is not None:
                return redirect(url_for("operator.round_stores_preview", slug=slug, upload=upload), 303)
        status = 422 if form.errors else 200 if is_due or request.method == "GET" else 409
        return show("operator/stores.html", status, form=form, shown=shown, is_due=is_due, bad=bad)


def _add_stores_preview(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/stores/<upload>", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def round_stores_preview(slug: str, upload: str) -> Any:
        shown = round_overview(door.service, slug)
        back = url_for("operator.round_stores", slug=slug)
        found = _previewed(lambda: plan_files.preview_stores(door.service, slug, upload))
        if found is None:
            return redirect(back, 303)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and _is_approved(form, found):
            try:
                actor = require_account().actor
                plan_files.set_stores_of(door.service, actor, slug, upload, found.digest)
            except MaskresError as error:
                refuse(form, error)
            else:
                flash(gettext("The stores are set."), "success")
                return redirect(url_for("operator.round", slug=slug), 303)
        title, button = gettext("What the file changes in the stores"), gettext("Set these stores")
        return _show(form, found, shown=shown, one=None, back=back, title=title, button=button)


def _add_room_preview(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/batch/<upload>/<int:released>", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_batch_preview(slug: str, number: int, upload: str, released: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        back = url_for("operator.draw_batch", slug=slug, number=number)
        found = _previewed(lambda: plan_files.preview_room(door.service, slug, number, upload))
        if found is None or one.draw.status not in _AFTERWARDS:
            return redirect(back, 303)
        # A batch moves people too: what is approved is the file, and where the whole draw stands.
        digest = sha256_hex(f"{found.digest}{state_digest(one)}".encode())
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and _is_approved(form, found, digest):
            payload = {"upload": upload} | ({"released": released} if released else {})
            return ask_task(
                door,
                "operator",
                TaskKind.PUBLISH_BATCH,
                round_slug=slug,
                draw=number,
                payload=payload,
                approved=digest,
            )
        title, button = gettext("What the batch offers"), gettext("Publish the batch")
        values: dict[str, Any] = {"digest": digest, "released": released, "is_final": True}
        return _show(form, found, shown=shown, one=one, back=back, title=title, button=button, **values)


def _previewed(read: Callable[[], Preview[Any]]) -> Preview[Any] | None:
    """Compare a kept file; None where it is not here any more."""
    try:
        return read()
    except MaskresError as error:
        if error.code in ("unknown-round", "unknown-draw"):
            raise
        words = say_of({"code": error.code, "message": error.message})
        if request.method == "POST":
            # Sent twice: the first time it was set, and then nobody needs it any more.
            words = gettext(
                "The file is not here any more; perhaps it has been set already. "
                "Look at what is set now before you upload it again."
            )
        flash(words, "info")
        return None


def _is_approved(form: Form, found: Preview[Any], digest: str | None = None) -> bool:
    if found.refused:
        form.errors[""] = gettext("Nothing of this file can be set; please mend it and upload it again.")
    elif form["approved"] != (digest or found.digest):
        form.errors[""] = gettext("Something changed since you looked. Please look at it again.")
    return not form.errors


def _show(form: Form, found: Preview[Any], *, digest: str | None = None, **values: Any) -> Any:
    refused = [(each, str(OFFICE_WORDS.get(code, code))) for each, code in found.refused]
    return show(
        "operator/preview.html",
        409 if form.errors else 200,
        form=form,
        found=found,
        refused=refused,
        digest=digest or found.digest,
        most=SHOWN_LINES,
        **values,
    )
