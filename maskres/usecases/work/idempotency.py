"""Requests that are done once however often they are sent: the same key is answered the same.

Whoever asks first holds the key while they work, the others are told that it is being done or are given the
answer. A holder that is killed loses the key after a while; what it did by then is protected by its own
constraints, not from here. An act that is done at once keeps its answer with itself, and holds nothing before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from maskres.db import idempotency
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.formats.values import format_time
from maskres.identity.encryption import NONCE_BYTES
from maskres.usecases.service import Service, one_transaction

HELD_FOR = timedelta(seconds=30)
KEPT_FOR = timedelta(hours=24)
_KEY = re.compile(r"[!-~]{1,80}")
_HOLDER_BYTES = 16


@dataclass(frozen=True, slots=True)
class Held:
    """The request is to be done now: then `answer` or `release` it."""

    scope: str
    key: str
    holder: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The request was done: this was the answer."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class InFlight:
    """Somebody is doing the request at this moment; to be asked again in a while."""


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The key was used for another request and cannot be used for this one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has a key.

    Attributes:
        scope: who asks, at most 80 printable characters without blanks; nobody gets somebody else's answer.
        key: the client's name of the request, of the same kind.
        request_sha256: of what is asked, 64 lower-case hex digits: the same key must mean the same.
    """

    scope: str
    key: str
    request_sha256: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is written under its key, together with what it answers.

    Attributes:
        columns: of the table, the answer encrypted; its key's version under `answer_version`.
    """

    columns: Mapping[str, Any]


def keep_with_act(service: Service, asked: Asked | None, status: int, body: bytes) -> Kept | None:
    """Make an answer ready that is written in the very transaction of what it answers: nobody holds its key before.

    Args:
        service: the service.
        asked: the request; None where it has no key, and nothing is kept.
        status: of the answer.
        body: its bytes.

    Raises:
        InputError: "bad-idempotency-key".
    """
    if asked is None:
        return None
    _require_key(asked.scope, asked.key)
    now = service.now()
    random = service.random_bytes(_HOLDER_BYTES + NONCE_BYTES)
    return Kept(
        {
            "scope": asked.scope,
            "key": asked.key,
            "request_sha256": asked.request_sha256,
            "held_until": format_time(now + HELD_FOR),
            "holder": random[:_HOLDER_BYTES].hex(),
            "status": status,
            "answer": service.cipher.encrypt(
                body, bound_to=_binding(asked.scope, asked.key), nonce=random[_HOLDER_BYTES:]
            ),
            "answer_version": service.cipher.current,
            "expires_at": format_time(now + KEPT_FOR),
        }
    )


@one_transaction
def hold(
    c: Transaction, service: Service, scope: str, key: str, request_sha256: str
) -> Held | Answered | InFlight | OtherRequest:
    """Ask whether a request is to be done.

    Args:
        c: given by the decorator.
        service: the service.
        scope: who asks, at most 80 printable characters without blanks; nobody gets somebody else's answer.
        key: the client's name of the request, of the same kind.
        request_sha256: of method, path and body, 64 lower-case hex digits: the same key must mean the same.

    Raises:
        InputError: "bad-idempotency-key".
    """
    _require_key(scope, key)
    now = service.now()
    held = Held(scope, key, service.random_bytes(_HOLDER_BYTES).hex())
    mine = {
        "request_sha256": request_sha256,
        "holder": held.holder,
        "held_until": now + HELD_FOR,
        "expires_at": now + KEPT_FOR,
    }
    if idempotency.insert_key(c, mine | {"scope": scope, "key": key}):
        return held
    row = idempotency.find_key(c, scope, key)
    if row is None:
        return InFlight()  # it was released between the two statements
    if row.expires_at > now:
        if row.request_sha256 != request_sha256:
            return OtherRequest()
        if row.status is not None:
            return Answered(row.status, _open(service, row))
        if row.held_until > now:
            return InFlight()
    anew = {"status": None, "answer": None, "data_version": None}
    return held if idempotency.take_over(c, row, mine | anew) else InFlight()


@one_transaction
def answer(c: Transaction, service: Service, held: Held, status: int, body: bytes) -> bool:
    """Keep the answer of a request that was done, encrypted, for 24 hours.

    Args:
        c: given by the decorator.
        service: the service.
        held: what `hold` gave.
        status: of the answer.
        body: its bytes.

    Returns:
        Whether it was kept: not where the holder took so long that somebody else has the key.
    """
    nonce = service.random_bytes(NONCE_BYTES)
    sealed = service.cipher.encrypt(body, bound_to=_binding(held.scope, held.key), nonce=nonce)
    values = {"status": status, "answer": sealed, "data_version": service.cipher.current}
    return idempotency.write_answer(c, held.scope, held.key, held.holder, values)


@one_transaction
def release(c: Transaction, service: Service, held: Held) -> None:
    """Give a key up whose request was not done, so that it can be tried again at once."""
    idempotency.delete_held(c, held.scope, held.key, held.holder)


@one_transaction
def sweep_expired(c: Transaction, service: Service) -> int:
    """Delete the keys and answers older than 24 hours; gives how many."""
    return idempotency.delete_expired(c, service.now())


def _require_key(*texts: str) -> None:
    for text in texts:
        if not _KEY.fullmatch(text):
            raise InputError(
                "bad-idempotency-key",
                "The idempotency key has 1 to 80 visible ASCII characters.",
                field="Idempotency-Key",
            )


def _open(service: Service, row: Any) -> bytes:
    return service.cipher.decrypt(bytes(row.answer), bound_to=_binding(row.scope, row.key))


def _binding(scope: str, key: str) -> bytes:
    # A blank can stand in neither.
    return f"idempotency/{scope} {key}".encode()
