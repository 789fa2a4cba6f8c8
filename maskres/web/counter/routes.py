"""The counter's pages: one big field, the answer, handing over, taking back, and the card alone.

What was scanned stands in the encrypted session under the nonce of the hand-over that may follow. The address of an
answer holds this nonce and nothing else, so that reloading it, going back to it and sending its form twice show and
do one and the same thing.
"""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from maskres.db import desk as reads
from maskres.errors import InputError
from maskres.identity.documents import PASSPORT, read_document
from maskres.pickup.handovers import KEPT_CODES, AnswerCode
from maskres.pickup.signed_codes import read_code
from maskres.pickup.store_states import StoreState
from maskres.rounds.roles import StaffRole
from maskres.usecases.pickup import desk as desks
from maskres.usecases.pickup.desk import Scan
from maskres.usecases.pickup.store_states import say_state_everywhere, states_of_store
from maskres.web.access import staff
from maskres.web.counter.answers import LOOKS, SPARE, look_of
from maskres.web.counter.day import add_day_routes
from maskres.web.counter.desk_here import desk_here, limit_by_desk
from maskres.web.counter.enrolling import add_enrolling
from maskres.web.counter.offline import add_offline
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.kept import Kept
from maskres.web.names import STORE_STATES
from maskres.web.pages import show

#: Of one account. A scanner in a quick hand does one every two seconds.
CODES = "60 per minute; 1200 per hour"
CARDS = "10 per minute; 100 per hour"
#: Of one address: a store's tills may share it.
CODES_OF_ADDRESS = "200 per minute; 4000 per hour"
CARDS_OF_ADDRESS = "30 per minute; 300 per hour"
_KEPT = Kept("scans", 8)
_SAID = lazy_gettext("The operator sees it now, and nobody is given a new place here.")
_SAID_OPEN = lazy_gettext("Taken back: the store is open.")
_NONCE_BYTES = 16


def counter_routes(door: Door) -> Blueprint:
    """Make the routes of the counters."""
    routes = Blueprint("counter", __name__, url_prefix="/counter")
    _add_looking_up(routes, door)
    _add_handing_over(routes, door)
    _add_state(routes, door)
    add_day_routes(routes, door)
    add_enrolling(routes, door)
    add_offline(routes, door)
    return routes


def _add_looking_up(routes: Blueprint, door: Door) -> None:
    service = door.service
    limit = door.limits.closed.limit

    def keep(values: dict[str, str]) -> Response:
        # Letters and digits alone, for it stands in an address.
        nonce = base64.b32encode(service.random_bytes(_NONCE_BYTES)).decode().rstrip("=").lower()
        _KEPT.put(nonce, values)
        return redirect(url_for("counter.scan", nonce=nonce), 303)

    def front(form: Form, status: int = 200) -> Any:
        desk = desk_here()
        with service.database.reading() as c:
            recent = reads.list_recent(c, desk.store, desk.till, service.now() - desks.UNDO)
            rounds = reads.list_collecting(c, desk.store)
        said = states_of_store(service, desk.store)
        # What would change nothing is not offered: where every round stands so already.
        stands = {said[slug].state if slug in said else StoreState.OPEN for slug in rounds}
        others = [each for each in StoreState if each is not StoreState.OPEN and stands != {each}]
        values = {"rounds": rounds, "said": said, "others": others, "words": STORE_STATES}
        return show("counter/home.html", status, form=form, recent=recent, **values)

    @routes.route("/", methods=["GET", "POST"])
    @limit(CODES, methods=["POST"], key_func=limit_by_desk)
    @limit(CODES_OF_ADDRESS, methods=["POST"])
    @staff(StaffRole.COUNTER, tills=True)
    def home() -> Any:
        if request.method == "GET":
            return front(Form())
        form = Form.sent()
        if not form["code"].strip():
            return redirect(url_for("counter.home"), 303)
        try:
            return keep({"code": read_code(form["code"])})
        except InputError:
            form.errors["code"] = gettext("This cannot be a code. Please compare each symbol with the slip.")
            return front(form, 422)

    @routes.route("/card", methods=["GET", "POST"])
    @limit(CARDS, methods=["POST"], key_func=limit_by_desk)
    @limit(CARDS_OF_ADDRESS, methods=["POST"])
    @staff(StaffRole.COUNTER, tills=True)
    def card() -> Any:
        form = Form.sent() if request.method == "POST" else Form()
        if request.method == "POST":
            try:
                document = read_document(form["card"], field="card")
            except InputError as error:
                form.refuse(error)
                return show("counter/card.html", 422, form=form)
            issuer = f"{document.issuer}:" if document.kind == PASSPORT else ""
            return keep({"card": f"{issuer}{document.value}"})
        return show("counter/card.html", form=form)


def _add_state(routes: Blueprint, door: Door) -> None:
    @routes.post("/state")
    @staff(StaffRole.COUNTER, tills=True)
    def state() -> Response:
        """Take the one tap by which a store says how it stands; tapped again it changes nothing."""
        wanted = request.form.get("state", "")
        if wanted not in set(StoreState):
            abort(400)
        desk = desk_here()
        said = say_state_everywhere(door.service, desk.actor, desk.store, StoreState(wanted))
        if said:
            words = _SAID_OPEN if wanted == StoreState.OPEN else _SAID
            flash(str(words), "success")
        return redirect(url_for("counter.home"), 303)


def _add_handing_over(routes: Blueprint, door: Door) -> None:
    service = door.service

    def kept_scan(nonce: str) -> Scan | None:
        values = _KEPT.get(nonce)
        return None if values is None else Scan(nonce, values.get("code"), values.get("card"))

    def gone() -> Response:
        flash(gettext("This scan is no longer here. Please scan the code again."))
        return redirect(url_for("counter.home"), 303)

    @routes.get("/scans/<nonce>")
    @staff(StaffRole.COUNTER, tills=True)
    def scan(nonce: str) -> Any:
        kept = kept_scan(nonce)
        desk = desk_here()
        sight = desks.see_handover(service, desk, nonce) if kept is None else desks.see(service, desk, kept)
        if sight is None:
            return gone()
        is_card = kept is not None and kept.code is None
        values: dict[str, Any] = {
            "sight": sight,
            "look": look_of(sight),
            "looks": LOOKS,
            "spare": SPARE,
            "is_card": is_card,
            "code_kept": kept.code if kept is not None else None,
        }
        return show("counter/answer.html", nonce=nonce, form=Form(), **values)

    @routes.post("/scans/<nonce>/hand-over")
    @staff(StaffRole.COUNTER, tills=True)
    def hand_over(nonce: str) -> Response:
        kept = kept_scan(nonce)
        if kept is None:
            return gone()
        is_proxy = request.form.get("is_proxy") == "yes"
        answer = desks.hand_over(service, desk_here(), kept, is_proxy=is_proxy)
        if answer.code not in KEPT_CODES:
            # Nothing is kept of these, so the page would not say what has become of it.
            flash(str(LOOKS[answer.code].advice))
            return redirect(url_for("counter.home"), 303)
        return redirect(url_for("counter.scan", nonce=nonce), 303)

    @routes.post("/scans/<nonce>/undo")
    @staff(StaffRole.COUNTER, tills=True)
    def undo(nonce: str) -> Response:
        answer = desks.undo(service, desk_here(), nonce)
        if answer.code is not AnswerCode.UNDONE:
            flash(str(LOOKS[answer.code].advice))
        return redirect(url_for("counter.scan", nonce=nonce), 303)
