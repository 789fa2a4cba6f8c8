"""What an enrolled till did without network, of all rounds together: each act goes to the round it belongs to.

Nothing is dropped: an act whose code is nobody's is kept as a conflict of the round in which the till thought it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskres.db import desk as reads
from maskres.db import record
from maskres.errors import InputError
from maskres.pickup.handovers import Answer, AnswerCode
from maskres.pickup.signed_codes import read_code
from maskres.usecases.accounts.tokens import till_for
from maskres.usecases.pickup import redeeming
from maskres.usecases.pickup.desk import Desk, find_code_round
from maskres.usecases.pickup.redeeming import Request
from maskres.usecases.service import Service

#: A clock that is off by less is a clock.
CLOCK_SECONDS = 120


@dataclass(frozen=True, slots=True)
class KeptAct:
    """An act that a till kept.

    Attributes:
        request: as redeeming takes it.
        round_slug: of which round the till thought it was, or None.
    """

    request: Request
    round_slug: str | None = None


def take_acts(
    service: Service, desk: Desk, acts: Sequence[KeptAct], *, is_complete: bool, clock_off: int
) -> list[Answer]:
    """Take what a till did without network.

    Args:
        service: the service.
        desk: the till.
        acts: in the order they were done.
        is_complete: whether the till has nothing more that it kept.
        clock_off: by how many seconds its clock was wrong; noted where it is much. Its times are right already.

    Returns:
        One answer an act.

    Raises:
        StepRefused: "till-revoked".
    """
    collecting = _collecting(service, desk)
    answers: dict[int, Answer] = {}
    by_round: dict[str | None, list[int]] = {}
    for at, act in enumerate(acts):
        by_round.setdefault(_round_of(service, desk, act, acts, collecting), []).append(at)
    for slug, positions in by_round.items():
        if slug is None:
            answers |= {at: _refuse(service, desk, acts[at]) for at in positions}
            continue
        till = till_for(service, desk.actor, slug, desk.store, desk.till)
        told = redeeming.report(service, till, [acts[at].request for at in positions])
        answers |= dict(zip(positions, told, strict=True))
    if is_complete:
        for slug in collecting:
            till = till_for(service, desk.actor, slug, desk.store, desk.till)
            redeeming.report(service, till, [], is_complete=True)
    if acts and abs(clock_off) >= CLOCK_SECONDS:
        detail = {"till": desk.till, "store": desk.store, "seconds": clock_off}
        service.database.write(
            lambda c: record.log(c, service.now(), desk.actor.name, "till-clock-off", detail=detail)
        )
    return [answers[at] for at in range(len(acts))]


def _collecting(service: Service, desk: Desk) -> list[str]:
    with service.database.reading() as c:
        return reads.list_collecting(c, desk.store)


def _round_of(
    service: Service, desk: Desk, act: KeptAct, acts: Sequence[KeptAct], collecting: Sequence[str]
) -> str | None:
    """Say in which round an act is to be reported: where its code belongs, else where the till thought it does."""
    known = {*collecting}
    if act.request.undoes is not None:
        with service.database.reading() as c:
            row = reads.find_handover(c, act.request.undoes)
        if row is not None:
            return str(row.slug)
        undone = [each for each in acts if each.request.nonce == act.request.undoes and each is not act]
        return _round_of(service, desk, undone[0], acts, collecting) if undone else _thought(act, collecting)
    try:
        found = find_code_round(service, read_code(act.request.code or ""))
    except InputError:
        found = None
    if found is None:
        return _thought(act, collecting)
    if found in known:
        return found
    return found if _has_till(service, desk, found) else _thought(act, collecting)


def _thought(act: KeptAct, collecting: Sequence[str]) -> str | None:
    if act.round_slug in collecting:
        return act.round_slug
    return collecting[-1] if collecting else None


def _has_till(service: Service, desk: Desk, slug: str) -> bool:
    try:
        till_for(service, desk.actor, slug, desk.store, desk.till)
    except InputError:
        return False
    return True


def _refuse(service: Service, desk: Desk, act: KeptAct) -> Answer:
    """Note an act that no round of this store can keep, so that it is not lost."""
    detail = {"store": desk.store, "till": desk.till, "nonce": act.request.nonce[:64]}
    service.database.write(
        lambda c: record.log(c, service.now(), desk.actor.name, "offline-act-kept", detail=detail)
    )
    return Answer(AnswerCode.CONFLICT, reason=AnswerCode.UNKNOWN)
