"""Registering and handing out by the HTTP interface, beside a bare Flask route with psycopg on the same server.

PostgreSQL, Redis, gunicorn and the client share this machine. PostgreSQL is durable, as in a deployment. Both
applications are served at once with the same settings, and asked in turn for a few seconds each by the same client with
16 connections: so whatever else the machine does meanwhile slows both.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.serving import Served, measure_in_turn, served
from maskres.db import pickup, rounds
from maskres.db.engine import Database
from maskres.formats.values import format_time
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts.tokens import make_token, till_for
from maskres.usecases.pickup.afterwards import code_of
from maskres.usecases.registration import bulk_registering
from maskres.usecases.service import Service
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.redis import running_redis
from tests.support.people import STORE_SLUGS, make_people, write_registrations
from tests.support.world import (
    OPERATOR,
    ROUND,
    import_people,
    make_service,
    make_template,
    open_round,
    play_to,
    set_clock,
)

CONNECTIONS = 16
#: Windows of each application, and how long one is. The first warms it up and does not count.
WINDOWS = 6
SECONDS = 3.0
REGISTERING, WINNING = 12_000, 12_000
#: A minute that counts, after the window that warms up.
LONG_WINDOWS, LONG_PEOPLE = 21, 60_000
#: Each token may ask so often a minute: enough of them, at each store, that none meets its limit.
TOKENS, LONG_TOKENS = 60, 200


def run(
    windows: int = WINDOWS,
    seconds: float = SECONDS,
    people: int = REGISTERING,
    winners: int = WINNING,
    tokens: int = TOKENS,
) -> list[dict[str, Any]]:
    """Measure both.

    Args:
        windows: of each application.
        seconds: of a window.
        people: who can register.
        winners: who can collect.
        tokens: by which they are registered, and at each store handed out to.

    Returns:
        One row each: seconds a request took on average; rate, latencies and processor time, ours and the bare route's.
    """
    with (
        tempfile.TemporaryDirectory(prefix="maskres-bench-") as name,
        running_postgres(is_durable=True) as server,
        running_redis() as redis,
    ):
        folder = Path(name)
        cases = (
            ("register", registering_world(server, people, tokens)),
            ("hand out", _handing_out(server, 2 * winners, folder, tokens)),
        )
        return [_compare(what, prepared, server, redis, folder, windows, seconds) for what, prepared in cases]


def run_long(scale: float = 1.0) -> list[dict[str, Any]]:
    """Registering and handing out by the HTTP interface for a minute each, beside a bare Flask route with psycopg."""
    # Each request is sent once; a minute needs as many as could be served, and some more.
    many = int(LONG_PEOPLE * scale)
    return run(max(2, int(LONG_WINDOWS * scale)), SECONDS, many, many, LONG_TOKENS)


def _compare(
    what: str,
    prepared: tuple[Service, list[dict[str, Any]]],
    server: Postgres,
    redis: str,
    folder: Path,
    windows: int,
    seconds: float,
) -> dict[str, Any]:
    service, requests = prepared
    variables = {
        "BENCH_URL": service.database.url,
        "BENCH_NOW": format_time(service.now()),
        "BENCH_SINCE": str(time.time()),
        "BENCH_REDIS": redis,
    }
    service.database.close()
    url, bare_requests = _bare(server, what, 4 * len(requests))
    bare_variables = {"BENCH_BARE_URL": url}
    with ExitStack() as stack:

        def serve(name: str, environment: Mapping[str, str], sent: list[dict[str, Any]]) -> Served:
            started = served(f"benchmarks.{name}:app", environment, sent, folder / name, CONNECTIONS)
            return stack.enter_context(started)

        ours, bare = measure_in_turn(
            serve("served_world", variables, requests),
            serve("bare_web", bare_variables, bare_requests),
            windows,
            seconds,
        )
    refused = {status for figures in (ours, bare) for status in figures.statuses} - {"200", "201"}
    if refused:
        raise RuntimeError(f"what is refused is no work: {refused} among the answers of {what}")
    return {
        "what": f"{what} by HTTP, {CONNECTIONS} connections",
        "served": str(ours),
        "yardstick_served": str(bare),
        "seconds": 1 / ours.rate,
        "yardsticks": {"a bare Flask route": 1 / bare.rate},
        "asked": "half the rate of a bare route; p99 under 100 ms",
    }


def registering_world(
    server: Postgres, people: int, tokens: int = TOKENS
) -> tuple[Service, list[dict[str, Any]]]:
    """Give a world with an open round, and the requests by which people register in it."""
    service = _world(server)
    open_round(service)
    made = [make_token(service, OPERATOR, f"helper-{nth}", "helper").secret for nth in range(tokens)]
    return service, [
        _request(
            f"/api/v1/rounds/{ROUND}/registrations",
            {
                "id_number": person.id_number,
                "name": person.name,
                "phone": person.phone,
                "district": "siming",
                "reach": "city",
                "choices": ["siming-1", "huli-1"],
                "for_whom": "other",
            },
            made[nth % tokens],
            nth,
        )
        for nth, person in enumerate(make_people(people))
    ]


def _handing_out(
    server: Postgres, count: int, folder: Path, tokens: int
) -> tuple[Service, list[dict[str, Any]]]:
    """Give a world in which half of so many people have won, and the requests by which they are handed out to."""
    service, people = _world(server), make_people(count)
    open_round(service)
    # By files: one after another, as they register on line, so many would take minutes.
    import_people(service, "household", people)
    import_people(service, "insurance", [])
    path = write_registrations(folder / "registrations.csv", people)
    bulk_registering.import_registrations(service, OPERATOR, ROUND, path)
    play_to(service, DrawStatus.COLLECTING, capacity=count)
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, ROUND), 1)
        starts = sorted(pickup.list_starts(c, draw.id))
        places = pickup.list_planned(c, draw.id, starts[0], starts[-1].replace(hour=23))
    set_clock(service, starts[0])
    made = {store: list(_tokens(service, store, tokens)) for store in STORE_SLUGS}
    return service, [
        _request(
            f"/api/v1/rounds/{ROUND}/stores/{place.store}/hand-overs",
            {
                "nonce": f"bench-{place.number}",
                "code": code_of(service, ROUND, 1, place.number, place.code_version),
            },
            made[place.store][nth % tokens],
            nth,
            address=STORE_SLUGS.index(place.store) * tokens + nth % tokens,
        )
        for nth, place in enumerate(places)
    ]


def _tokens(service: Service, store: str, count: int) -> Iterator[str]:
    for nth in range(count):
        made = make_token(service, OPERATOR, f"{store}-{nth}", "counter", store)
        till_for(service, OPERATOR, ROUND, store, made.holder.name)
        yield made.secret


def _world(server: Postgres) -> Service:
    name = server.create_database()
    make_template(server.url(name))
    return make_service(Database(server.url(name)))


def _request(
    path: str, body: Mapping[str, Any], token: str, nth: int, address: int | None = None
) -> dict[str, Any]:
    """Write a request; where no address is given it comes from one of its own, where a till stands it is always one."""
    place = nth if address is None else address
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": f"bench-{nth:012}",
        "X-Forwarded-For": f"10.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}",
    }
    return {"method": "POST", "path": path, "headers": headers, "body": body}


def _bare(server: Postgres, what: str, count: int) -> tuple[str, list[dict[str, Any]]]:
    url = server.url(server.create_database()).replace("postgresql+psycopg://", "postgresql://")
    is_insert = what == "register"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE bare (number text PRIMARY KEY, body text, done boolean NOT NULL DEFAULT false)"
        )
        if not is_insert:
            connection.execute(
                "INSERT INTO bare (number, body) SELECT n::text, repeat('x', 200) FROM generate_series(0, %s) n",
                (count,),
            )
    path = "/insert" if is_insert else "/update"
    body = {"body": "x" * 200} if is_insert else {}
    return url, [
        {"method": "POST", "path": path, "headers": {}, "body": {"number": str(n), **body}}
        for n in range(count)
    ]
