"""Disputes: what the excluded say against their verdict, and what staff answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskres.db import deciding, disputes, people, record, rounds
from maskres.db.engine import Transaction
from maskres.errors import InputError, StepRefused
from maskres.rounds.status import DrawStatus, has_reached
from maskres.usecases.reasons import read_reason
from maskres.usecases.service import Actor, Service, one_transaction


def lodge_dispute(
    service: Service, actor: Actor, round_slug: str, draw_number: int, number: str, words: str
) -> None:
    """Lodge a person's objection to their verdict. Says and raises as lodge_disputes."""
    lodge_disputes(service, actor, round_slug, draw_number, {number: words})


@one_transaction
def lodge_disputes(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    objections: Mapping[str, str],
) -> None:
    """Lodge objections of persons to their verdicts, all of them or none; a repeat of an open one replaces it.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who lodges them.
        round_slug: the round.
        draw_number: the draw, decided and not yet committed.
        objections: registration number → what the person says, 1 to 2000 characters; kept encrypted.

    Raises:
        StepRefused: "too-early-to-dispute", "too-late-to-dispute", "nothing-to-dispute", "dispute-resolved".
        InputError: "unknown-number", "bad-words".
    """
    if not all(1 <= len(words.strip()) <= 2000 for words in objections.values()):
        raise InputError("bad-words", "Please say in 1 to 2000 characters what is wrong.", field="words")
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    draw = _draw_in_challenge(c, round_, draw_number)
    verdicts = deciding.find_verdicts(c, draw.id, objections)
    for number in objections:
        _require_excluded(verdicts.get(number))
    sealed = {
        number: service.cipher.encrypt(
            words.strip().encode(), bound_to=_dispute_owner(draw.id, number), nonce=service.random_bytes(12)
        )
        for number, words in objections.items()
    }
    if not disputes.lodge(c, draw.id, sealed, now):
        raise StepRefused("dispute-resolved", "This dispute has been answered already.")
    record.log_each(
        c, now, actor.name, "dispute-lodged", round_slug=round_slug, draw=draw.draw,
        details={number: {} for number in objections},
    )  # fmt: skip


def _require_excluded(verdict: Any | None) -> None:
    """Refuse what there is nothing to dispute about."""
    if verdict is None:
        raise InputError(
            "unknown-number", "Nobody is registered under this number in this draw.", field="number"
        )
    if verdict.is_withdrawn or verdict.is_eligible:
        raise StepRefused(
            "nothing-to-dispute",
            "This registration was withdrawn."
            if verdict.is_withdrawn
            else "This registration is in the pool.",
        )


@dataclass(frozen=True, slots=True)
class DisputeAnswer:
    """What staff answer to a dispute.

    Attributes:
        number: the registration.
        proved: kinds of registers whose evidence the person showed; none rejects the dispute.
        reason: why, for the audit log.
    """

    number: str
    proved: tuple[str, ...]
    reason: str


def resolve_dispute(
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    number: str,
    *,
    proved: tuple[str, ...] = (),
    reason: str,
) -> None:
    """Answer one dispute. Says and raises as resolve_disputes."""
    resolve_disputes(service, actor, round_slug, draw_number, [DisputeAnswer(number, proved, reason)])


@one_transaction
def resolve_disputes(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    answers: Sequence[DisputeAnswer],
) -> None:
    """Answer a stack of disputes, all of them or none: upheld for the registers whose evidence was seen, or rejected.

    Then decide again.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who answers.
        round_slug: the round.
        draw_number: the draw, decided and not yet committed.
        answers: one a dispute.

    Raises:
        StepRefused: "too-late-to-dispute", "no-open-dispute" naming the number.
        InputError: "unknown-register", "answered-twice", "bad-reason".
    """
    now = service.now()
    round_ = rounds.find_round(c, round_slug)
    details = _read_answers(answers, {basis.register for basis in round_.rules.bases})
    draw = _draw_in_challenge(c, round_, draw_number)
    proved = {number: detail["proved"] for number, detail in details.items()}
    for number in sorted(details.keys() - disputes.resolve(c, draw.id, proved, actor.name, now)):
        raise StepRefused("no-open-dispute", f"There is no open dispute under the number {number:.40}.")
    record.log_each(
        c, now, actor.name, "dispute-resolved", round_slug=round_slug, draw=draw.draw, details=details
    )


