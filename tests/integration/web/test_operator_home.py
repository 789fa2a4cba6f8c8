"""What operators see at a glance: live counts, queue and SMS, and the audit log with its filters and export."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from maskres.db import record
from maskres.rounds.status import DrawStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.service import Service
from maskres.usecases.telling import messages
from maskres.usecases.telling.messages import GatewayFailed
from maskres.usecases.work import tasks
from tests.support.web import log_in, make_app, send
from tests.support.world import OPERATOR, ROUND, pass_time, play_to


class _Broken:
    """A gateway that takes every second message."""

    def __init__(self) -> None:
        self.asked = 0

    def send(self, message_id: str, phone: str, words: str) -> None:
        self.asked += 1
        if self.asked % 2:
            raise GatewayFailed("gateway-down", "It does not answer.")


def test_counts_queue_messages_and_the_log(service: Service) -> None:
    play_to(service, DrawStatus.OPEN)
    client = log_in(make_app(service), service, "operator")
    client.set_cookie("lang", "en")

    def write(number: int) -> None:
        service.database.write(
            lambda c: messages.write_message(c, service, "phone-code", f"+861380000000{number}", "code")
        )

    for number in range(4):
        write(number)
    messages.deliver_due(service, _Broken())
    tasks.ask(service, OPERATOR, TaskKind.CLOSE_DRAW, round_slug=ROUND, draw=1)
    pass_time(service, minutes=6)
    home = client.get("/operator/")
    assert "Registered now: <strong>19</strong>" in home.text
    assert home.text.count("late") >= 2 and "Refresh" not in home.headers
    assert client.get("/operator/?live=1").headers["Refresh"] == "30"
    page = client.get("/operator/health").text
    cells = [part.split("</td>")[0] for part in page.split('numeric">')[3:]]
    assert cells[:8] == ["1", "2", "0", "–", "0", "2", "0", "0"]
    assert "Messages sent, by hour" in page and "<svg" in page

    # The log: by who, what, when and about what; one page after another; nothing is lost or told twice.
    with service.database.reading() as c:
        everything = record.read_log(c)
    whole = send(client, "/operator/log", {"actor": "resident"})
    assert whole.status_code == 200 and "Nothing is found." not in whole.text
    for filters in (
        {"act": "registered", "actor": "operator/"},
        {"draw": "7"},
        {"about": "no-such-account"},
        {"until": "2019-01-01T00:00"},
    ):
        assert "Nothing is found." in send(client, "/operator/log", filters).text, filters
    named = send(client, "/operator/log", {"about": "operator-1"}).text
    assert "account added" in named and "second factor set up" in named
    assert send(client, "/operator/log", {"draw": "one"}).status_code == 422
    since = (service.now() + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    assert "Nothing is found." in send(client, "/operator/log", {"since": since}).text

    exported = send(client, "/operator/log.csv", {"about": "operator-1"})
    rows = list(csv.DictReader(io.StringIO(exported.data.decode("utf-8-sig"))))
    assert {row["act"] for row in rows} == {"account-added", "second-factor-set", "log-exported"}
    with service.database.reading() as c:
        (line,) = record.read_log(c, act="log-exported")
    assert line.actor == "operator/operator-1" and '"about": "operator-1"' in line.detail
    assert len(everything) > len(rows)
