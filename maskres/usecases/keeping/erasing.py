"""Erasing a round: its personal data and its keys are destroyed, and its bundle still verifies (spec N7, E17)."""

from __future__ import annotations

from datetime import date

from maskres.db import erasing, record, rounds, tasks
from maskres.db.engine import Transaction
from maskres.errors import StepRefused
from maskres.ledger import bodies
from maskres.ledger.body_shapes import Kind
from maskres.registration.numbers import key_digest
from maskres.rounds.status import RoundStatus
from maskres.rounds.task_kinds import TaskKind
from maskres.usecases.record import enter
from maskres.usecases.service import SERVICE, Actor, Service, one_transaction
from maskres.usecases.work.tasks import request_task


def erase_round(service: Service, actor: Actor, round_slug: str) -> int:
    """Erase a finished round whose date has come; a repeat only makes sure that its keys are gone.

    Returns:
        How many registrations were erased.

    Raises:
        StepRefused: "step-out-of-order", "too-early-to-erase".
        InputError: "unknown-round".
    """
    erased = _erase(service, actor, round_slug)
    # The keys go last: were they gone first and the transaction failed, nobody could finish the round.
    service.keys.destroy_round_keys(round_slug)
    return erased


@one_transaction
def _erase(c: Transaction, service: Service, actor: Actor, round_slug: str) -> int:
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    if round_.status is RoundStatus.ERASED:
        erasing.erase_persons(c, now.date().isoformat())  # whose own date has come since
        return 0
    _require_date(now.date(), round_)
    rounds.move_round(c, round_, RoundStatus.ERASED, erased_at=now)
    keys = service.keys.round_keys(round_slug)
    messages = erasing.erase_messages(c, round_.id)
    erased = erasing.erase_personal_data(c, round_.id)
    persons = erasing.erase_persons(c, now.date().isoformat())
    body = bodies.erased(key_digest(keys.number), key_digest(keys.seal))
    enter(c, service, now, Kind.ERASED, round_slug, None, body)
    detail = {"registrations": erased, "persons": persons, "messages": messages}
    record.log(c, now, actor.name, "round-erased", round_slug=round_slug, detail=detail)
    return erased


def _require_date(today: date, round_: rounds.Round) -> None:
    until = round_.rules.personal_data_until
    if round_.status is RoundStatus.FINISHED and today <= until:
        raise StepRefused("too-early-to-erase", f"The rules keep this round's personal data until {until}.")


@one_transaction
def request_due_erasures(c: Transaction, service: Service) -> int:
    """Ask for the erasure of every round whose date has come, once a day until it is done.

    An erased round comes up once more when the date of what outlives it is past: then the persons go.

    Returns:
        How many were asked for.
    """
    today = service.now().date()
    due = [each for each in rounds.list_rounds(c) if _is_due(c, each, today)]
    for round_ in due:
        request_task(
            c,
            service,
            SERVICE,
            TaskKind.ERASE_ROUND,
            once=f"erase-round/{round_.slug}",
            round_slug=round_.slug,
        )
    return len(due)


def _is_due(c: Transaction, round_: rounds.Round, today: date) -> bool:
    until = {
        RoundStatus.FINISHED: round_.rules.personal_data_until,
        RoundStatus.ERASED: round_.rules.person_data_until,
    }.get(round_.status)
    if until is None or today <= until:
        return False
    last = tasks.find_last(c, TaskKind.ERASE_ROUND, round_.slug)
    if last is None:
        return True
    asked_on = last.requested_at.date()
    has_done = last.status is tasks.TaskStatus.DONE and asked_on > until
    return last.status.is_ended and asked_on < today and not has_done
