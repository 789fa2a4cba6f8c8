"""One-time codes by which somebody shows that a phone is theirs."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from maskres.db import phone_codes
from maskres.db.engine import Transaction
from maskres.db.locks import lock_phone
from maskres.errors import InputError
from maskres.formats.keyed import keyed_digest
from maskres.identity.digests import phone_digest
from maskres.identity.encryption import NONCE_BYTES
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.telling.messages import write_message

VALID_FOR = timedelta(minutes=10)
MAX_ATTEMPTS = 5
ONE_A = timedelta(minutes=1)
MAX_AN_HOUR = 5
_HOUR = timedelta(hours=1)
_ID_BYTES = 16
_DIGITS = 6
_DIGEST_BYTES = 16


class CodePurpose(StrEnum):
    """What a code is asked for; said in the message, so that nobody is talked into giving it away."""

    REGISTER = "register"
    LOOK_UP = "look-up"


class CodeStatus(StrEnum):
    """What became of a typed code."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """What a typed code came to.

    Attributes:
        status: right, wrong; expired also where it was used already or never sent; too many attempts.
        phone: that it was sent to, E.164; only where it is right.
    """

    status: CodeStatus
    phone: str | None = field(default=None, repr=False)


_WORDS = {
    "zh-Hans": "验证码{code}，用于{purpose}，10分钟内有效。请勿告诉任何人，工作人员不会索要验证码。",
    "en": "{code} is your code for {purpose}, valid for 10 minutes. Tell it to nobody: staff never ask for it.",
}
_PURPOSES = {
    "zh-Hans": {CodePurpose.REGISTER: "预约登记", CodePurpose.LOOK_UP: "查询登记"},
    "en": {CodePurpose.REGISTER: "registering", CodePurpose.LOOK_UP: "looking up your registration"},
}


@one_transaction
def send_code(
    c: Transaction,
    service: Service,
    phone: str,
    language: str,
    purpose: CodePurpose,
    *,
    previous: str | None = None,
) -> str:
    """Send a code of six digits to a phone: at most one a minute and five an hour.

    Beyond that nothing is sent, and the answer looks the same: an id whose code nobody knows. Who asked before
    and shows that id as `previous` gets it again while its code can be used, so that asking twice in a hurry
    does no harm.

    Args:
        c: given by the decorator.
        service: the service.
        phone: E.164, as `normalise_phone` gives it.
        language: "zh-Hans" or "en".
        purpose: what the code is for.
        previous: the id that whoever asks was given for this phone before, if any.

    Returns:
        The id to check the code under.

    Raises:
        InputError: "unknown-language".
    """
    if language not in _WORDS:
        raise InputError("unknown-language", "The language is zh-Hans or en.", field="language")
    now = service.now()
    digest = phone_digest(service.index_key, phone)
    lock_phone(c, digest)
    is_limited = (
        phone_codes.count_sent(c, digest, now - ONE_A) > 0
        or phone_codes.count_sent(c, digest, now - _HOUR) >= MAX_AN_HOUR
    )
    if is_limited and previous and phone_codes.is_open(c, previous, digest, MAX_ATTEMPTS, now):
        return previous
    expires_at = now + VALID_FOR
    code_id = service.random_bytes(_ID_BYTES).hex()
    code = f"{int.from_bytes(service.random_bytes(16)) % 10**_DIGITS:0{_DIGITS}}"
    values = {
        "id": code_id,
        "phone_digest": digest,
        "phone": service.cipher.encrypt(
            phone.encode(), bound_to=_bound_to(code_id), nonce=service.random_bytes(NONCE_BYTES)
        ),
        # Of a decoy not even the service knows the code.
        "code_digest": service.random_bytes(_DIGEST_BYTES) if is_limited else _digest(service, code_id, code),
        "created_at": now,
        "expires_at": expires_at,
        "is_decoy": is_limited,
    }
    phone_codes.insert_code(c, values)
    if not is_limited:
        words = _WORDS[language].format(code=code, purpose=_PURPOSES[language][CodePurpose(purpose)])
        write_message(c, service, "phone-code", phone, words, expires_at=expires_at)
    return code_id


@one_transaction
def check_code(c: Transaction, service: Service, code_id: str, code: str) -> CheckedCode:
    """Check a typed code; every attempt counts, also those at the same time, and a right one is used up.

    Args:
        c: given by the decorator.
        service: the service.
        code_id: from `send_code`.
        code: as typed, six digits.
    """
    now = service.now()
    if not _is_id(code_id):
        return CheckedCode(CodeStatus.EXPIRED)
    row = phone_codes.count_attempt(c, code_id, MAX_ATTEMPTS, now)
    if row is None:
        is_tired = (phone_codes.attempts_at(c, code_id) or 0) >= MAX_ATTEMPTS
        return CheckedCode(CodeStatus.TOO_MANY if is_tired else CodeStatus.EXPIRED)
    typed = "".join(code[:40].split())
    is_right = hmac.compare_digest(bytes(row.code_digest), _digest(service, code_id, typed))
    if is_right and phone_codes.use_code(c, code_id, now):
        phone = service.cipher.decrypt(bytes(row.phone), bound_to=_bound_to(code_id))
        return CheckedCode(CodeStatus.RIGHT, phone.decode())
    return CheckedCode(CodeStatus.TOO_MANY if row.attempts >= MAX_ATTEMPTS else CodeStatus.WRONG)


@one_transaction
def sweep_codes(c: Transaction, service: Service) -> int:
    """Delete the codes that neither can be used nor count for a limit any more; gives how many."""
    return phone_codes.delete_expired(c, service.now() - _HOUR + VALID_FOR)


def _bound_to(code_id: str) -> bytes:
    return f"phone-code/{code_id}".encode()


def _digest(service: Service, code_id: str, code: str) -> bytes:
    key = service.derived_key("phone-code")
    return keyed_digest(key, f"{code_id}/{code}".encode(errors="replace"))[:_DIGEST_BYTES]


def _is_id(text: str) -> bool:
    return len(text) == 2 * _ID_BYTES and text.isascii() and text.isalnum()
