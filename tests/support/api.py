"""A partner's system: tokens, JSON sent and read, a phone that is verified.

partner = Partner(make_app(service), service)
partner.token("helper"); partner.post("/rounds/…/registrations", {…}, token=…)
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from maskres.db import messages
from maskres.usecases.accounts.tokens import make_token
from maskres.usecases.service import SERVICE, Service
from maskres.usecases.telling.messages import Gateway, deliver_due
from tests.support.people import application_fields

PREFIX = "/api/v1"
_NUMBERS = itertools.count(1)


@dataclass
class Phones(Gateway):
    """Keeps what was sent to phones: (phone, words)."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, message_id: str, phone: str, words: str) -> None:
        self.sent.append((phone, words))


@dataclass
class Partner:
    """Somebody's system that speaks to the API."""

    app: Flask
    service: Service
    phones: Phones = field(default_factory=Phones)
    #: Names of the tokens made so far.
    names: list[str] = field(default_factory=list)

    def token(self, role: str, store: str | None = None) -> dict[str, str]:
        """Make a token and give the header that shows it."""
        name = f"{role}-token-{next(_NUMBERS)}"
        self.names.append(name)
        return {"Authorization": f"Bearer {make_token(self.service, SERVICE, name, role, store).secret}"}

    def get(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        """Ask for something."""
        return self.app.test_client().get(PREFIX + path, headers=headers)

    def send(
        self,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        method: str = "POST",
        content_type: str | None = "application/json",
    ) -> TestResponse:
        """Send a body: bytes as they are, else as JSON."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = None if body is None else content_type
        return self.app.test_client().open(
            PREFIX + path, method=method, data=data, headers=headers, content_type=kind
        )

    def deliver(self) -> list[tuple[str, str]]:
        """Let the outbox deliver, and give what has been sent since the last time."""
        before = len(self.phones.sent)
        deliver_due(self.service, self.phones)
        return self.phones.sent[before:]

    def count_messages(self) -> int:
        """Count all messages of the outbox."""
        with self.service.database.reading() as c:
            return sum(messages.count_by_status(c).values())

    def verify(self, phone: str) -> dict[str, str]:
        """Verify a phone by its code, and give the header that proves it."""
        asked = self.send("/phone-codes", {"phone": phone})
        assert asked.status_code == 202, asked.text
        told = [words for to, words in self.deliver() if to == f"+86{phone}"]
        code = re.search(r"(?<![0-9])[0-9]{6}(?![0-9])", " ".join(reversed(told)))
        assert code is not None
        checked = self.send(f"/phone-codes/{_json(asked)['id']}/check", {"code": code[0]})
        assert checked.status_code == 200, checked.text
        return {"Phone-Proof": _json(checked)["phone_proof"]}


def _json(answer: TestResponse) -> Any:
    return answer.json


def application(person: Any, **changes: Any) -> dict[str, Any]:
    """Give the body by which a person of the small world registers."""
    written: dict[str, Any] = application_fields(person)
    return written | {"choices": written["choices"].split("|")} | changes
