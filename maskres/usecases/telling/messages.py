"""The outbox: a message commits with its cause, and is sent later, as often as it takes.

Whoever sends takes a message first, so no two send it at once. Killed between sending and noting so, it is sent
again with the same id, by which the gateway can tell. Phone and words are encrypted, and gone once it has ended.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from maskres.db import messages
from maskres.db.engine import Transaction
from maskres.errors import MaskresError
from maskres.identity.digests import phone_digest
from maskres.identity.encryption import NONCE_BYTES
from maskres.usecases.service import Service

MOST_ATTEMPTS = 8
#: How long a gateway may take before somebody else tries.
TURN_SECONDS = 60
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 900


class GatewayFailed(MaskresError):
    """A gateway did not take a message.

    Attributes:
        is_final: whether it never will.
    """

    def __init__(self, code: str, message: str, *, is_final: bool = False) -> None:
        super().__init__(code, message)
        self.is_final = is_final


class Gateway(Protocol):
    """What carries messages to phones."""

    def send(self, message_id: str, phone: str, words: str) -> None:
        """Send one message.

        Args:
            message_id: the same on every attempt at the same message.
            phone: E.164.
            words: the text.

        Raises:
            GatewayFailed: it was not taken, or not surely.
        """


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a run of deliveries went.

    Attributes:
        sent: messages the gateway took.
        postponed: to be tried again.
        failed: given up, or expired before they could be sent.
    """

    sent: int = 0
    postponed: int = 0
    failed: int = 0


def write_message(
    c: Transaction,
    service: Service,
    kind: str,
    phone: str,
    words: str,
    *,
    once: str | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Write a message, to be sent once the transaction has committed.

    Args:
        c: the transaction of its cause: neither happens without the other.
        service: the service.
        kind: of message, such as "phone-code".
        phone: E.164, as phones.normalise_phone gives it.
        words: the text.
        once: name of the cause, at most 200 characters, nothing personal; a second message of the same cause is
            not written.
        expires_at: not sent after that.

    Returns:
        The message's id; of the first one, where the cause has one already.
    """
    values = make_message(service, kind, phone, words, once=once, expires_at=expires_at)
    if messages.insert_message(c, values):
        return str(values["id"])
    return str(messages.find_once(c, str(once)))


def make_message(
    service: Service,
    kind: str,
    phone: str,
    words: str,
    *,
    once: str | None = None,
    expires_at: datetime | None = None,
) -> dict[str, Any]:
    """Make the row of a message; as write_message."""
    now = service.now()
    message_id = service.random_bytes(16).hex()
    content = service.cipher.encrypt(
        json.dumps([phone, words], ensure_ascii=False).encode(),
        bound_to=_owner(message_id),
        nonce=service.random_bytes(NONCE_BYTES),
    )
    return {
        "id": message_id,
        "kind": kind,
        "phone_digest": phone_digest(service.index_key, phone),
        "content": content,
        "data_version": service.cipher.current,
        "once": once,
        "status": "waiting",
        "created_at": now,
        "due_at": now,
        "expires_at": expires_at,
    }


def deliver_due(service: Service, gateway: Gateway, *, limit: int = 100) -> Delivered:
    """Send the messages whose turn has come.

    Args:
        service: the service.
        gateway: what carries them.
        limit: at most so many.
    """
    with service.database.reading() as c:
        due = messages.list_due(c, service.now(), limit)
    total = Delivered()
    for message in due:
        if _take(service, message):
            total = _deliver(service, gateway, message, total)
    return total


def count_due(service: Service) -> int:
    """Count the messages whose turn has come."""
    with service.database.reading() as c:
        return messages.count_due(c, service.now())


def _take(service: Service, message: messages.DueMessage) -> bool:
    now = service.now()
    until = now + timedelta(seconds=TURN_SECONDS)
    return service.database.write(lambda c: messages.take(c, message, now, until))


def _deliver(service: Service, gateway: Gateway, message: messages.DueMessage, total: Delivered) -> Delivered:
    if message.expires_at is not None and message.expires_at <= service.now():
        _end(service, message, "failed", "expired")
        return replace(total, failed=total.failed + 1)
    try:
        phone, words = json.loads(service.cipher.decrypt(message.content, bound_to=_owner(message.id)))
        gateway.send(message.id, phone, words)
    except MaskresError as error:
        # One that cannot be opened, for a key is missing, must not keep the others back.
        is_final = isinstance(error, GatewayFailed) and error.is_final
        if is_final or message.attempts + 1 >= MOST_ATTEMPTS:
            _end(service, message, "failed", error.code)
            return replace(total, failed=total.failed + 1)
        _postpone(service, message, error.code)
        return replace(total, postponed=total.postponed + 1)
    _end(service, message, "sent", None)
    return replace(total, sent=total.sent + 1)


def _end(service: Service, message: messages.DueMessage, status: str, failure: str | None) -> None:
    sent_at = service.now() if status == "sent" else None
    values = {"status": status, "content": None, "failure": failure, "sent_at": sent_at}
    service.database.write(lambda c: messages.write_taken(c, message, values))


def _postpone(service: Service, message: messages.DueMessage, failure: str) -> None:
    seconds = min(FIRST_WAIT_SECONDS * 2**message.attempts, LONGEST_WAIT_SECONDS)
    values = {"due_at": service.now() + timedelta(seconds=seconds), "failure": failure}
    service.database.write(lambda c: messages.write_taken(c, message, values))


def _owner(message_id: str) -> bytes:
    return f"message/{message_id}".encode()
