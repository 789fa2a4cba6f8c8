"""Disqualifying takes two people: an operator asks for it, a notary confirms or declines.

What was asked for stands in the audit log, where nothing can be changed or taken back; a request is open until a later
line there ends it. So no table is needed, and who asked, who answered and why stay readable together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from maskres.db import people, record, rounds
from maskres.db.engine import Transaction
from maskres.db.record import LogFilter
from maskres.errors import ConflictError, StepRefused
from maskres.formats.symbols import read_typed
from maskres.rounds.status import DrawStatus
from maskres.usecases.pickup.afterwards import disqualify
from maskres.usecases.reasons import read_reason
from maskres.usecases.service import Actor, Service, one_transaction

_ASKED = "disqualifying-asked"
_ENDED = ("disqualified", "disqualifying-declined")
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """A request to disqualify.

    Attributes:
        id: of its line in the audit log.
        number: whom.
        reason: why.
        asked_by: the operator.
        asked_at: when.
    """

    id: int
    number: str
    reason: str
    asked_by: str
    asked_at: datetime


@one_transaction
def ask_to_disqualify(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    number: str,
    reason: str,
) -> None:
    """Ask for a number to be disqualified; nothing changes before a notary confirms.

    Args:
        c: given by the decorator.
        service: the service.
        actor: the operator.
        round_slug: the round.
        draw_number: the draw, published or collecting.
        number: whom, as typed.
        reason: why, for the audit log.

    Raises:
        InputError: "unknown-number", "bad-reason".
        StepRefused: "step-out-of-order".
        ConflictError: "asked-already".
    """
    why = read_reason(reason)
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    if draw.status not in (DrawStatus.PUBLISHED, DrawStatus.COLLECTING):
        raise StepRefused("step-out-of-order", f"The draw is {draw.status}; its places cannot change now.")
    whom = people.find_registration(c, round_.id, read_typed(number)).number
    if any(each.number == whom for each in _open_requests(c, round_slug, draw_number)):
        raise ConflictError("asked-already", "This has been asked for already.", field="number")
    record.log(
        c, service.now(), actor.name, _ASKED, round_slug=round_slug, draw=draw_number, number=whom,
        detail={"reason": why},
    )  # fmt: skip


def list_requests(service: Service, round_slug: str, draw_number: int) -> list[Request]:
    """List the requests of a draw that are open, the newest first."""
    with service.database.reading() as c:
        return _open_requests(c, round_slug, draw_number)


def confirm_disqualifying(
    service: Service, actor: Actor, round_slug: str, draw_number: int, request_id: int
) -> None:
    """Confirm a request as the second person: the number is disqualified.

    Args:
        service: the service.
        actor: the notary.
        round_slug: the round.
        draw_number: the draw.
        request_id: of the request.

    Raises:
        StepRefused: "no-request", "two-people-needed", "nothing-to-disqualify", "place-ended".
    """
    found = _require_open(service, round_slug, draw_number, request_id)
    asker = Actor(found.asked_by)
    disqualify(service, asker, actor, round_slug, draw_number, found.number, found.reason)


@one_transaction
def decline_disqualifying(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int, request_id: int
) -> None:
    """Decline a request: nothing changes.

    Raises:
        StepRefused: "no-request".
    """
    rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number, is_locked=True)
    found = _find(_open_requests(c, round_slug, draw_number), request_id)
    record.log(
        c, service.now(), actor.name, _ENDED[1], round_slug=round_slug, draw=draw_number, number=found.number,
        detail={"asked_by": found.asked_by},
    )  # fmt: skip


def _require_open(service: Service, round_slug: str, draw_number: int, request_id: int) -> Request:
    return _find(list_requests(service, round_slug, draw_number), request_id)


def _find(found: list[Request], request_id: int) -> Request:
    request = next((each for each in found if each.id == request_id), None)
    if request is None:
        raise StepRefused("no-request", "This request is not open any more.")
    return request


def _open_requests(c: Transaction, round_slug: str, draw_number: int) -> list[Request]:
    def lines(act: str) -> list[tuple[int, Any]]:
        found = record.read_log(c, wanted=LogFilter(act=act, round_slug=round_slug), limit=_MOST)
        return [(row.id, row) for row in found if row.draw == draw_number]

    ended: dict[str, int] = {}
    for act in _ENDED:
        for line_id, row in lines(act):
            ended[row.number] = max(ended.get(row.number, 0), line_id)
    return [
        Request(line_id, row.number, json.loads(row.detail)["reason"], row.actor, row.at)
        for line_id, row in lines(_ASKED)
        if ended.get(row.number, 0) < line_id
    ]
