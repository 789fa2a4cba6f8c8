"""Handing out at once to a winner who comes to their own store on their own day and shows their code.

Whatever is not that plain case is left to usecases/pickup/redeeming.py, which knows every answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from maskres.db import at_once
from maskres.formats.values import format_time
from maskres.pickup.codes import code_digest
from maskres.pickup.handovers import Answer, AnswerCode
from maskres.pickup.signed_codes import read_code
from maskres.usecases.accounts.tokens import TokenHolder
from maskres.usecases.pickup.redeeming import Request, has_bad_nonce
from maskres.usecases.rounds.memory import KnownRound
from maskres.usecases.service import Service
from maskres.usecases.work.idempotency import Kept

HANDED_OUT = Answer(AnswerCode.HANDED_OUT)
"""What a till is told whose hand-over is done at once; to a till a place shows in nothing but its code."""


def is_plain(service: Service, request: Request) -> bool:
    """Tell whether a request can be done at once: a code shown on line, on PostgreSQL.

    Raises:
        InputError: "bad-nonce".
    """
    is_by_code = request.code is not None and request.undoes is None and not request.is_offline
    return is_by_code and not service.database.is_sqlite and not has_bad_nonce(request)


def hand_out(
    service: Service, known: KnownRound, holder: TokenHolder, request: Request, kept: Kept | None
) -> bool:
    """Hand out, if nothing at all stands against it.

    Args:
        service: the service.
        known: the round as this process remembers it.
        holder: of the counter's token, likewise; the till is named after it.
        request: a plain one.
        kept: the answer under its idempotency key, written with it; None where there is no key.

    Returns:
        Whether it was done, whole: the till is told HANDED_OUT. Else nothing was, and the general way must be gone.

    Raises:
        InputError: "bad-number" naming the code.
    """
    now = service.now()
    begins_at, ends_at = _day_of(now, known)
    lookup = service.keys.deployment.lookup
    values: Mapping[str, Any] = {
        "token": holder.id,
        "till": holder.name,
        "round": known.round.id,
        "store": holder.store,
        "code_digest": code_digest(lookup, read_code(str(request.code))),
        "nonce": request.nonce,
        "is_proxy": request.is_proxy,
        "at": format_time(now),
        "day_begins": format_time(begins_at),
        "day_ends": format_time(ends_at),
    }
    return at_once.hand_out(service.database, values, None if kept is None else kept.columns)


def _day_of(now: datetime, known: KnownRound) -> tuple[datetime, datetime]:
    """Give the first moment of the stores' day and of the next one."""
    day = now.astimezone(known.zone).date()
    begins, ends = (datetime.combine(each, time(), known.zone) for each in (day, day + timedelta(days=1)))
    return begins.astimezone(UTC), ends.astimezone(UTC)
