"""A whole city asking for the stores, by nginx and gunicorn as deployed, beside a bare nginx that gives one file.

PostgreSQL counts its own transactions meanwhile, whatever they were for.
"""

from __future__ import annotations

import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.look_up_bench import CONNECTIONS, SECONDS, TURNS, ask, bare_nginx, write_bare
from benchmarks.serving import served
from benchmarks.web_bench import registering_world
from maskres.formats.values import format_time
from tests.servers.nginx import NAME, connect_tls, running_nginx
from tests.servers.postgres import running_postgres
from tests.servers.redis import running_redis
from tests.support.world import ROUND

_STORES = f"/api/v1/rounds/{ROUND}/stores"
#: One client machine stands for a city: what nginx counts by address is left out.
_ONE_ADDRESS = {
    "rate=100r/s": "rate=100000r/s",
    "burst=400": "burst=100000",
    "limit_conn maskres_held 200": "limit_conn maskres_held 60000",
}
_COUNTED = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
#: PostgreSQL's processes tell what they did within so many seconds.
_TOLD_SECONDS = 3.0


def run() -> list[dict[str, Any]]:
    """Ask for the stores over a thousand connections at once."""
    with (
        tempfile.TemporaryDirectory(prefix="maskres-bench-") as name,
        running_postgres() as server,
        running_redis() as redis,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        service, requests = registering_world(server, 1)
        variables = {
            "BENCH_URL": service.database.url,
            "BENCH_NOW": format_time(service.now()),
            "BENCH_SINCE": str(time.time()),
            "BENCH_REDIS": redis,
        }
        url = service.database.url.replace("postgresql+psycopg://", "postgresql://")
        service.database.close()
        with served("benchmarks.served_world:app", variables, requests, folder / "served", 1) as there:
            with urllib.request.urlopen(f"http://127.0.0.1:{there.port}{_STORES}", timeout=30) as answer:
                size = len(answer.read())
            write_bare(folder / "bare", size)
            with (
                running_nginx(there.port, folder, _ONE_ADDRESS) as port,
                bare_nginx(folder / "bare") as bare_port,
            ):
                _fill_cache(port)
                before, begun = _count(url), time.monotonic()
                ours = [ask(folder, port, [_STORES]) for _ in range(TURNS)]
                seconds = time.monotonic() - begun
                transactions = _count(url) - before
                bare = [ask(folder, bare_port, ["/file.csv"]) for _ in range(TURNS)]
    best = max(ours, key=lambda asked: asked.rate)
    yardstick = max(bare, key=lambda asked: asked.rate)
    if wrong := sum(each.wrong for each in (*ours, *bare)):
        raise RuntimeError(f"{wrong} requests were not answered with 200")
    return [
        {
            "what": f"open data of stores by HTTPS, {CONNECTIONS:,} connections, {TURNS * SECONDS} s",
            "asked": "the database touched at most once a second",
            "served": f"{best}; {transactions / seconds:.2f} transactions of the database a second",
            "yardstick_served": str(yardstick),
            "seconds": 1 / best.rate,
            "yardsticks": {"one file by a bare nginx": 1 / yardstick.rate},
        }
    ]


def _fill_cache(port: int) -> None:
    """Ask once, so that no thousand at once find nothing kept yet."""
    with connect_tls(port) as connection:
        connection.sendall(f"GET {_STORES} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        while connection.recv(1 << 16):
            pass


def _count(url: str) -> int:
    time.sleep(_TOLD_SECONDS)
    with psycopg.connect(url) as connection:
        found = connection.execute(_COUNTED).fetchone()
    assert found is not None
    return int(found[0])
