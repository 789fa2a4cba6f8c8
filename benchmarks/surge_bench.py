"""Registrations at four times what can be served, through nginx as deploy/ has it, beside what is served otherwise.

PostgreSQL is durable; nginx, gunicorn, PostgreSQL, Redis and the client share this machine. First as many as 16 clients
at once bring through: that is what can be served. Then four times as many a second, whether or not they are answered;
then, at half of what can be served, ten seconds more. Whatever was acknowledged is looked for afterwards.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load import read_requests
from benchmarks.serving import Figures, served
from benchmarks.surge_client import Answer, surge
from benchmarks.web_bench import CONNECTIONS, registering_world
from maskres.formats.values import format_time
from tests.servers.nginx import NAME, running_nginx
from tests.servers.postgres import running_postgres
from tests.servers.redis import running_redis

TIMES = 4
SERVED_SECONDS, SURGE_SECONDS, LONG_SECONDS = 5.0, 8.0, 300.0
RECOVERY_SECONDS = 10.0
PEOPLE = 16_000
#: One client machine stands for a city: what nginx counts by address is left out, all else is as deploy/ has it.
ONE_ADDRESS = {
    "rate=100r/s": "rate=100000r/s",
    "limit_conn maskres_held 200": "limit_conn maskres_held 60000",
}


def run() -> list[dict[str, Any]]:
    """Surge for some seconds."""
    return [measure(SURGE_SECONDS, PEOPLE)]


def run_long(scale: float = 1.0) -> list[dict[str, Any]]:
    """Registrations at four times what can be served, for five minutes, through nginx as deploy/ has it."""
    return [
        measure(LONG_SECONDS * scale, max(PEOPLE, int(PEOPLE * LONG_SECONDS * scale / SURGE_SECONDS / 2)))
    ]


def measure(seconds: float, people: int) -> dict[str, Any]:
    """Measure one surge.

    Args:
        seconds: how long it is.
        people: who can register; those who are refused come again.
    """
    with (
        tempfile.TemporaryDirectory(prefix="maskres-bench-") as name,
        running_postgres(is_durable=True) as server,
        running_redis() as redis,
    ):
        folder = Path(name)
        service, requests = registering_world(server, people)
        variables = {
            "BENCH_URL": service.database.url,
            "BENCH_NOW": format_time(service.now()),
            "BENCH_SINCE": str(time.time()),
            "BENCH_REDIS": redis,
        }
        url = service.database.url.replace("postgresql+psycopg://", "postgresql://")
        service.database.close()
        first, rest = requests[: people // 4], requests[people // 4 :]
        with served("benchmarks.served_world:app", variables, first, folder / "served", CONNECTIONS) as there:
            figures = Figures()
            there.ask(SERVED_SECONDS, figures)
            (folder / "rest.jsonl").write_text(
                "".join(json.dumps(each) + "\n" for each in rest), encoding="utf-8"
            )
            waiting = deque(read_requests(folder / "rest.jsonl", NAME))
            with running_nginx(there.port, folder, ONE_ADDRESS, is_plain=True) as port:
                answers, recovered = (
                    surge("127.0.0.1", port, _next_of(waiting), rate, lasting, waiting.append)
                    for rate, lasting in (
                        (TIMES * figures.rate, seconds),
                        (figures.rate / 2, RECOVERY_SECONDS),
                    )
                )
        return _row(figures, answers, recovered, _count_lost(url, [*answers, *recovered]), seconds)


def _next_of(waiting: deque[bytes]) -> Iterator[bytes]:
    """Give who waits, the first first; whoever is refused comes again behind all others, and who was taken does not."""
    while waiting:
        yield waiting.popleft()


def _count_lost(url: str, answers: list[Answer]) -> int:
    """Count what was acknowledged and is not in the database."""
    acknowledged = {json.loads(each.body)["number"] for each in answers if each.status == 201}
    with psycopg.connect(url) as connection:
        found = {row[0] for row in connection.execute("SELECT number FROM registrations")}
    return len(acknowledged - found)


def _row(
    figures: Figures, answers: list[Answer], recovered: list[Answer], lost: int, seconds: float
) -> dict[str, Any]:
    taken = sorted(each.seconds for each in answers if each.status < 300 and each.status)
    statuses = Counter(each.status for each in answers)
    told = {str(status): count for status, count in sorted(statuses.items())}
    silent = sum(each.status in (429, 503) and not each.retry_after for each in answers)
    wrong = sum(count for status, count in statuses.items() if status not in (200, 201, 429, 503))
    refused_last = max((each.at for each in recovered if each.status >= 400 or not each.status), default=0.0)
    p99 = taken[len(taken) * 99 // 100]
    return {
        "what": f"registrations at {TIMES} times what can be served, {seconds:.0f} s",
        "served": (
            f"{len(taken) / seconds:.0f}/s taken, p99 {1000 * p99:.0f} ms, answers {told}, of them {wrong} others than"
            f" 2xx, 429 and 503, {silent} refused without Retry-After; {lost} of the acknowledged lost;"
            f" the last refused {refused_last:.1f} s after the surge"
        ),
        "yardstick_served": str(figures),
        "seconds": seconds / len(taken),
        "yardsticks": {"without a surge": 1 / figures.rate},
        "asked": "none lost; only 2xx, 429, 503 with Retry-After; p99 under 1 s; recovery within 10 s",
    }
