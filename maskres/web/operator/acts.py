"""Steps that ask for nothing but a click: each has a page that says what it does, and whether it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from maskres.rounds.roles import StaffRole
from maskres.rounds.status import DrawStatus, RoundStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.showing.overview import DrawOverview, RoundOverview, draw_overview, round_overview
from maskres.web.access import staff
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.operator.approving import is_approved, round_digest, state_digest
from maskres.web.pages import show
from maskres.web.rules_words import say_rules
from maskres.web.task_pages import ask_task
from maskres.web.timeline import step_to


@dataclass(frozen=True, slots=True)
class Act:
    """A step with its page.

    Attributes:
        path: end of its address.
        kind: of the task that does it.
        title: what is done.
        words: what it means.
        button: what one clicks.
        needs: where the draw, or else the round, must stand.
        leads_to: the step of the timeline it is; None for those that are none.
        is_final: whether it cannot be undone, and wants the account to prove itself again.
    """

    path: str
    kind: TaskKind
    title: LazyString
    words: tuple[LazyString, ...]
    button: LazyString
    needs: frozenset[DrawStatus] | frozenset[RoundStatus]
    leads_to: DrawStatus | None = None
    is_final: bool = False


ROUND_ACTS = (
    Act(
        "open",
        TaskKind.OPEN_ROUND,
        lazy_gettext("Open the round"),
        (
            lazy_gettext("The rules are published and can never be changed again."),
            lazy_gettext("The round's keys are made and pledged in the public ledger. Registration begins."),
        ),
        lazy_gettext("Open the round now"),
        frozenset({RoundStatus.DRAFT}),
        is_final=True,
    ),
    Act(
        "carry-over",
        TaskKind.CARRY_OVER,
        lazy_gettext("Carry over from the last round"),
        (
            lazy_gettext(
                "Everyone who lost, agreed to be kept and has not registered again is registered here."
            ),
            lazy_gettext("It may be repeated; nobody is registered twice."),
        ),
        lazy_gettext("Carry over now"),
        frozenset({RoundStatus.OPEN}),
    ),
    Act(
        "finish",
        TaskKind.FINISH_ROUND,
        lazy_gettext("Finish the round"),
        (
            lazy_gettext("All of its draws must be finished or void. A draw that is still open is given up."),
            lazy_gettext("Whoever never won has waited one round more."),
        ),
        lazy_gettext("Finish the round now"),
        frozenset({RoundStatus.OPEN}),
        is_final=True,
    ),
    Act(
        "erase",
        TaskKind.ERASE_ROUND,
        lazy_gettext("Erase personal data"),
        (
            lazy_gettext(
                "All personal data of this round and its keys are destroyed. What is published stays."
            ),
            lazy_gettext("The rules say from which date this may be done."),
        ),
        lazy_gettext("Erase for good"),
        frozenset({RoundStatus.FINISHED, RoundStatus.ERASED}),
        is_final=True,
    ),
)
_AFTERWARDS = frozenset({DrawStatus.PUBLISHED, DrawStatus.COLLECTING})
DRAW_ACTS = (
    Act(
        "close",
        TaskKind.CLOSE_DRAW,
        lazy_gettext("Close registration"),
        (
            lazy_gettext("The list of everyone registered is frozen, and its digest is published."),
            lazy_gettext("Where the rules hold another draw, registration for that one goes on."),
        ),
        lazy_gettext("Close registration now"),
        frozenset({DrawStatus.OPEN}),
        DrawStatus.CLOSED,
        is_final=True,
    ),
    Act(
        "decide",
        TaskKind.DECIDE_DRAW,
        lazy_gettext("Decide who is in the pool"),
        (
            lazy_gettext("Every registration is compared with the newest versions of the registers."),
            lazy_gettext(
                "It may be repeated until the pool is committed. The time for disputes then begins anew."
            ),
        ),
        lazy_gettext("Decide now"),
        frozenset({DrawStatus.CLOSED, DrawStatus.DECIDED}),
        DrawStatus.DECIDED,
    ),
    Act(
        "draw",
        TaskKind.DRAW_WINNERS,
        lazy_gettext("Draw the winners"),
        (
            lazy_gettext(
                "The outcome follows from the committed pool and the seed. Nobody can change it any more."
            ),
        ),
        lazy_gettext("Draw now"),
        frozenset({DrawStatus.DICED}),
        DrawStatus.DRAWN,
        is_final=True,
    ),
    Act(
        "publish",
        TaskKind.PUBLISH_ALLOCATION,
        lazy_gettext("Publish the places"),
        (lazy_gettext("Every winner is placed at a store and half hour, and the places are published."),),
        lazy_gettext("Publish now"),
        frozenset({DrawStatus.DRAWN}),
        DrawStatus.PUBLISHED,
        is_final=True,
    ),
    Act(
        "collect",
        TaskKind.OPEN_COLLECTION,
        lazy_gettext("Open collection"),
        (lazy_gettext("From now on the counters hand out."),),
        lazy_gettext("Open collection now"),
        frozenset({DrawStatus.PUBLISHED}),
        DrawStatus.COLLECTING,
    ),
    Act(
        "forfeit",
        TaskKind.FORFEIT_MISSED,
        lazy_gettext("Forfeit missed places"),
        (
            lazy_gettext(
                "Places that were missed go to the next batch, store by store, as far as all tills reported."
            ),
            lazy_gettext("A hand-over that is proven later stands all the same."),
        ),
        lazy_gettext("Forfeit now"),
        _AFTERWARDS,
    ),
    Act(
        "tell",
        TaskKind.TELL_WINNERS,
        lazy_gettext("Write to the winners"),
        (
            lazy_gettext(
                "Publishing does this by itself. Where that failed, everyone who has a place still to come, gave a"
                " phone and was not written to is written to now."
            ),
            lazy_gettext("It may be repeated; nobody is written to twice about the same place."),
        ),
        lazy_gettext("Write now"),
        _AFTERWARDS,
    ),
    Act(
        "finish",
        TaskKind.FINISH_DRAW,
        lazy_gettext("Finish the draw"),
        (lazy_gettext("Nothing more is handed out for this draw."),),
        lazy_gettext("Finish the draw now"),
        frozenset({DrawStatus.COLLECTING}),
        DrawStatus.FINISHED,
        is_final=True,
    ),
    Act(
        "bundle",
        TaskKind.EXPORT_BUNDLE,
        lazy_gettext("Write the bundle"),
        (
            lazy_gettext(
                "Everything published of this draw is written as a folder and a zip, for anyone to recompute."
            ),
        ),
        lazy_gettext("Write it now"),
        frozenset(DrawStatus) - {DrawStatus.OPEN},
    ),
)


def add_acts(routes: Blueprint, door: Door) -> None:
    """Add the pages of all acts to the operator's routes."""
    for act in ROUND_ACTS:
        _add(routes, act, f"/rounds/<slug>/{act.path}", f"round_{_name(act)}", _round_view(door, act))
    for act in DRAW_ACTS:
        where = f"/rounds/<slug>/draws/<int:number>/{act.path}"
        _add(routes, act, where, f"draw_{_name(act)}", _draw_view(door, act))


