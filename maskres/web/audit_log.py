"""The audit log with its filters, page by page and as CSV: the same for auditors and operators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext

from maskres.db import record, rounds
from maskres.db.record import LogFilter
from maskres.errors import MaskresError
from maskres.formats.symbols import read_typed
from maskres.formats.values import format_time
from maskres.rounds.roles import StaffRole
from maskres.usecases.exports import note_log_export
from maskres.web.access import staff
from maskres.web.act_names import ACTS
from maskres.web.disarming import csv_lines
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.languages import MARKS, language
from maskres.web.office_words import refuse
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.typed import read_time, read_whole

_PAGE = 50
_PIECE = 1000
_ZONE = "Asia/Shanghai"
_FILTERS = ("act", "actor", "round", "draw", "about", "since", "until")
_COLUMNS = ("id", "at", "actor", "act", "round", "draw", "number", "detail")


def add_log(routes: Blueprint, door: Door, role: StaffRole) -> None:
    """Add the audit log to the routes of a role's door."""
    service = door.service

    @routes.route("/log", methods=["GET", "POST"])
    @staff(role)
    def log() -> Any:
        # A number is searched for by POST, so that it stands in no address.
        form = _form()
        return shown(form, _wanted(form))

    def shown(form: Form, wanted: LogFilter) -> Any:
        before = form["before"]
        older = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None
        with service.database.reading() as c:
            rows = [] if form.errors else record.read_log(c, wanted=wanted, limit=_PAGE + 1, before=older)
            acts, slugs = record.list_acts(c), [each.slug for each in rounds.list_rounds(c)]
        return show(
            "audit_log.html",
            422 if form.errors else 200,
            form=form,
            desk=routes.name,
            rows=rows[:_PAGE],
            has_more=len(rows) > _PAGE,
            acts=acts,
            act_names=ACTS,
            lines_of=lines_of,
            slugs=slugs,
        )

    @routes.post("/log.csv")
    @staff(role)
    def log_csv() -> Any:
        form = _form()
        wanted = _wanted(form)
        if form.errors:
            return shown(form, wanted)  # else whoever mistypes a filter would export everything
        note_log_export(service, require_account().actor, wanted)
        answer = Response(csv_lines(_COLUMNS, _all_rows(door, wanted)), mimetype="text/csv")
        answer.headers["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
        return answer


def lines_of(detail: str) -> list[tuple[str, str]]:
    """Give the details of an act as lines for people: what each says, and its value.

    Args:
        detail: the JSON object that the log keeps.

    Returns:
        Names as the log has them, for they are what its search finds; of parts within parts the whole way to each.
    """
    return list(_lines((), json.loads(detail)))


def _lines(way: tuple[str, ...], value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _lines((*way, name), part)
    else:
        yield " · ".join(way), _value(value)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return MARKS[language()]["in_list"].join(map(_value, value)) or str(gettext("none"))
    if isinstance(value, dict):
        marks = MARKS[language()]
        return marks["comma"].join(f"{name}{marks['colon']}{_value(part)}" for name, part in value.items())
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    return str(gettext("none") if value is None else value)


def _form() -> Form:
    if request.method == "POST":
        return Form.sent()
    return Form({name: request.args.get(name, "") for name in (*_FILTERS, "before")})


def _wanted(form: Form) -> LogFilter:
    """Read the filters; what cannot be read, the form says."""
    number = None
    if form["number"].strip():
        try:
            number = read_typed(form["number"])
        except MaskresError as error:
            refuse(form, error, number="number")
    return LogFilter(
        act=form["act"] or None,
        actor=form["actor"].strip() or None,
        round_slug=form["round"] or None,
        draw=read_whole(form, "draw", is_needed=False),
        about=form["about"].strip() or None,
        number=number,
        since=_time(form, "since"),
        until=_time(form, "until"),
    )


def _time(form: Form, name: str) -> datetime | None:
    return read_time(form, name, _ZONE) if form[name].strip() else None


def _all_rows(door: Door, wanted: LogFilter) -> Iterator[tuple[object, ...]]:
    """Give every line that is wanted, the newest first, a piece at a time."""
    before = None
    while True:
        with door.service.database.reading() as c:
            rows = record.read_log(c, wanted=wanted, limit=_PIECE, before=before)
        for row in rows:
            yield (
                row.id,
                format_time(row.at),
                row.actor,
                row.act,
                row.round,
                row.draw,
                row.number,
                row.detail,
            )
        if len(rows) < _PIECE:
            return
        before = rows[-1].id
