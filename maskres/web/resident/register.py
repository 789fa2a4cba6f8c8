"""Registering: one question a page, answers kept in the session until they are sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from maskres.db import rounds
from maskres.identity.phones import masked_phone
from maskres.registration.applications import Application, ApplicationRefused, read_application
from maskres.registration.seals import Reach
from maskres.usecases.registration.registering_by_phone import register_by_phone
from maskres.usecases.showing.public_rounds import list_public_rounds
from maskres.usecases.telling.phone_codes import CodePurpose
from maskres.web import allowances
from maskres.web.access import public
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.languages import language
from maskres.web.limits import everybody
from maskres.web.pages import show
from maskres.web.resident import codes, steps
from maskres.web.resident.draft import STEPS, Draft, verified_phone
from maskres.web.resident.places import by_district
from maskres.web.resident.ranking import CONTINUE, rank

_DONE = "registered"
#: What an application calls a field → the page that asks for it.
_PAGES = {
    "id_type": "document", "id_number": "document", "name": "name", "birth_date": "birth", "sex": "birth",
    "district": "district", "reach": "district", "choices": "stores", "for_whom": "for-whom",
    "keep": "keep", "phone": "phone",
}  # fmt: skip


def other_than(name: str) -> Callable[[], bool]:
    """Give what tells that the request at hand is of another step."""
    return lambda: request.path.rsplit("/", 1)[-1] != name


def register_routes(door: Door) -> Blueprint:
    """Make the routes by which somebody registers."""
    routes = Blueprint("register", __name__, url_prefix="/register")
    service = door.service

    def open_round(slug: str) -> rounds.Round | None:
        with service.database.reading() as c:
            round_ = next((each for each in rounds.list_rounds(c) if each.slug == slug), None)
            if round_ is None or rounds.draw_taking_registrations(c, round_.id, service.now()) is None:
                return None
        return round_

    def stores_of(round_: rounds.Round) -> list[rounds.Store]:
        with service.database.reading() as c:
            return rounds.list_stores(c, round_.id)

    @routes.get("/")
    @public
    def begin() -> Any:
        views = list_public_rounds(service)
        found = [each.round for each in views if each.is_open]
        if len(found) == 1:
            return redirect(url_for("register.step", slug=found[0].slug, name=STEPS[0]), 303)
        return show("register/closed.html", rounds=found, views=views, is_other=False)

    def closed(slug: str) -> Any:
        views = list_public_rounds(service)
        here = [each for each in views if each.round.slug == slug]
        others = [each.round for each in views if each.is_open]
        return show("register/closed.html", rounds=others, views=here or views, is_other=True)

    @routes.route("/<slug>/<name>", methods=["GET", "POST"])
    @door.limits.closed.limit(allowances.TYPING, methods=["POST"], exempt_when=other_than("code"))
    @door.limits.closed.limit(
        allowances.TYPING_OF_ALL, everybody, methods=["POST"], exempt_when=other_than("code")
    )
    @door.limits.open.limit(allowances.SENDING, methods=["POST"], exempt_when=other_than("phone"))
    @door.limits.open.limit(
        allowances.SENDING_OF_ALL, everybody, methods=["POST"], exempt_when=other_than("phone")
    )
    @public
    def step(slug: str, name: str) -> Any:
        if name not in STEPS:
            return redirect(url_for("register.begin"), 303)
        round_ = open_round(slug)
        if round_ is None:
            return closed(slug)
        draft = Draft(slug, service.now())
        missing = draft.first_missing(asked=codes.asked_phone() is not None)
        if STEPS.index(name) > STEPS.index(missing):
            return redirect(url_for("register.step", slug=slug, name=missing), 303)
        form = Form.sent() if request.method == "POST" else Form()
        if name == "check":
            return check(round_, draft, form)
        if request.method == "POST" and take(round_, draft, name, form):
            return redirect(following(draft, slug, name), 303)
        return show(f"register/{name}.html", **page_values(round_, draft, name, form))

    def take(round_: rounds.Round, draft: Draft, name: str, form: Form) -> bool:
        if name == "phone":
            return codes.is_verified(service, form) or codes.ask_code(service, form, CodePurpose.REGISTER)
        if name == "code":
            if form["act"] == "resend":
                return codes.ask_again(service, CodePurpose.REGISTER)
            return codes.check_asked(service, form)
        if name == "stores":
            return take_stores(round_, draft, form)
        return steps.TAKERS[name](round_, draft, form, service.now())

    def take_stores(round_: rounds.Round, draft: Draft, form: Form) -> bool:
        known = {store.store for store in stores_of(round_)}
        chosen = rank(draft.choices, form["act"], known)
        if form["act"] == CONTINUE and not chosen and draft["reach"] == Reach.CHOICES:
            form.errors["choices"] = gettext(
                "Choose at least one store, since you would go to no other than those you choose."
            )
            return False
        draft.choose(chosen)
        return True

    def following(draft: Draft, slug: str, name: str) -> str:
        change = request.args.get("change")
        act = request.form.get("act", "")
        if (name == "stores" and act != CONTINUE) or (name == "code" and act == "resend"):
            again: str = url_for("register.step", slug=slug, name=name, change=change)
            return again + ("#chosen" if name == "stores" else "")
        following = draft.after(name)
        if name == "phone" and codes.asked_phone() is not None:
            following = "code"
        elif change:
            following = draft.first_missing(asked=codes.asked_phone() is not None)
            if name == "document" and draft.needs_birth:
                following = "birth"
            if name == "district" and draft["reach"] == Reach.CHOICES and not draft.choices:
                following = "stores"
        found: str = url_for("register.step", slug=slug, name=following, change=change)
        return found

    def page_values(round_: rounds.Round, draft: Draft, name: str, form: Form) -> dict[str, Any]:
        back = draft.before(name)
        change = request.args.get("change")
        values: dict[str, Any] = {
            "round": round_,
            "draft": draft,
            "form": form if request.method == "POST" else steps.answered(draft, name),
            "back": url_for("register.step", slug=round_.slug, name="check" if change else back)
            if change or back
            else url_for("home.home"),
        }
        if name == "code":
            values["phone"] = masked_phone(codes.asked_phone() or draft.phone or "+8600000000000")
        if name == "stores":
            found = stores_of(round_)
            by_slug = {store.store: store for store in found}
            values["chosen"] = [by_slug[each] for each in draft.choices if each in by_slug]
            values["districts"] = by_district(found, draft["district"])
            values["is_needed"] = draft["reach"] == Reach.CHOICES
        return values

    def check(round_: rounds.Round, draft: Draft, form: Form) -> Any:
        found = stores_of(round_)
        by_slug = {store.store: store for store in found}
        application: Application | None = None
        try:
            application = read_application(
                draft.fields(),
                districts=round_.rules.districts,
                stores=by_slug,
                today=steps.today(round_, service.now()),
                is_phone_required=True,
            )
        except ApplicationRefused as error:
            if any(part.field not in _PAGES for part in error.errors):
                raise
            pages = [_PAGES[str(part.field)] for part in error.errors]
            first = min(pages, key=STEPS.index)
            return redirect(url_for("register.step", slug=round_.slug, name=first, change=1), 303)
        if request.method == "POST":
            return send(round_, draft, application)
        return show(
            "register/check.html",
            round=round_,
            draft=draft,
            application=application,
            phone=masked_phone(application.phone or ""),
            chosen=[by_slug[store] for store in application.wishes.choices],
            form=form,
            back=url_for("register.step", slug=round_.slug, name="keep"),
        )

    def send(round_: rounds.Round, draft: Draft, application: Application) -> Response:
        phone = application.phone or ""
        register_by_phone(service, round_.slug, application, phone, "en" if language() == "en" else "zh-Hans")
        # Nothing of what came of it is kept or shown: who sends somebody else's document is answered alike.
        session[_DONE] = round_.slug
        draft.drop()
        return redirect(url_for("register.done"), 303)

    @routes.get("/done")
    @public
    def done() -> Any:
        slug = session.get(_DONE)
        if not slug:
            return redirect(url_for("home.home"), 303)
        known = verified_phone(service.now())
        with service.database.reading() as c:
            round_ = rounds.find_round(c, slug)
            draw = rounds.open_draw_of(c, round_.id)
        return show(
            "register/done.html", round=round_, draw=draw, phone=masked_phone(known) if known else None
        )

    return routes
