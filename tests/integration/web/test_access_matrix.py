"""Every route of the application × every role and nobody: exactly those who are declared get in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from maskres.rounds.roles import StaffRole
from maskres.usecases.service import Service
from maskres.web.access import Access, Gate, access_of
from maskres.web.staff.routes import HOMES
from tests.support.web import log_in, make_app
from tests.support.world import pass_time

_LOGIN, _PROVE = "/staff/login", "/staff/prove"


@dataclass(frozen=True)
class Door:
    """One method of one route."""

    method: str
    address: str
    access: Access


def doors_of(app: Flask) -> Iterator[Door]:
    """List every method of every route, whatever made it."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            access = access_of(app, rule.endpoint, method)
            assert access is not None, rule
            yield Door(method, _address(rule), access)


def _address(rule: Rule) -> str:
    parts = []
    for is_variable, text in rule._trace:
        if is_variable:
            is_whole = isinstance(rule._converters[text], IntegerConverter)
            parts.append("987654" if is_whole else "nothing-of-this-name")
        elif text != "|":
            parts.append(text)
    return "".join(parts)


@pytest.fixture
def app(sqlite_service: Service) -> Flask:
    """The application."""
    return make_app(sqlite_service)


def test_every_route_lets_in_exactly_the_roles_it_declares(app: Flask, sqlite_service: Service) -> None:
    """Default deny: a role that a route does not name is turned away, and so is nobody."""
    clients: dict[StaffRole | None, FlaskClient] = {None: app.test_client()}
    clients |= {role: log_in(app, sqlite_service, role.value) for role in StaffRole}
    app.config["WTF_CSRF_ENABLED"] = False
    wrong, seen = [], 0
    for door in doors_of(app):
        if door.access.gate is not Gate.STAFF or door.address == "/staff/logout":
            continue
        for role, client in clients.items():
            if door.address == "/staff/" and role and HOMES[role] not in app.view_functions:
                continue  # leads to another door
            seen += 1
            expected = role in door.access.roles
            with client.session_transaction() as kept:
                before = dict(kept)
            if _is_in(client, door) is not expected:
                wrong.append(f"{door.method} {door.address} as {role}: expected {expected}")
            with client.session_transaction() as kept:
                kept.clear()
                kept.update(before)
    assert wrong == []
    assert seen > 300


def _is_in(client: FlaskClient, door: Door) -> bool:
    answer = client.open(door.address, method=door.method)
    if answer.status_code in (401, 403):
        return False
    return not answer.headers.get("Location", "").startswith((_LOGIN, _PROVE))


def test_what_cannot_be_undone_asks_again_who_one_is(app: Flask, sqlite_service: Service) -> None:
    """A quarter of an hour after logging in, acts declared fresh lead to the page that asks for password and code."""
    clients = {role: log_in(app, sqlite_service, role.value) for role in StaffRole}
    app.config["WTF_CSRF_ENABLED"] = False
    pass_time(sqlite_service, minutes=15)
    fresh = [door for door in doors_of(app) if door.access.is_fresh]
    assert len(fresh) >= 10
    for door in fresh:
        for role in door.access.roles:
            answer = clients[role].open(door.address, method=door.method)
            assert answer.headers.get("Location", "").startswith(_PROVE), (door, role)


def test_what_is_for_tokens_or_for_this_machine_lets_no_session_in(
    app: Flask, sqlite_service: Service
) -> None:
    """A session of staff opens no door of programs, and measurements are not for the public."""
    client = log_in(app, sqlite_service, "operator")
    app.config["WTF_CSRF_ENABLED"] = False
    for door in doors_of(app):
        if door.access.gate is Gate.TOKEN:
            assert client.open(door.address, method=door.method).status_code in (401, 403), door
        if door.access.gate is Gate.INSIDE:
            answer = client.open(
                door.address, method=door.method, environ_base={"REMOTE_ADDR": "203.0.113.7"}
            )
            assert answer.status_code == 404, door


def test_steps_of_a_round_are_for_operators_and_the_dice_for_the_notary(app: Flask) -> None:
    """The roles of the product, said once more: whoever opens a round cannot enter its dice."""
    for door in doors_of(app):
        if door.address.startswith("/operator"):
            assert door.access.roles == {StaffRole.OPERATOR}, door
        if "/dice" in door.address or ("/audit" in door.address and door.address.startswith("/notary")):
            assert door.access.roles == {StaffRole.NOTARY}, door
        if door.address.startswith("/auditor"):
            assert door.access.roles == {StaffRole.AUDITOR}, door
