"""nginx with the configuration of deploy/, before gunicorn: what it gives itself, keeps, cuts, and passes on."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.surge_client import surge
from maskres.rounds.status import DrawStatus
from maskres.usecases.accounts.tokens import make_token
from maskres.usecases.draw.bundles import write_public_files
from maskres.usecases.service import Service
from maskres.web.operator import bodies
from tests.servers.guard import free_port
from tests.servers.nginx import NAME, ROOT, connect_tls, running_nginx
from tests.support.api import application
from tests.support.deployed import Deployment, deployed
from tests.support.people import make_people
from tests.support.web import make_app
from tests.support.workers import wait_until
from tests.support.world import OPERATOR, ROUND, open_round, play_to

#: So that the tests wait no longer than they must, and a burst is one however slowly this machine works.
QUICK = {
    "client_header_timeout 10s": "client_header_timeout 1s",
    "client_body_timeout 10s": "client_body_timeout 1s",
    "rate=100r/s": "rate=1r/m",
    "burst=400": "burst=12",
    "maskres_files 6": "maskres_files 1",
}
MOST_LOOK_BYTES = 10_240


@pytest.fixture
def there(sqlite_service: Service, tmp_path: Path, redis_url: str) -> Iterator[Deployment]:
    play_to(sqlite_service, DrawStatus.PUBLISHED)
    with deployed(sqlite_service, tmp_path, redis_url, {"rate=100r/s": "rate=10000r/s"}) as deployment:
        write_public_files(sqlite_service, ROUND, 1, deployment.bundles)
        yield deployment


def test_what_the_whole_city_asks_for(there: Deployment):
    """Kept for a moment, known again by ETag, and answered by nginx alone when all else is gone."""
    looking, stores = f"/rounds/{ROUND}/draws/1/look-up", f"/api/v1/rounds/{ROUND}/stores"
    pages = ("/", f"/rounds/{ROUND}", looking)
    begun = time.monotonic()
    for page in (*pages, stores):
        assert there.get_often(page, 60) == {200}
    seconds = time.monotonic() - begun
    for route in (
        "/",
        "/rounds/<slug>",
        "/rounds/<slug>/draws/<int:draw>/look-up",
        stores.replace(ROUND, "<slug:round>"),
    ):
        # Each page at most once a second; one more is fetched behind the back of whoever gets the old one.
        assert 1 <= there.web.count(f'"route": "{route}"') <= 2 + seconds, route

    answer = there.get(stores)
    assert answer.headers["cache-control"] == "public, max-age=15" and answer.headers["etag"]
    again = there.get(stores, **{"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    for page in pages:
        assert there.get(page).headers["cache-control"] == "no-store", "kept by nobody but nginx"
    assert there.get("/", Cookie="lang=en").body != there.get("/").body, "whoever has a cookie gets their own"

    file = there.get(f"{looking}/draw.json")
    again = there.get(f"{looking}/draw.json", **{"If-None-Match": file.headers["etag"]})
    assert (file.status, again.status) == (200, 304)
    for each in (file, there.get("/static/main.css"), answer, there.get("/")):
        assert len(set(each.names) - {"set-cookie"}) == len(each.names), "no header twice"
        assert each.headers["strict-transport-security"] and each.headers["content-security-policy"]
        assert each.headers["x-content-type-options"] == "nosniff" and "nginx/" not in each.headers["server"]
    assert there.get("/static/main.css", **{"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"

    there.web.kill()
    written = sorted(path for path in (there.bundles / ROUND / "look-up-1").rglob("*") if path.is_file())
    assert len(written) >= 3
    for path in written:
        found = there.get(f"{looking}/{path.relative_to(there.bundles / ROUND / 'look-up-1')}")
        assert found.status == 200 and found.body == path.read_bytes() and len(found.body) <= MOST_LOOK_BYTES
    for way in ("../../keys/deployment.json", "%2e%2e/%2e%2e/x", "pool/..%2f..%2fx", "draw.json/x"):
        assert there.get(f"{looking}/{way}").status in (400, 404, 503), way
    assert there.get(looking).status == there.get(stores).status == 200, "the last answer, rather than none"
    gone = there.get("/api/v1/checkpoints")
    assert (gone.status, gone.headers["retry-after"]) == (503, "5") and b'"not-available"' in gone.body
    assert there.get("/status").status == 503


def test_what_is_too_much_or_too_slow(sqlite_service: Service, tmp_path: Path):
    """Large bodies, slow clients, bursts; and a lost Redis turns nobody away who registers, but lets nobody guess."""
    open_round(sqlite_service)
    token = make_token(sqlite_service, OPERATOR, "helper", "helper").secret
    gone = f"redis://127.0.0.1:{free_port()}/0"
    with deployed(sqlite_service, tmp_path, gone, QUICK) as there:
        large = there.ask("POST", "/api/v1/phone-codes", body=b"x" * 70_000)
        assert large.status == 413 and b'"too-large"' in large.body
        assert there.ask("POST", "/register/", body=b"x" * 70_000).status == 413

        body = application(make_people(1)[0], for_whom="other")
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one-and-the-same"}
        registered = there.ask("POST", f"/api/v1/rounds/{ROUND}/registrations", headers, body)
        assert registered.status == 201, registered.body
        refused = there.ask("POST", f"/api/v1/phone-codes/{'ab' * 16}/check", body={"code": "123456"})
        assert refused.status == 503 and refused.headers["retry-after"], refused.body

        for begun in (
            b"GET / HTTP/1.1\r\nHost: ",
            b"POST /status HTTP/1.1\r\nHost: %b\r\nContent-Length: 9\r\n\r\nx",
        ):
            with connect_tls(there.port) as slow:
                slow.sendall(begun.replace(b"%b", NAME.encode()))
                told = b""
                with contextlib.suppress(ConnectionError):
                    while piece := slow.recv(4096):
                        told += piece
                assert not told or b" 408 " in told.splitlines()[0], "cut, with or without a word"
        with connect_tls(there.port) as slow:
            slow.sendall(
                f"POST /operator/registers HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 9\r\n\r\nx".encode()
            )
            wait_until(lambda: there.ask("POST", "/operator/registers", body=b"").status == 429)
            assert there.get("/operator/registers").status == 303, "who sends nothing is not counted"
            assert there.ask("POST", "/operator/rounds", body=b"").status != 429
        with connect_tls(there.port) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n")
            assert stranger.recv(4096) == b"", "by another name there is no answer"

        _surge(sqlite_service, there, token)
        assert there.get_often("/api/v1/rounds", 13) == {200, 429}
        often = there.get("/api/v1/rounds")
        assert (often.status, often.headers["retry-after"]) == (
            429,
            "5",
        ) and b'"too-many-requests"' in often.body
        assert there.get("/status").status == 429
        assert there.get("/static/main.css").status == 200, "what costs nothing is not counted"
        assert there.get("/metrics").status == 404


def test_what_may_be_large_goes_on_as_it_comes_and_nothing_else(sqlite_service: Service):
    text = (ROOT / "deploy" / "nginx" / "maskres.conf").read_text(encoding="utf-8")
    (place,) = re.findall(r'location ~ "(\^/operator/[^"]+)" \{\n[^}]+proxy_request_buffering off;', text)
    assert text.count("proxy_request_buffering") == 1
    urls = make_app(sqlite_service).url_map.bind(NAME)
    for rule in urls.map.iter_rules():
        if rule.rule.startswith("/operator/") and "POST" in (rule.methods or ()):
            path = re.sub(r"<int:\w+>", "1", re.sub(r"<\w+>", ROUND, rule.rule))
            assert bool(re.search(place, path)) == (rule.endpoint in bodies._MOST), path


def _surge(service: Service, there: Deployment, token: str) -> None:
    """Far more than can be served at once: each is taken or told to come again, and what was taken is there."""
    people = make_people(42)[1:]
    requests = [
        _registration(application(person, for_whom="other"), token, person.index) for person in people
    ]
    lifted = {
        "rate=100r/s": "rate=10000r/s",
        "max_conns=48": "max_conns=1",
        "limit_conn maskres_held 200": "#",
    }
    with running_nginx(there.web.port, there.bundles, lifted, is_plain=True) as port:
        answers = surge("127.0.0.1", port, iter(requests[:-1]), 10_000, 60)
        assert {each.status for each in answers} == {201, 503}
        assert all(each.retry_after == "5" for each in answers if each.status == 503)
        late = surge("127.0.0.1", port, iter(requests[-1:]), 1, 60)
        assert [each.status for each in late] == [201], "whoever comes afterwards is taken"
    taken = {json.loads(each.body)["number"] for each in answers if each.status == 201}
    with service.database.reading() as c:
        assert taken <= {row[0] for row in c.exec_driver_sql("SELECT number FROM registrations")}


def _registration(body: dict[str, Any], token: str, nth: int) -> bytes:
    data = json.dumps(body).encode()
    head = (
        f"POST /api/v1/rounds/{ROUND}/registrations HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Bearer {token}\r\n"
        f"Idempotency-Key: surge-{nth:012}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data