def _read_answers(answers: Sequence[DisputeAnswer], known: Collection[str]) -> dict[str, dict[str, Any]]:
    """Check a stack of answers, and give what is logged of each by number."""
    details: dict[str, dict[str, Any]] = {}
    for answer in answers:
        for kind in answer.proved:
            if kind not in known:
                message = f"The register {kind:.40} is no basis of this round."
                raise InputError("unknown-register", message, field="register")
        if answer.number in details:
            message = f"The dispute of {answer.number:.40} is answered twice."
            raise InputError("answered-twice", message, field="number")
        details[answer.number] = {
            "proved": sorted(set(answer.proved)),
            "reason": read_reason(answer.reason),
        }
    return details


def read_dispute(service: Service, actor: Actor, round_slug: str, draw_number: int, number: str) -> str:
    """Read what a person said; the reading is logged.

    Raises:
        InputError: "unknown-number".
    """
    return _read_dispute(service, actor, round_slug, draw_number, number)


@one_transaction
def _read_dispute(
    c: Transaction, service: Service, actor: Actor, round_slug: str, draw_number: int, number: str
) -> str:
    draw = rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number)
    words = disputes.words_of(c, draw.id, number)
    record.log(
        c, service.now(), actor.name, "personal-data-read", round_slug=round_slug, draw=draw.draw, number=number,
        detail={"what": "dispute"},
    )  # fmt: skip
    return service.cipher.decrypt(words, bound_to=_dispute_owner(draw.id, number)).decode()


@one_transaction
def uphold_after_commitment(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    number: str,
    reason: str,
) -> None:
    """Answer a dispute that was open at the commitment in favour of the person: their number stays as it is.

    Nothing is decided again, for the pool is committed. One that is not sound ends by disqualifying its number
    (afterwards.disqualify), which takes two people.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who answers.
        round_slug: the round.
        draw_number: the draw, committed and not ended.
        number: the registration.
        reason: why, for the audit log.

    Raises:
        StepRefused: "step-out-of-order" before the commitment and after the draw's end, "no-open-dispute".
        InputError: "bad-reason".
    """
    why = read_reason(reason)
    now = service.now()
    draw = rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number, is_locked=True)
    if not has_reached(draw.status, DrawStatus.COMMITTED) or draw.status is DrawStatus.FINISHED:
        raise StepRefused(
            "step-out-of-order",
            f"The draw is {draw.status}; its pool is not one that a number could stay in.",
        )
    if not disputes.answer_kept(c, draw.id, number, is_upheld=True, by=actor.name, now=now):
        raise StepRefused("no-open-dispute", "There is no open dispute under this number.")
    record.log(
        c, now, actor.name, "dispute-resolved", round_slug=round_slug, draw=draw.draw, number=number,
        detail={"proved": [], "reason": why, "stays": True},
    )  # fmt: skip


@one_transaction
def grant_late_claim(
    c: Transaction, service: Service, actor: Actor, round_slug: str, number: str, reason: str
) -> None:
    """Grant a ticket in the next round for a claim that was right but came after the commitment; once a registration.

    Raises:
        StepRefused: "ticket-granted" where one was.
        InputError: "unknown-number".
    """
    round_ = rounds.find_round(c, round_slug)
    registration = people.find_registration(c, round_.id, number)
    people.grant_bonus_ticket(
        c, registration.person_id
    )  # locks the person, so that of two the second finds the first
    if record.is_logged(c, "bonus-granted", round_slug, number):
        raise StepRefused("ticket-granted", "This registration has been granted its ticket already.")
    record.log(
        c,
        service.now(),
        actor.name,
        "bonus-granted",
        round_slug=round_slug,
        number=number,
        detail={"reason": read_reason(reason)},
    )


def _draw_in_challenge(c: Transaction, round_: rounds.Round, draw_number: int) -> rounds.Draw:
    draw = rounds.find_draw(c, round_, draw_number, is_locked=True)
    if draw.status in (DrawStatus.OPEN, DrawStatus.CLOSED):
        raise StepRefused("too-early-to-dispute", "The draw has not been decided yet.")
    if draw.status is not DrawStatus.DECIDED:
        raise StepRefused(
            "too-late-to-dispute",
            "The pool is committed. A claim that is right earns an extra ticket in the next round.",
        )
    return draw


def _dispute_owner(draw_id: int, number: str) -> bytes:
    return f"dispute/{draw_id}/{number}".encode()
