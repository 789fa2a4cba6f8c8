"""Every form of staff whose session ends while it is filled in: logged in again, it stands there as it was typed."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.routing import BuildError, Rule

from maskres.rounds.roles import StaffRole
from maskres.usecases.draw.committing import set_slots
from maskres.usecases.service import Service
from maskres.web.access import Gate, access_of
from maskres.web.interrupted import ANYBODY, _packed
from tests.support.gallery import COMMITTED, DECIDED, DRAFT, DRAWN, OPEN, make_gallery
from tests.support.web import PASSWORD, code_of, csrf, log_in, make_account, make_app
from tests.support.world import OPERATOR, ROUND, create_round, slots_csv

_ROUNDS = (ROUND, DRAFT, OPEN, DECIDED, COMMITTED, DRAWN)
#: What nobody types.
_HIDDEN = ("hidden", "submit", "file", "password")
#: Never kept: whoever comes back has a new one. And what is typed twice so that no slip counts, is typed twice.
_NEVER = ("code", "again")
#: Pages whose forms the walk meets at any rate.
_ANY_RATE = {
    "counter.card",
    "helper.home",
    "notary.dice",
    "operator.draw_commit",
    "operator.new_round",
    "operator.registers",
    "operator.round_rules",
    "operator.staff_one",
}
Values = Mapping[str, list[str]]
_STORES = f"/operator/rounds/{ROUND}/stores"


@dataclass
class Found:
    """A form of a page: where it is sent, and its fields as a browser would send them."""

    action: str
    token: str = ""
    #: name → the values it would send now.
    now: dict[str, list[str]] = field(default_factory=dict)
    #: name → the values it would send if everything were filled in otherwise.
    typed: dict[str, list[str]] = field(default_factory=dict)


class Forms(HTMLParser):
    """Reads the forms of a page that are sent by POST and in which something is typed or chosen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Found] = []
        self._open: Found | None = None
        self._area = self._select = ""
        self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Take a field."""
        each = {name: value or "" for name, value in attrs}
        form, name, value = self._open, each.get("name", ""), each.get("value", "")
        if tag == "form" and each.get("method") == "post":
            self._open = Found(each.get("action", ""))
        elif form is None:
            return
        elif tag == "input" and name == "csrf_token":
            form.token = value
        elif tag == "input" and each.get("type") in ("radio", "checkbox"):
            if "checked" in each:
                form.now.setdefault(name, []).append(value)
            is_one = each["type"] == "radio"
            form.typed[name] = [value] if is_one else [*form.typed.get(name, []), value]
        elif tag == "input" and name and each.get("type", "text") not in _HIDDEN and name not in _NEVER:
            form.now[name], form.typed[name] = [value], [f"{value}7"]
        elif tag == "textarea" and name not in _NEVER:
            self._area, self._text = name, ""
        elif tag == "select":
            self._select = name
            form.now[name] = [""]
        elif tag == "option" and self._select:
            form.typed[self._select] = [value]
            if "selected" in each:
                form.now[self._select] = [value]

    def handle_data(self, data: str) -> None:
        """Take the words in a field of words."""
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        """End a field or the form."""
        form = self._open
        if tag == "textarea" and form is not None and self._area:
            text = self._text.removeprefix("\n")
            form.now[self._area], form.typed[self._area] = [text], [f"{text}我从2001年起\n住在湖里区。"]
            self._area = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form" and form is not None:
            if form.typed:
                self.found.append(form)
            self._open = None


def pages(app: Flask) -> Iterator[tuple[str, str, StaffRole]]:
    """Give every page of staff to which something may be sent: its endpoint, an address, a role that may see it."""
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint, "POST") if "POST" in (rule.methods or ()) else None
        if access is None or access.gate is not Gate.STAFF or "GET" not in (rule.methods or ()):
            continue
        role = sorted(access.roles)[0]
        for slug in _ROUNDS if "slug" in rule.arguments else ("",):
            if (address := address_of(app, rule, slug)) is not None:
                yield rule.endpoint, address, role


def address_of(app: Flask, rule: Rule, slug: str) -> str | None:
    known = {"slug": slug, "number": 1, "account_id": 1, "size": 1}
    with app.test_request_context():
        try:
            return url_for(rule.endpoint, **{each: known[each] for each in rule.arguments if each in known})
        except BuildError:
            return None  # of something that only another page leads to


def come_back(
    client: FlaskClient, service: Service, role: str, page: str, nth: int, name: str | None = None
) -> str:
    """Log in once more, from an address that has not tried before, and open the page."""
    elsewhere = {"REMOTE_ADDR": f"10.0.0.{nth}"}
    account = make_account(service, role, name)
    for address, fields in (
        ("/staff/login", {"name": account.name, "password": PASSWORD}),
        ("/staff/code", {"code": code_of(service, account)}),
    ):
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
        assert token
        assert (
            client.post(address, data=fields | {"csrf_token": token[1]}, environ_base=elsewhere).status_code
            == 303
        )
    return client.get(page).text


def end_session(client: FlaskClient, is_idle: bool) -> None:
    if not is_idle:
        client.delete_cookie("session")  # logged out in another window, or a day has passed
        return
    with client.session_transaction() as session:
        seen = session["seen_at"]
        session["seen_at"] = seen.replace(seen[:4], str(int(seen[:4]) - 1))


@pytest.mark.parametrize("is_idle", [True, False], ids=["idle", "logged-out"])
def test_every_form_of_staff_outlives_its_session(sqlite_service: Service, tmp_path: Path, is_idle: bool):
    make_gallery(sqlite_service)
    path = tmp_path / "slots.csv"
    path.write_bytes(slots_csv(now=sqlite_service.now()))
    set_slots(sqlite_service, OPERATOR, DECIDED, 1, path)
    app = make_app(sqlite_service)
    clients: dict[str, FlaskClient] = {}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    lost: list[tuple[str, Values, Values]] = []
    for endpoint, address, role in pages(app):
        if role not in clients:
            clients[role] = log_in(app, sqlite_service, role)
            clients[role].set_cookie("lang", "en")
        client = clients[role]
        answer = client.get(address)
        for nth, form in enumerate(Forms(answer.text).found if answer.status_code == 200 else ()):
            kind = (endpoint, tuple(form.typed))
            if kind in seen:
                continue
            seen.add(kind)
            end_session(client, is_idle)
            target = form.action or address
            sent = form.typed | {"csrf_token": [form.token]}
            late = client.post(target, data=sent, headers={"Origin": "http://localhost"})
            assert late.status_code == (303 if is_idle else 400), (address, late.text)
            if not is_idle:
                words = html.unescape(re.sub(r"\s+", " ", late.text))
                assert "it will stand in the form again" in words, address
            page = come_back(client, sqlite_service, role, address, len(seen))
            again = Forms(page).found[nth]
            if again.now != form.typed or "What you typed stands here once more" not in page:
                lost.append((address, again.now, form.typed))
    assert lost == []
    assert {endpoint for endpoint, _ in seen} >= _ANY_RATE


@pytest.mark.parametrize("is_idle", [True, False], ids=["idle", "logged-out"])
@pytest.mark.parametrize(
    ("page", "fields"), [("/operator/registers", {"as_of": "2020-02-06"}), (_STORES, {})]
)
def test_a_file_sent_too_late_is_asked_for_again_however_large(
    sqlite_service: Service, page: str, fields: dict[str, str], is_idle: bool
):
    create_round(sqlite_service)
    client = log_in(make_app(sqlite_service), sqlite_service, "operator")
    client.set_cookie("lang", "en")
    token = csrf(client, page)
    end_session(client, is_idle)
    file = (io.BytesIO("350203198503010398,刘国华,2001-05-01,,\n".encode() * 8000), "large.csv")
    late = client.post(
        page, data=fields | {"file": file, "csrf_token": token}, headers={"Origin": "http://localhost"}
    )
    assert late.status_code == (303 if is_idle else 400), late.text
    if not is_idle:
        assert "Nothing was sent" in late.text and "too large" not in late.text
        assert ("it will stand in the form again" in late.text) == bool(fields)
    else:
        assert "First show again who you are" in client.get(late.location).text
    back = come_back(client, sqlite_service, "operator", page, 1)
    assert "Nothing was sent: you first had to show again who you are." in back
    assert "Please choose the file again." in back
    assert ("What you typed stands here once more." in back) == bool(fields)


def test_nobody_else_sees_what_staff_had_typed(sqlite_service: Service):
    """Another account on the same device finds its own empty form, and the writer theirs no more."""
    create_round(sqlite_service)
    page = f"/operator/rounds/{ROUND}/late-claim"
    app = make_app(sqlite_service)
    client = log_in(app, sqlite_service, "operator")
    form = Forms(client.get(page).text).found[0]
    client.delete_cookie("session")
    sent = {"reason": "我从2001年起住在湖里区。", "csrf_token": form.token}
    forged = client.post(page, data=sent, headers={"Origin": "https://elsewhere.example"})
    assert forged.status_code == 400 and "住在湖里区" in forged.text, "from elsewhere: shown, and not kept"
    assert client.post(page, data=sent, headers={"Origin": "http://localhost"}).status_code == 400
    account = make_account(sqlite_service, "operator", "operator-2")
    other = come_back(client, sqlite_service, account.role, page, 1, account.name)
    assert "住在湖里区" not in other and "住在湖里区" not in come_back(
        client, sqlite_service, "operator", page, 2
    )


@pytest.mark.parametrize(
    ("by", "is_shown"), [("own", True), (ANYBODY, True), ("999", False), (f"{ROUND}/7K3M9QTR4XH7", False)]
)
def test_what_is_kept_stands_only_before_whoever_typed_it(sqlite_service: Service, by: str, is_shown: bool):
    """Also where it is still in the session: another account, or a registration that this page is not of."""
    create_round(sqlite_service)
    page = f"/operator/rounds/{ROUND}/late-claim"
    client = log_in(make_app(sqlite_service), sqlite_service, "operator")
    with client.session_transaction() as session:
        own = str(session["_user_id"]).partition("/")[0]
        packed = _packed({"reason": "我从2001年起住在湖里区。"})
        session["interrupted"] = {
            "path": page,
            "by": own if by == "own" else by,
            "fields": packed,
            "has_files": False,
        }
    assert ("住在湖里区" in client.get(page).text) == is_shown
