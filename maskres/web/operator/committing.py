"""Committing a draw: what is to be fixed is typed, looked at again, approved by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, session, url_for
from flask_babel import gettext

from maskres.ledger.commitment import LEAD
from maskres.lottery.drand_networks import QUICKNET
from maskres.lottery.sources import SIDES, known_at, read_sources
from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.showing.overview import DrawOverview, RoundOverview, draw_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.names import stratum_name
from maskres.web.operator.approving import is_approved
from maskres.web.operator.declaring import first_form, least_rolls, read_declared
from maskres.web.pages import show
from maskres.web.session import has_room
from maskres.web.task_pages import ask_task, find_asked
from maskres.web.timeline import step_to
from maskres.web.typed import read_whole

_KEPT = "commitment_typed"
_QUOTA = "quota-"


def add_committing(routes: Blueprint, door: Door) -> None:
    """Add the pages of the commitment."""
    _add_commit(routes, door)
    _add_confirm(routes, door)


def _add_commit(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/commit", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR)
    def draw_commit(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        hindrance, is_due = _standing(door, shown, one)
        form = Form.sent() if request.method == "POST" else _first_form(slug, one)
        if request.method == "POST" and is_due and hindrance is None:
            typed = _typed(form, shown, one, door.service.now())
            kept = {"round": slug, "draw": number, "form": dict(form.values), **(typed or {})}
            if typed is not None and has_room({**session, _KEPT: kept}):
                session[_KEPT] = kept
                return redirect(url_for("operator.draw_commit_confirm", slug=slug, number=number), 303)
            if typed is not None:
                form.errors["drand"] = gettext("This is longer than any beacon needs.")
        is_refused = request.method == "POST" and (not is_due or hindrance is not None)
        status = 409 if is_refused else 422 if form.errors else 200
        return show(
            "operator/commit.html",
            status,
            form=form,
            shown=shown,
            one=one,
            is_due=is_due,
            hindrance=hindrance,
            least=[(sides, least_rolls(sides)) for sides in SIDES],
        )


def _standing(door: Door, shown: RoundOverview, one: DrawOverview) -> tuple[str | None, bool]:
    is_due = one.draw.status is DrawStatus.DECIDED
    if not is_due:
        return None, False
    return step_to(shown, one, DrawStatus.COMMITTED, door.service.now()).hindrance, True


def _first_form(slug: str, one: DrawOverview) -> Form:
    kept = session.get(_KEPT, {})
    if (kept.get("round"), kept.get("draw")) == (slug, one.draw.draw):
        return Form(kept["form"])
    return Form(first_form())


def _typed(form: Form, shown: RoundOverview, one: DrawOverview, now: datetime) -> dict[str, Any] | None:
    """Read quotas and sources; None where the form says what is wrong."""
    quotas = {stratum: read_whole(form, f"{_QUOTA}{stratum}") for stratum in one.strata}
    wanted = sum(quota or 0 for quota in quotas.values())
    if not form.errors and wanted > one.plan.places:
        form.errors[f"{_QUOTA}{next(iter(quotas))}"] = gettext(
            "These are %(wanted)s winners, but the slots hold %(places)s places.",
            wanted=wanted,
            places=one.plan.places,
        )
    sources = read_declared(form, shown.round.rules.zone, now)
    if sources is None:
        _name_fields(form, one)
        return None
    return {"quotas": quotas, "sources": sources}


def _name_fields(form: Form, one: DrawOverview) -> None:
    """Begin each error with what it is about: in the summary it stands without its field."""
    labels = {
        f"{_QUOTA}{stratum}": gettext("Winners of the group %(group)s", group=stratum_name(stratum))
        for stratum in one.strata
    } | {
        "sides": gettext("Sides of the die"),
        "rolls": gettext("Rolls"),
        "by": gettext("The notary's dice"),
        "beacon": gettext("Public beacon"),
        "beacon_at": gettext("Public beacon"),
        "drand": gettext("Public beacon"),
    }
    for name, error in form.errors.items():
        if name in labels:
            form.errors[name] = gettext("%(field)s: %(error)s", field=labels[name], error=error)


def approved_digest(one: DrawOverview, typed: Mapping[str, Any]) -> str:
    """Give the digest of everything that is about to be fixed, so that nothing else is than what was looked at."""
    looked_at = {
        "quotas": typed["quotas"],
        "sources": typed["sources"],
        "strata": dict(one.strata),
        "excluded": dict(one.excluded),
        "decided_at": str(one.draw.decided_at),
        "slots": [one.plan.slots, one.plan.places, str(one.plan.first), str(one.plan.last)],
    }
    return hashlib.sha256(json.dumps(looked_at, sort_keys=True).encode()).hexdigest()


def _add_confirm(routes: Blueprint, door: Door) -> None:
    @routes.route("/rounds/<slug>/draws/<int:number>/commit/confirm", methods=["GET", "POST"])
    @staff(StaffRole.OPERATOR, fresh=True)
    def draw_commit_confirm(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        typed = session.get(_KEPT)
        hindrance, is_due = _standing(door, shown, one)
        is_ours = typed is not None and (typed["round"], typed["draw"]) == (slug, number)
        if request.method == "POST" and not is_ours:
            # Pressed twice: it was asked for the first time, and is under way or done.
            if asked := find_asked(door, "operator", TaskKind.COMMIT_DRAW, slug, number):
                return asked
            if not is_due:
                return redirect(url_for("operator.draw", slug=slug, number=number), 303)
        if typed is None or not is_ours or not is_due or hindrance is not None:
            return redirect(url_for("operator.draw_commit", slug=slug, number=number), 303)
        digest = approved_digest(one, typed)
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST" and is_approved(form, digest):
            session.pop(_KEPT)
            payload = {"quotas": typed["quotas"], "sources": typed["sources"]}
            return ask_task(
                door,
                "operator",
                TaskKind.COMMIT_DRAW,
                round_slug=slug,
                draw=number,
                payload=payload,
                approved=digest,
            )
        sources = read_sources(typed["sources"])
        return show(
            "operator/commit_confirm.html",
            409 if form.errors else 200,
            form=form,
            shown=shown,
            one=one,
            quotas=typed["quotas"],
            dice=next((each for each in sources if hasattr(each, "rolls")), None),
            drand=next((each for each in sources if hasattr(each, "network")), None),
            is_quicknet=any(
                hasattr(each, "network") and each.network.chain == QUICKNET.chain for each in sources
            ),
            cosigned_by=min(known_at(each) for each in sources) - LEAD,
            digest=digest,
        )
