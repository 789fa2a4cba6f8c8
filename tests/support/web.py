"""Applications and clients to test the doors with.

    app = make_app(service)                      # on any service of tests/conftest.py
    client = log_in(app, service, "operator")    # an account of that role is made and logged in, second factor too
    send(client, "/staff/logout", {})            # POST with the CSRF token of a page before

The clock of the small world stands still, so a second factor's code is always the one of its moment: `log_in` moves
the clock on by half a minute each time, since no code is taken twice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from maskres.app import bare_app, furnish
from maskres.config import WebSettings
from maskres.errors import InputError
from maskres.usecases.accounts import second_factor, staff
from maskres.usecases.service import SERVICE, Service
from tests.support.world import pass_time

PASSWORD = "correct horse battery"
#: The store of the small world whose counter is logged in.
COUNTER_STORE = "huli-1"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def make_app(service: Service, public_url: str = "http://localhost", bundles: Path | None = None) -> Flask:
    """Make the application on a service; errors nobody expects reach the test."""
    app = furnish(bare_app(), service, WebSettings(public_url, bundles=bundles))
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def make_account(service: Service, role: str, name: str | None = None) -> staff.Account:
    """Make an account with a second factor, or give the one that was made before."""
    name = name or f"{role}-1"
    store = COUNTER_STORE if role == "counter" else None
    try:
        return staff.find_named(service, name)
    except InputError:
        account = staff.add_account(service, SERVICE, name, name.title(), role, store, password=PASSWORD)
        setup = second_factor.begin_totp(service, account.id)
        assert second_factor.confirm_totp(service, account.id, code_at(service, setup.secret))
        return staff.find_named(service, name)


def code_at(service: Service, secret: str) -> str:
    """Give the code an authenticator shows at the service's moment."""
    return pyotp.TOTP(secret).at(service.now())


def code_of(service: Service, account: staff.Account) -> str:
    """Give a fresh code of an account: the clock moves on to the next one."""
    pass_time(service, seconds=60)
    with service.database.reading() as c:
        return code_at(service, second_factor.open_secret(service, staff.require_row(c, account.id)))


def log_in(app: Flask, service: Service, role: str, name: str | None = None) -> FlaskClient:
    """Give a client in which an account of the role is logged in."""
    account = make_account(service, role, name)
    client = app.test_client()
    send(client, "/staff/login", {"name": account.name, "password": PASSWORD})
    answer = send(client, "/staff/code", {"code": code_of(service, account)})
    assert answer.status_code == 303, answer.text
    return client


def csrf(client: FlaskClient, page: str = "/staff/login") -> str:
    """Give a token that this client's session may send."""
    found = _TOKEN.search(client.get(page).text)
    assert found, page
    return found[1]


def send(
    client: FlaskClient, address: str, fields: dict[str, Any], page: str = "/staff/login"
) -> TestResponse:
    """Send a form with the token of its session."""
    return client.post(address, data={**fields, "csrf_token": csrf(client, page)})
