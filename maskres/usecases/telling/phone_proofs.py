"""A proof that a phone was verified: sealed, short-lived, and handed to the client that keeps no session.

It holds the phone itself and no digest, which an index key rotated meanwhile would make another; sealed, since it may
stand in a client's logs.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from maskres.errors import CheckFailed, ConfigurationError, InputError
from maskres.identity.encryption import NONCE_BYTES
from maskres.usecases.service import Service

#: Long enough to register a family, short enough to be worth little to who finds it.
PROOF_VALID_FOR = timedelta(minutes=30)
_SHAPE = re.compile(r"phone_([0-9]{10})_((?:[0-9a-f]{2}){33,64})")


def make_phone_proof(service: Service, phone: str) -> tuple[str, datetime]:
    """Seal that a phone was verified just now.

    Args:
        service: the service.
        phone: E.164, from `check_code`.

    Returns:
        The proof, and until when it is taken.
    """
    expires_at = service.now() + PROOF_VALID_FOR
    until = str(int(expires_at.timestamp()))
    nonce = service.random_bytes(NONCE_BYTES)
    sealed = service.cipher.encrypt(phone.encode(), bound_to=_bound_to(until), nonce=nonce)
    return f"phone_{until}_{sealed.hex()}", expires_at


def read_phone_proof(service: Service, text: str) -> str:
    """Give the phone that a proof is about, E.164.

    Raises:
        InputError: "bad-phone-proof", "phone-proof-expired".
    """
    refusal = InputError("bad-phone-proof", "This proof of a phone is not ours.", field="Phone-Proof")
    found = _SHAPE.fullmatch(text[:200])
    if found is None:
        raise refusal
    try:
        phone = service.cipher.decrypt(bytes.fromhex(found[2]), bound_to=_bound_to(found[1]))
    except (CheckFailed, ConfigurationError):
        raise refusal from None
    if datetime.fromtimestamp(int(found[1]), UTC) <= service.now():
        raise InputError(
            "phone-proof-expired", "This proof has expired; verify the phone again.", field="Phone-Proof"
        )
    return phone.decode()


def _bound_to(until: str) -> bytes:
    return f"phone-proof/{until}".encode()
