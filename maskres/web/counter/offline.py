"""The counter without network: what an enrolled till takes along, and where it hands in what it did.

The page is one shell whose words and shapes are those of the pages on line; a service worker keeps it on the device.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, send_from_directory, url_for
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf
from marshmallow import Schema, ValidationError

from maskres.db.rounds import Round
from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.formats.values import format_time
from maskres.pickup.handovers import Answer
from maskres.rounds.roles import StaffRole
from maskres.usecases.pickup.redeeming import Request
from maskres.usecases.pickup.till_lists import Expected, RoundList, enrol_in_rounds, give_list, list_keys
from maskres.usecases.pickup.till_uploads import KeptAct, take_acts
from maskres.web.access import public, staff
from maskres.web.counter.answers import CONFLICT, LOOKS, NOT_GENUINE, NOT_LISTED, SIGNED
from maskres.web.counter.desk_here import desk_here, limit_by_desk
from maskres.web.counter.offline_shapes import KeptActs
from maskres.web.door import Door
from maskres.web.forms import Form
from maskres.web.languages import language
from maskres.web.names import goods_counted
from maskres.web.pages import STATIC, local_time, show, static_address
from maskres.web.staff.till_session import till_here

#: Of one till: it asks every minute, and whenever it has something to hand in.
SYNCS = "30 per minute"
VERSION = 1
#: File, sizes, purpose: for telephones that draw no SVG, and for those that cut icons to a shape of their own.
ICONS = (
    ("icon.svg", "any", "any"),
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-whole-512.png", "512x512", "maskable"),
)


def add_offline(routes: Blueprint, door: Door) -> None:
    """Add the shell, the list, the place to hand in acts, and what makes it installable."""
    service = door.service

    @routes.get("/offline")
    @staff(StaffRole.COUNTER, tills=True)
    def offline() -> Any:
        till = till_here()
        if till is None:
            return redirect(url_for("counter.home"), 303)
        looks = {str(code): look for code, look in LOOKS.items()}
        own = {"signed": SIGNED, "not-listed": NOT_LISTED, "not-genuine": NOT_GENUINE, "conflict": CONFLICT}
        keys = list_keys(service, till.store or "")
        page = {"till": till.name, "store": till.store, "rounds": [_key(*each) for each in keys]}
        return show("counter/offline.html", form=Form(), all_looks=looks | own, looks=LOOKS, page=page)

    @routes.get("/offline/list")
    @door.limits.open.limit(SYNCS, key_func=limit_by_desk)
    @staff(StaffRole.COUNTER, tills=True)
    def offline_list() -> Any:
        till = till_here()
        if till is None:
            return redirect(url_for("counter.home"), 303)
        enrol_in_rounds(service, till)
        found = give_list(service, till)
        return jsonify(
            version=VERSION,
            made_at=format_time(service.now()),
            csrf=generate_csrf(),
            till=till.name,
            store=till.store,
            key=_text(found.key),
            rounds=[_round(each) for each in found.rounds],
        )

    @routes.post("/offline/acts")
    @door.limits.open.limit(SYNCS, key_func=limit_by_desk)
    @staff(StaffRole.COUNTER, tills=True)
    def offline_acts() -> Any:
        body = _read(KeptActs())
        acts = [_act(each) for each in body["acts"]]
        told = take_acts(
            service, desk_here(), acts, is_complete=body["is_complete"], clock_off=body["clock_off_seconds"]
        )
        return jsonify(version=VERSION, answers=[_told(each) for each in told])

    @routes.get("/sw.js")
    @public
    def service_worker() -> Response:
        # Its address never changes, so nobody on the way may keep it: a till would go on with an old one.
        return send_from_directory(STATIC, "counter_worker.js", mimetype="text/javascript", max_age=0)

    @routes.get("/manifest.webmanifest")
    @public
    def manifest() -> Response:
        found = jsonify(
            name=gettext("Counter · Mask reservation"),
            short_name=gettext("Counter"),
            lang=language(),
            start_url=url_for("counter.home"),
            scope=url_for("counter.home"),
            display="standalone",
            background_color="#ffffff",
            theme_color="#0b3d3a",
            icons=[_icon(*each) for each in ICONS],
        )
        found.mimetype = "application/manifest+json"
        return found


def _icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
    kind = "image/svg+xml" if name.endswith(".svg") else "image/png"
    return {"src": static_address(name), "type": kind, "sizes": sizes, "purpose": purpose}


def _read(schema: Schema) -> dict[str, Any]:
    """Read a body of ours.

    Raises:
        InputError: "bad-json", "bad-fields".
    """
    try:
        return dict(schema.load(strict_json.loads(request.get_data(), file="body")))
    except ValidationError as error:
        raise InputError(
            "bad-fields", f"Some fields cannot be taken as they are: {error.messages!r:.200}"
        ) from error


def _act(act: dict[str, Any]) -> KeptAct:
    # What names neither a code nor an act to undo is nobody's, and is kept as that.
    code = act["code"] or ("" if act["undoes"] is None else None)
    request_ = Request(
        act["nonce"],
        code=code,
        claimed_at=act["claimed_at"],
        is_offline=True,
        is_proxy=act["is_proxy"],
        undoes=act["undoes"],
    )
    return KeptAct(request_, act["round"])


def _key(round_: Round, public_key: bytes) -> dict[str, Any]:
    rules = round_.rules
    return {
        "round": round_.slug,
        "zone": rules.zone,
        "hands_out": goods_counted(rules.goods, rules.quantity),
        "public_key": _text(public_key),
    }


def _round(found: RoundList) -> dict[str, Any]:
    zone = found.round.rules.zone
    times = sorted({(each.starts_at, each.ends_at) for each in found.expected})
    return _key(found.round, found.public_key) | {
        "day": found.day.isoformat(),
        "slots": [_slot(starts_at, ends_at, zone) for starts_at, ends_at in times],
        "expected": [_entry(each, times) for each in found.expected],
    }


def _entry(found: Expected, times: list[tuple[datetime, datetime]]) -> dict[str, Any]:
    told = {name: value for name, value in _told(found.answer).items() if value is not None}
    slot = times.index((found.starts_at, found.ends_at))
    return told | {"digest": _text(found.digest), "identity": _text(found.identity), "slot": slot}


def _slot(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    return f"{local_time(starts_at, zone, 'HH:mm')}–{local_time(ends_at, zone, 'HH:mm')}"


def _told(answer: Answer) -> dict[str, Any]:
    at = answer.handed_out_at
    return {
        "answer": answer.code,
        "reason": answer.reason,
        "handed_out_at": None if at is None else format_time(at),
        "till": answer.till,
        "store": answer.store,
    }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
