"""Accounts on pages: counters' by one operator, those that could decide a draw by two, stopping at once."""

from __future__ import annotations

import re

from maskres.db import record
from maskres.db.record import LogFilter
from maskres.usecases.accounts import second_factor, staff
from maskres.usecases.service import Service
from tests.support.web import PASSWORD, code_at, code_of, log_in, make_app, send
from tests.support.world import create_round

_STAFF = "/operator/staff"
_PASSWORD = re.compile(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}")


def test_accounts_by_one_operator_and_by_two(service: Service) -> None:
    create_round(service)
    app = make_app(service)
    lin, chen = (log_in(app, service, "operator", name) for name in ("lin", "chen"))
    for client in (lin, chen):
        client.set_cookie("lang", "en")
    counter = {"role": "counter", "store": "huli-1", "name": "huli-pharmacy", "shown_name": "湖里药店"}

    # What is wrong is said at its field, and what was typed is kept.
    wrong = send(lin, f"{_STAFF}/new", counter | {"name": "湖里"})
    assert wrong.status_code == 422 and 'id="name-error"' in wrong.text and 'value="湖里"' in wrong.text
    assert send(lin, f"{_STAFF}/new", counter | {"store": ""}).status_code == 422
    empty = send(lin, f"{_STAFF}/new", {"role": "", "store": "", "name": "", "shown_name": " "})
    assert re.findall(r'href="#([a-z_]+)"', empty.text.split("error-summary")[-1].split("</ul>")[0]) == [
        "role",
        "name",
        "shown_name",
    ]

    assert send(lin, f"{_STAFF}/new", counter).status_code == 303
    page = lin.get(_STAFF).text
    shown = _PASSWORD.search(page)
    assert shown and "湖里药店" in page and "no second factor yet" in page
    assert _PASSWORD.search(lin.get(_STAFF).text) is None  # this once
    made = staff.check_password(service, "huli-pharmacy", shown[0])
    assert made is not None and (made.role, made.store) == ("counter", "huli-1")
    # Sent twice: to the account that is there, where a new password is to be had; another's name stays refused.
    twice = send(lin, f"{_STAFF}/new", counter)
    assert twice.location == f"{_STAFF}/{made.id}"
    assert "nothing was made twice" in lin.get(twice.location).text
    again = send(lin, f"{_STAFF}/new", counter | {"shown_name": "Another"})
    assert again.status_code == 422 and "There is already an account or a till of this name." in again.text

    # A notary takes two: whoever asked cannot confirm, and nothing is there before another does.
    notary = {"role": "notary", "name": "wang", "shown_name": "Wang"}
    assert send(lin, f"{_STAFF}/new", notary).status_code == 303
    assert "Another operator must confirm this" in lin.get(_STAFF).text
    assert send(lin, f"{_STAFF}/new", notary).status_code == 422  # asked already
    where = re.search(rf'href="({_STAFF}/requests/\d+)"', lin.get(_STAFF).text)
    assert where and 'value="confirm"' not in lin.get(where[1]).text
    alone = send(lin, where[1], {"answer": "confirm"})
    assert alone.status_code == 422 and "This takes two people." in alone.text
    assert [each.name for each in staff.list_accounts(service) if each.role == "notary"] == []
    assert "wang" in chen.get(where[1]).text
    assert send(chen, where[1], {"answer": "confirm"}).status_code == 303
    password = _PASSWORD.search(chen.get(_STAFF).text)
    assert password and staff.check_password(service, "wang", password[0]) is not None
    assert send(chen, where[1], {"answer": "confirm"}).status_code == 422  # done once
    with service.database.reading() as c:
        (line,) = record.read_log(c, wanted=LogFilter(act="account-added", actor="operator/chen"))
    assert '"asked_by": "operator/lin"' in line.detail and password[0] not in line.detail

    # A second factor that is lost: of a notary by two, who may also let it be; of a counter by one.
    wang, till = staff.find_named(service, "wang"), staff.find_named(service, "huli-pharmacy")
    for account in (wang, till):
        setup = second_factor.begin_totp(service, account.id)
        assert second_factor.confirm_totp(service, account.id, code_at(service, setup.secret))
    reset = {"act": "reset-second-factor"}
    assert send(lin, f"{_STAFF}/{till.id}", reset).status_code == 303
    assert not staff.find_named(service, "huli-pharmacy").has_second_factor
    assert send(lin, f"{_STAFF}/{wang.id}", reset).status_code == 303
    asked = re.search(rf'href="({_STAFF}/requests/\d+)"', lin.get(_STAFF).text)
    assert asked and send(lin, asked[1], {"answer": "decline"}).status_code == 303
    assert staff.find_named(service, "wang").has_second_factor
    assert chen.get(asked[1]).status_code == 404

    # Stopping is done at once, by one, but never to oneself.
    own = staff.find_named(service, "lin")
    assert send(lin, f"{_STAFF}/{own.id}", {"act": "disable"}).status_code == 422
    assert send(chen, f"{_STAFF}/{own.id}", {"act": "disable"}).status_code == 303
    assert lin.get(_STAFF).headers["Location"].startswith("/staff/login")
    assert "stopped" in chen.get(_STAFF).text
    assert send(chen, f"{_STAFF}/{own.id}", {"act": "nonsense"}).status_code == 422
    assert chen.get(f"{_STAFF}/987654").status_code == 404


def test_everybody_chooses_a_password_of_their_own(sqlite_service: Service) -> None:
    service = sqlite_service
    app = make_app(service)
    client = log_in(app, service, "helper")
    client.set_cookie("lang", "en")
    new = "another horse battery"
    differs = send(client, "/staff/password", {"password": new, "again": "another"})
    assert differs.status_code == 422 and "The two are not the same" in differs.text
    assert send(client, "/staff/password", {"password": "short", "again": "short"}).status_code == 422
    assert staff.check_password(service, "helper-1", PASSWORD) is not None
    changed = send(client, "/staff/password", {"password": new, "again": new})
    assert changed.headers["Location"] == "/staff/login"
    assert client.get("/helper/").headers["Location"].startswith("/staff/login")
    assert staff.check_password(service, "helper-1", PASSWORD) is None
    account = staff.check_password(service, "helper-1", new)
    assert account is not None and second_factor.check_totp(service, account.id, code_of(service, account))
