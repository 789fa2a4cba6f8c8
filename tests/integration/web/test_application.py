"""The application as a whole: it refuses to start half-made, guards every route, and tells browsers to be careful."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from flask import Blueprint, Flask

from maskres.app import bare_app, create_app, furnish
from maskres.config import WebSettings, read_settings, read_web_settings
from maskres.errors import ConfigurationError
from maskres.usecases.service import Service
from maskres.web import doors
from tests.support.web import log_in, make_account, make_app, send
from tests.support.world import pass_time

ROOT = Path(__file__).parents[3]


@pytest.fixture
def app(sqlite_service: Service) -> Flask:
    return make_app(sqlite_service)


def test_a_route_without_a_word_on_access_stops_the_start(sqlite_service: Service, monkeypatch):
    def careless(_door: object) -> Blueprint:
        routes = Blueprint("careless", __name__)
        routes.get("/careless")(lambda: "everything")
        return routes

    monkeypatch.setattr("maskres.app.DOORS", (*doors.DOORS, careless))
    with pytest.raises(RuntimeError, match="GET /careless"):
        furnish(bare_app(), sqlite_service, WebSettings("http://localhost"))


@pytest.mark.parametrize("name", ["main.css", "main.js", "icon.svg"])
def test_built_files_are_packed_for_whoever_can_unpack_them(app: Flask, name: str):
    client = app.test_client()
    plain = client.get(f"/static/{name}")
    packed = client.get(f"/static/{name}", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert packed.mimetype == plain.mimetype and packed.get_etag() != plain.get_etag()
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.vary and "max-age=31536000" in answer.headers["Cache-Control"]
    assert client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip;q=0"}).data == plain.data
    assert client.get("/static/../app.py", headers={"Accept-Encoding": "gzip"}).status_code == 404


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "missing-public-url"),
        ({"MASKRES_PUBLIC_URL": "masks.example.org"}, "bad-public-url"),
        ({"MASKRES_PUBLIC_URL": "https://masks.example.org/xm"}, "bad-public-url"),
        ({"MASKRES_PUBLIC_URL": "https://masks.example.org:https"}, "bad-public-url"),
        ({"MASKRES_PUBLIC_URL": "https://masks.example.org#xm"}, "bad-public-url"),
        ({"MASKRES_PUBLIC_URL": "https://li@masks.example.org"}, "bad-public-url"),
        ({"MASKRES_PUBLIC_URL": "https://masks.example.org", "MASKRES_PROXIES": "9"}, "bad-proxies"),
        (
            {"MASKRES_PUBLIC_URL": "http://localhost", "PROMETHEUS_MULTIPROC_DIR": "/no/folder"},
            "bad-measurements",
        ),
        ({"MASKRES_PUBLIC_URL": "http://localhost", "PROMETHEUS_MULTIPROC_DIR": ""}, "bad-measurements"),
        (
            {"MASKRES_PUBLIC_URL": "https://masks.example.org", "MASKRES_REDIS_URL": "localhost"},
            "bad-redis-url",
        ),
    ],
)
def test_the_web_says_what_it_lacks(variables, code):
    with pytest.raises(ConfigurationError) as caught:
        read_web_settings(variables)
    assert caught.value.code == code


def test_a_variable_left_empty_is_one_not_given():
    assert read_settings({"MASKRES_INSTANCE": "", "MASKRES_KEYS": ""}) == read_settings({})
    web = read_web_settings({"MASKRES_PUBLIC_URL": "http://localhost:8000", "MASKRES_REDIS_URL": ""})
    assert web.redis_url is None


def test_without_tables_or_keys_the_application_does_not_start(tmp_path, sqlite_service: Service):
    variables = {"MASKRES_INSTANCE": str(tmp_path / "empty"), "MASKRES_PUBLIC_URL": "http://localhost"}
    with pytest.raises(ConfigurationError) as caught:
        create_app(variables)
    assert caught.value.code == "old-database"
    with pytest.raises(ConfigurationError) as caught:
        create_app(variables | {"MASKRES_DATABASE_URL": sqlite_service.database.url})
    assert caught.value.code == "missing-keys"


def test_a_server_that_cannot_start_says_why_in_a_sentence_and_ends(tmp_path):
    command = [sys.executable, "-m", "gunicorn", "-c", "python:maskres.web.server_settings", "wsgi:app"]
    variables = {"PATH": os.environ["PATH"], "MASKRES_INSTANCE": str(tmp_path)}
    ended = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 3
    assert ended.stderr.startswith("Say by which address people reach the service: MASKRES_PUBLIC_URL=")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("path", ["/", "/staff/login", "/nowhere"])
def test_every_page_carries_the_headers(app: Flask, path: str):
    headers = app.test_client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "camera=(self)" in headers["Permissions-Policy"]


def test_cookies_are_kept_to_https_where_there_is_https(sqlite_service: Service):
    app = make_app(sqlite_service, "https://masks.example.org")
    client = app.test_client()
    answer = client.get("/staff/login", base_url="https://masks.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Strict-Transport-Security" in answer.headers


def test_the_session_shows_nothing_to_who_holds_it_and_a_changed_one_is_nothing(app: Flask):
    client = app.test_client()
    client.get("/staff/login")
    cookie = client.get_cookie("session")
    assert cookie is not None
    assert "csrf" not in cookie.value
    client.set_cookie("session", cookie.value[:-4] + "AAAA")
    assert client.get("/staff/login").status_code == 200


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [
        ("", "", "zh-Hans"),
        ("en-GB,en;q=0.9", "", "en"),
        ("fr", "", "zh-Hans"),
        ("en", "?lang=zh", "zh-Hans"),
        ("zh-TW", "?lang=en", "en"),
        ("en", "?lang=xx", "en"),
    ],
)
def test_the_language_is_asked_for_or_the_browsers(app: Flask, header: str, query: str, language: str):
    answer = app.test_client().get(f"/{query}", headers={"Accept-Language": header} if header else {})
    assert f'<html lang="{language}"' in answer.text
    assert answer.headers["Content-Language"] == language


def test_language_and_size_stay(app: Flask):
    client = app.test_client()
    client.get("/?lang=en&text=large")
    later = client.get("/staff/login").text
    assert 'lang="en"' in later
    assert "mr-large" in later
    client.get("/?text=normal")
    assert "mr-large" not in client.get("/").text


def test_a_form_without_its_token_is_refused(app: Flask, sqlite_service: Service):
    account = make_account(sqlite_service, "operator")
    answer = app.test_client().post("/staff/login", data={"name": account.name, "password": "x"})
    assert answer.status_code == 400


def test_who_is_not_logged_in_is_sent_to_log_in_and_comes_back(app: Flask):
    answer = app.test_client().get("/staff/?tab=1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/staff/login?next=/staff/?tab%3D1"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "evil"])
def test_nobody_is_sent_elsewhere_after_logging_in(app: Flask, sqlite_service: Service, target: str):
    client = log_in(app, sqlite_service, "operator")
    assert client.get("/staff/prove").status_code == 200
    answer = send(client, "/staff/prove?next=" + target, {"password": "wrong", "code": "000000"})
    assert "evil" not in answer.headers.get("Location", "")


def test_measurements_are_for_this_machine_alone(app: Flask):
    client = app.test_client()
    assert b"maskres_requests_total" in client.get("/metrics").data
    outside = client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.5"})
    assert outside.status_code == 404


def test_a_forged_address_counts_only_behind_a_proxy(sqlite_service: Service):
    forged = {"X-Forwarded-For": "127.0.0.1"}
    client = make_app(sqlite_service).test_client()
    answer = client.get("/metrics", headers=forged, environ_base={"REMOTE_ADDR": "203.0.113.5"})
    assert answer.status_code == 404


def test_health_and_readiness(app: Flask, sqlite_service: Service):
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "alive"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_guessing_passwords_is_slowed_down(app: Flask, sqlite_service: Service):
    account = make_account(sqlite_service, "auditor")
    client = app.test_client()
    statuses = [
        send(client, "/staff/login", {"name": account.name, "password": "x" * 12}).status_code
        for _ in range(12)
    ]
    assert statuses[:10] == [200] * 10
    assert statuses[10:] == [429, 429]


def test_a_disabled_account_stops_at_once(app: Flask, sqlite_service: Service):
    from maskres.usecases.accounts import staff
    from maskres.usecases.service import SERVICE

    client = log_in(app, sqlite_service, "operator")
    assert client.get("/staff/prove").status_code == 200
    staff.disable(sqlite_service, SERVICE, make_account(sqlite_service, "operator").id)
    assert client.get("/staff/prove").status_code == 303


def test_an_idle_session_ends(app: Flask, sqlite_service: Service):
    client = log_in(app, sqlite_service, "operator")
    pass_time(sqlite_service, minutes=119)
    assert client.get("/staff/prove").status_code == 200
    pass_time(sqlite_service, minutes=119)
    assert client.get("/staff/prove").status_code == 200
    pass_time(sqlite_service, minutes=121)
    assert client.get("/staff/prove").status_code == 303


def test_the_session_rotates_at_log_in(app: Flask, sqlite_service: Service):
    account = make_account(sqlite_service, "operator")
    client = app.test_client()
    client.get("/staff/login")
    planted = client.get_cookie("session")
    client = log_in(app, sqlite_service, "operator", account.name)
    assert planted is not None
    thief = app.test_client()
    thief.set_cookie("session", planted.value)
    assert thief.get("/staff/prove").status_code == 303


def test_logs_hold_the_routes_pattern_and_nothing_that_was_typed(app: Flask):
    with structlog.testing.capture_logs() as lines:
        app.test_client().get("/nowhere/350203194912010024?phone=13800138000")
    text = json.dumps(lines)
    assert lines
    assert "350203194912010024" not in text
    assert "13800138000" not in text


def test_what_goes_wrong_is_logged_by_place_without_its_words(app: Flask, monkeypatch):
    def fail(*_: object, **_named: object) -> None:
        raise ValueError("13800138000")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("maskres.web.health.require_present_tables", fail)
    with structlog.testing.capture_logs() as lines:
        answer = app.test_client().get("/readyz")
    assert answer.status_code == 500
    assert "13800138000" not in answer.text
    failed = next(line for line in lines if line["event"] == "failed")
    assert failed["error"] == "ValueError"
    assert failed["places"]
    assert "13800138000" not in json.dumps(lines)
