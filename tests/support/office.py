"""Playing a round through the pages of operator and notary, with the worker at hand.

desk = Desk(service, tmp_path)
desk.post("operator", "/operator/…", {"field": "…"})    # token and second factor are seen to
desk.work()                                             # every task that was asked for is done
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from maskres.db import record
from maskres.db.tasks import Task
from maskres.jobs.runner import run_task
from maskres.usecases.service import Service
from maskres.usecases.work import tasks
from tests.support.web import PASSWORD, code_of, csrf, log_in, make_account, make_app, send


def digest_shown(page: str) -> str:
    """Give the digest of what a page shows, as its hidden field has it for whoever approves."""
    found = re.search(r'name="approved" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


class Desk:
    """Everybody of staff at their pages, each with a session of their own."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        self.app: Flask = make_app(service)
        self.folder = folder
        self._clients: dict[str, FlaskClient] = {}

    def client(self, role: str, name: str | None = None) -> FlaskClient:
        """Give the session of a role, or of one account of it."""
        key = name or role
        if key not in self._clients:
            self._clients[key] = log_in(self.app, self.service, role, name)
            self._clients[key].set_cookie("lang", "en")
        return self._clients[key]

    def get(self, role: str, address: str) -> TestResponse:
        """Look at a page; it must be there."""
        answer = self.client(role).get(address)
        if answer.headers.get("Location", "").startswith("/staff/login"):
            del self._clients[role]  # the clock has gone on for hours, and the session has ended
            answer = self.client(role).get(address)
        if answer.headers.get("Location", "").startswith("/staff/prove"):
            answer = self.prove(role, answer)
        assert answer.status_code == 200, (address, answer.status_code, answer.headers.get("Location"))
        return answer

    def prove(self, role: str, answer: TestResponse) -> TestResponse:
        """Show password and code once more, and come back to where one was sent from."""
        account = make_account(self.service, role)
        fields = {"password": PASSWORD, "code": code_of(self.service, account)}
        proved = send(self.client(role), answer.headers["Location"], fields)
        assert proved.status_code == 303, proved.text
        return self.client(role).get(proved.headers["Location"])

    def post(
        self, role: str, address: str, fields: Mapping[str, Any], files: Mapping[str, bytes] | None = None
    ) -> TestResponse:
        """Send a form from the page it stands on."""
        page = address if address != "/auditor/log.csv" else "/auditor/log"
        self.client(role)
        looked = self.client(role).get(page)
        location = looked.headers.get("Location", "")
        if location.startswith("/staff/login"):
            del self._clients[role]
            return self.post(role, address, fields, files)
        if location.startswith("/staff/prove"):
            self.prove(role, looked)
            looked = self.client(role).get(page)
        # What was looked at is approved along, as the page's hidden field does it.
        approved = re.search(r'name="approved" value="([0-9a-f]{64})"', looked.text)
        shown = {"approved": approved[1]} if approved else {}
        data: dict[str, Any] = {**shown, **fields, "csrf_token": csrf(self.client(role), "/staff/login")}
        for name, content in (files or {}).items():
            data[name] = (io.BytesIO(content), f"{name}.csv" if name != "rules" else "rules.json")
        return self.client(role).post(address, data=data, content_type="multipart/form-data")

    def approvals(self, act: str) -> list[str | None]:
        """Give the digests that the audit log holds beside an act, newest first; None where one has none."""
        with self.service.database.reading() as c:
            return [json.loads(row.detail).get("approved") for row in record.read_log(c, act=act)]

    def work(self) -> list[Task]:
        """Do every task that waits; gives them as they ended."""
        ended = []
        for task in tasks.list_due(self.service, quiet_seconds=0):
            assert run_task(self.service, task.id, self.folder)
            ended.append(tasks.find_task(self.service, task.id))
        return ended

    def do(
        self,
        role: str,
        address: str,
        fields: Mapping[str, Any] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> TestResponse:
        """Ask for a long step, let it be done, and give the page of its task."""
        asked = self.post(role, address, fields or {}, files)
        assert asked.status_code == 303, (address, asked.status_code, asked.text)
        where = asked.headers["Location"]
        assert "/tasks/" in where, where
        assert 'http-equiv="refresh"' in self.get(role, where).text
        self.work()
        return self.get(role, where)
