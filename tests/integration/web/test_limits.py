"""Limits: counted in Redis for all processes, taken in shares, and what is left of them without Redis."""

from __future__ import annotations

from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError

from maskres.usecases.service import Service
from maskres.web import allowances
from maskres.web.errors import set_up_errors
from maskres.web.limits import Limits
from tests.support.web import make_app
from tests.support.world import open_round

GONE = "redis://127.0.0.1:1/0"


class Process:
    """One process with its limits: three views, each to be asked 60 times a minute."""

    def __init__(self, storage: str | None) -> None:
        app, limits = Flask(__name__), Limits(storage)
        set_up_errors(app)
        for name, kind in (("open", limits.open), ("closed", limits.closed)):
            app.add_url_rule(f"/api/{name}", name, kind.limit("60 per minute; 100 per hour")(lambda: "done"))
        app.add_url_rule("/api/few", "few", limits.closed.limit("3 per minute")(lambda: "done"))
        self._client = app.test_client()

    def ask(self, view: str, times: int, address: str = "10.0.0.1") -> list[int]:
        asked = {"REMOTE_ADDR": address}
        return [self._client.get(f"/api/{view}", environ_base=asked).status_code for _ in range(times)]


def test_all_processes_together_let_nobody_in_more_often(redis_url: str):
    first, second = Process(redis_url), Process(redis_url)
    answers = [status for _ in range(35) for each in (first, second) for status in each.ask("closed", 1)]
    assert (answers.count(200), answers.count(429)) == (60, 10)
    assert first.ask("closed", 1, "10.0.0.2") == [200], "somebody else is somebody else"
    assert first.ask("open", 1) == [200], "and another view another"


def test_a_share_not_used_up_is_all_that_is_lost(redis_url: str):
    first, second = Process(redis_url), Process(redis_url)
    assert first.ask("closed", 2) == [200] * 2
    answers = second.ask("closed", 60)
    assert answers.count(200) in (57, 58)
    assert answers == sorted(answers)
    with Redis.from_url(redis_url) as redis:
        asked = redis.info("stats")["total_commands_processed"]
        assert second.ask("closed", 50) == [429] * 50
        assert redis.info("stats")["total_commands_processed"] - asked < 5, "refused without asking Redis"


def test_few_are_counted_one_by_one(redis_url: str):
    first, second = Process(redis_url), Process(redis_url)
    assert first.ask("few", 1) + second.ask("few", 3) + first.ask("few", 1) == [200, 200, 200, 429, 429]


def test_without_redis_one_kind_counts_alone_and_the_other_refuses():
    process = Process(GONE)
    assert process.ask("open", 61) == [200] * 60 + [429]
    assert process.ask("closed", 2) == [503] * 2
    alone = Process(None)
    assert alone.ask("closed", 61) == [200] * 60 + [429]


def test_what_was_taken_before_redis_went_is_still_given(redis_url: str, monkeypatch):
    process = Process(redis_url)
    assert process.ask("closed", 2) == [200] * 2
    monkeypatch.setattr(Redis, "execute_command", _refuse)
    assert process.ask("closed", 2) == [200, 503]


def test_codes_are_sent_and_typed_so_often_by_all_together(sqlite_service: Service, monkeypatch):
    """However many addresses somebody has: each of them is within its own limit here."""
    monkeypatch.setattr(allowances, "SENDING_OF_ALL", "2 per minute")
    monkeypatch.setattr(allowances, "TYPING_OF_ALL", "3 per minute")
    app = make_app(sqlite_service)
    app.config["WTF_CSRF_ENABLED"] = False

    def are_refused(path: str, times: int) -> list[bool]:
        addresses = [{"REMOTE_ADDR": f"10.0.0.{nth}"} for nth in range(times)]
        return [app.test_client().post(path, environ_base=each).status_code == 429 for each in addresses]

    slug = open_round(sqlite_service).slug
    for path in ("/api/v1/phone-codes", "/status/phone", f"/register/{slug}/phone"):
        assert are_refused(path, 3) == [False, False, True], path
    for path in (f"/api/v1/phone-codes/{'ab' * 16}/check", "/status/code", f"/register/{slug}/code"):
        assert are_refused(path, 4) == [False, False, False, True], path


def _refuse(*_: object, **__: object) -> None:
    raise ConnectionError("gone")
