"""A new round: a draft of rules from a file, as in an earlier round, or as suggested; its stores, keys and times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from maskres.db import rounds
from maskres.errors import MaskresError
from maskres.formats.values import is_slug
from maskres.rounds.roles import StaffRole
from maskres.rounds.rules import Rules
from maskres.rounds.rules_file import read_rules
from maskres.rounds.suggested import for_another_round, suggest_rules
from maskres.usecases.rounds import steps as round_steps
from maskres.usecases.service import Service
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.names import round_name
from maskres.web.office_words import refuse
from maskres.web.operator.times import read_times
from maskres.web.pages import show
from maskres.web.staff.login_session import require_account
from maskres.web.typed import has_file, kept_file, sent_file

_FILE, _SUGGESTED = "file", "suggested"
_ZONE = "Asia/Shanghai"


def add_new_round(routes: Blueprint, door: Door) -> None:
    """Add the page on which a round begins."""
    service = door.service

    @routes.route("/rounds/new", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def new_round() -> Any:
        with service.database.reading() as c:
            earlier = list(reversed(rounds.list_rounds(c)))
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            made = _create(service, form, earlier)
            if made is not None:
                flash(gettext("The round is a draft. Look at its rules, then open it."), "success")
                return redirect(url_for("operator.round", slug=made), 303)
        sources = [
            (_FILE, gettext("from a file")),
            (_SUGGESTED, gettext("as suggested")),
            *((each.slug, gettext("as in: %(round)s", round=round_name(each.slug))) for each in earlier),
        ]
        return show("operator/new_round.html", 422 if form.errors else 200, form=form, sources=sources)


def _create(service: Service, form: Form, earlier: Sequence[rounds.Round]) -> str | None:
    """Make the draft; gives its slug, or None where the form now says what is wrong."""
    is_from_file = has_file("rules") or form["rules_from"] not in {
        _SUGGESTED,
        *(each.slug for each in earlier),
    }
    _say_missing(form, is_from_file=is_from_file)
    rules_file = sent_file(form, "rules") if is_from_file and not form.errors else None
    stores = sent_file(form, "stores") if not form.errors else None
    if form.errors or stores is None:
        return None
    try:
        rules, listed = _read(service, form, rules_file, stores, earlier)
    except MaskresError as error:
        place = "stores" if error.line is not None or error.file is not None else "rules"
        refuse(form, error, **{error.field or "": place, error.code.replace("-", "_"): place})
        return None
    if _is_like_another(rules.round, earlier):
        # People would be shown two rounds and could not tell them apart.
        form.errors["rules" if is_from_file else "round"] = gettext(
            "There is another round that people know as %(round)s. Please give another number.",
            round=round_name(rules.round),
        )
        return None
    times = read_times(form, rules.zone)
    if times is None:
        return None
    try:
        made = round_steps.create_round(
            service,
            require_account().actor,
            rules.to_json(),
            listed,
            notary_key=form["notary"],
            witness_key=form["witness"],
            times=times,
        )
    except MaskresError as error:
        refuse(form, error, round_exists="rules" if is_from_file else "round", unknown_district="stores")
        return None
    return made.slug


def _say_missing(form: Form, *, is_from_file: bool) -> None:
    """Name what is not there, each so that the summary tells two files and two keys apart."""
    needed = {
        "stores": gettext("Please choose the file of the stores."),
        "notary": gettext("Please paste the notary's key."),
        "witness": gettext("Please paste the witness's key."),
    }
    if is_from_file:
        needed = {"rules": gettext("Please choose the file of the rules.")} | needed
    elif not is_slug(form["round"].strip()):
        form.errors["round"] = gettext("Please give a short name: lower-case letters, digits and hyphens.")
    for name, words in needed.items():
        if not (has_file(name) or form[name].strip()):
            form.errors[name] = words


def _is_like_another(slug: str, earlier: Sequence[rounds.Round]) -> bool:
    name = round_name(slug)
    return any(round_name(each.slug) == name for each in earlier if each.slug != slug)


def _read(
    service: Service,
    form: Form,
    rules_file: FileStorage | None,
    stores: FileStorage,
    earlier: Sequence[rounds.Round],
) -> tuple[Rules, list[rounds.Store]]:
    """Read rules and stores; where no file brings the rules, their districts are those in which stores stand.

    Raises:
        InputError: of the files.
    """
    data = None if rules_file is None else rules_file.stream.read()
    with kept_file(service, stores) as path:
        listed = round_steps.read_stores_file(path, data)
    if data is not None:
        return read_rules(data), listed
    slug, districts = form["round"].strip(), {store.district for store in listed}
    taken = next((each.rules for each in earlier if each.slug == form["rules_from"]), None)
    zone = _ZONE if taken is None else taken.zone
    today = service.now().astimezone(ZoneInfo(zone)).date()
    if taken is None:
        return suggest_rules(slug, today, districts, zone), listed
    return for_another_round(taken, slug, today, districts), listed
