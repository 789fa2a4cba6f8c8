"""A resident before the pages: answers page after page, and reads the code that was sent to the phone."""

from __future__ import annotations

import json
import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from maskres.usecases.service import Service
from tests.support.people import Person
from tests.support.raw import fetch
from tests.support.world import ROUND

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def sent_messages(service: Service) -> list[tuple[str, str, str]]:
    """Give kind, phone and words of every message that waits in the outbox, oldest first."""
    rows = fetch(
        service.database,
        "SELECT id, kind, content FROM messages WHERE content IS NOT NULL ORDER BY created_at",
    )
    found = []
    for message_id, kind, content in rows:
        opened = service.cipher.decrypt(bytes(content), bound_to=f"message/{message_id}".encode())
        phone, words = json.loads(opened)
        found.append((kind, phone, words))
    return found


def newest_code(service: Service, phone: str) -> str:
    """Give the newest code that was sent to a phone."""
    words = [text for kind, to, text in sent_messages(service) if kind == "phone-code" and to == phone]
    found = re.search(r"(?<![0-9])[0-9]{6}(?![0-9])", words[-1])
    assert found
    return found[0]


def post(client: FlaskClient, address: str, page: str | None = None, **fields: str) -> TestResponse:
    """Send a page's form with its token."""
    token = _TOKEN.search(client.get(page or address).text)
    assert token, f"{page or address} shows no form"
    return client.post(address, data={**fields, "csrf_token": token[1]})


def answers(person: Person) -> dict[str, dict[str, str]]:
    """Give what somebody answers on each page after the phone is verified."""
    return {
        "document": {"id_type": "cn-id", "id_number": person.id_number, "issuer": ""},
        "name": {"name": person.name},
        "district": {"district": "huli", "reach": "district"},
        "stores": {"act": "continue"},
        "keep": {"keep": "yes"},
    }


def prove_phone(client: FlaskClient, service: Service, phone: str, slug: str = ROUND) -> None:
    """Answer the pages up to the verified phone."""
    base = f"/register/{slug}"
    assert post(client, f"{base}/for-whom", for_whom="self").status_code == 303
    assert post(client, f"{base}/phone", phone=phone).headers["Location"].endswith("/code")
    code = newest_code(service, f"+86{phone}")
    answer = post(client, f"{base}/code", code=code, act="check")
    assert answer.headers["Location"].endswith("/document"), answer.text


def fill_in(client: FlaskClient, service: Service, person: Person, slug: str = ROUND) -> None:
    """Answer every page up to the last, where the answers are checked."""
    prove_phone(client, service, person.phone, slug)
    answer = None
    for name, fields in answers(person).items():
        answer = post(client, f"/register/{slug}/{name}", **fields)
        assert answer.status_code == 303, answer.text
    assert answer is not None and answer.headers["Location"].endswith("/check")


def register_by_pages(client: FlaskClient, service: Service, person: Person, slug: str = ROUND) -> str:
    """Register somebody by the pages; gives the page with number and secret of all that this phone has registered."""
    fill_in(client, service, person, slug)
    answer = post(client, f"/register/{slug}/check")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/register/done"), answer.text
    assert 'href="/status/mine"' in client.get("/register/done").text
    return client.get("/status/mine").text