def _name(act: Act) -> str:
    return act.path.replace("-", "_")


def _add(routes: Blueprint, act: Act, rule: str, endpoint: str, view: Callable[..., Any]) -> None:
    guarded = staff(StaffRole.OPERATOR, fresh=act.is_final)(view)
    routes.add_url_rule(rule, endpoint, guarded, methods=["GET", "POST"])


def _round_view(door: Door, act: Act) -> Callable[..., Any]:
    def view(slug: str) -> Any:
        shown = round_overview(door.service, slug)
        is_due = shown.round.status in act.needs
        form = Form.sent() if request.method == "POST" else Form()
        is_sent = request.method == "POST" and is_due
        digest = round_digest(shown) if act.is_final else None
        if is_sent and (digest is None or is_approved(form, digest)):
            return ask_task(door, "operator", act.kind, round_slug=slug, approved=digest)
        return _show(door, act, shown, None, is_due=is_due, hindrance=None, form=form)

    return view


def _draw_view(door: Door, act: Act) -> Callable[..., Any]:
    def view(slug: str, number: int) -> Any:
        shown, one = draw_overview(door.service, slug, number)
        is_due = one.draw.status in act.needs
        hindrance = None
        if is_due and act.leads_to is not None:
            hindrance = step_to(shown, one, act.leads_to, door.service.now()).hindrance
        form = Form.sent() if request.method == "POST" else Form()
        is_sent = request.method == "POST" and is_due and hindrance is None
        digest = state_digest(one) if act.is_final else None
        if is_sent and (digest is None or is_approved(form, digest)):
            return ask_task(door, "operator", act.kind, round_slug=slug, draw=number, approved=digest)
        return _show(door, act, shown, one, is_due=is_due, hindrance=hindrance, form=form)

    return view


def _show(
    door: Door,
    act: Act,
    shown: RoundOverview,
    one: DrawOverview | None,
    *,
    is_due: bool,
    hindrance: str | None,
    form: Form,
) -> Any:
    values = {
        "act": act,
        "shown": shown,
        "one": one,
        "is_due": is_due,
        "hindrance": hindrance,
        "form": form,
        "rules": say_rules(shown.round.rules),
    }
    if act.is_final:
        values["digest"] = round_digest(shown) if one is None else state_digest(one)
    status = 409 if request.method == "POST" else 200
    return show("operator/act.html", status, now=door.service.now(), **values)
