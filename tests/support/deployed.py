"""A small world as a deployment: its keys in an instance folder, its settings in variables, served before nginx.

with deployed(service, folder, redis_url) as there:
    status, headers, body = there.get("/api/v1/rounds")
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskres.keys import FileKeys
from maskres.rehearsal.parts import SeededKeys
from maskres.usecases.service import Service
from tests.servers.nginx import NAME, running_nginx
from tests.servers.web import WebServer, running_web
from tests.support.world import ROUND, SEED


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, its headers by small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    #: Names of all headers, as often as each came.
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """nginx and what is behind it."""

    port: int
    web: WebServer
    bundles: Path

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Answered:
        """Ask for something by a connection of its own; a body that is no bytes goes as JSON."""
        connection = self._connect()
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = (
            {"Host": NAME}
            | ({} if data is None else {"Content-Type": "application/json"})
            | dict(headers or {})
        )
        try:
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            found = [(name.lower(), value) for name, value in answer.getheaders()]
            return Answered(answer.status, dict(found), answer.read(), tuple(name for name, _ in found))
        finally:
            connection.close()

    def get_often(self, path: str, times: int) -> set[int]:
        """Ask for the same so often by one connection; gives the statuses that came."""
        connection = self._connect()
        statuses = set()
        try:
            for _ in range(times):
                connection.request("GET", path, headers={"Host": NAME})
                answer = connection.getresponse()
                answer.read()
                statuses.add(answer.status)
        finally:
            connection.close()
        return statuses

    def _connect(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)

    def get(self, path: str, **headers: str) -> Answered:
        """Ask for something by GET."""
        return self.ask("GET", path, headers)


@contextmanager
def deployed(
    service: Service, folder: Path, redis_url: str, changes: Mapping[str, str] | None = None
) -> Iterator[Deployment]:
    """Serve a small world of the tests by gunicorn and nginx.

    Args:
        service: its database and its keys; the clock is the present one.
        folder: for the instance.
        redis_url: of its limits.
        changes: other words of nginx' configuration.
    """
    instance = folder / "instance"
    write_keys(instance / "keys")
    # nginx' processes go through all folders above.
    bundles = instance / "bundles"
    bundles.mkdir(exist_ok=True)
    environment = {
        "MASKRES_INSTANCE": str(instance),
        "MASKRES_DATABASE_URL": service.database.url,
        "MASKRES_PUBLIC_URL": f"https://{NAME}",
        "MASKRES_PROXIES": "1",
        "MASKRES_REDIS_URL": redis_url,
    }
    with running_web(environment, folder) as web, running_nginx(web.port, bundles, changes) as port:
        yield Deployment(port, web, bundles)


def write_keys(folder: Path, slugs: tuple[str, ...] = (ROUND,)) -> None:
    """Write the keys of the small world into files, as `keys init` and opening a round do."""
    seeded = SeededKeys(SEED)
    whole = seeded.deployment
    feed = [whole.index[1], whole.data[1], whole.ledger, whole.access, whole.lookup]
    for slug in slugs:
        of_round = seeded.round_keys(slug)
        feed += [of_round.number, of_round.seal, of_round.code]
    keys = FileKeys(folder, lambda _count: feed.pop(0))
    keys.init()
    for slug in slugs:
        keys.make_round_keys(slug)
