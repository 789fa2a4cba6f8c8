"""A proof that a phone was verified: signed, short-lived, and handed to the client that keeps no session."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime, timedelta

from maskres.errors import InputError
from maskres.formats.keyed import keyed_digest
from maskres.usecases.service import Service

#: Long enough to register a family, short enough to be worth little to who finds it.
PROOF_VALID_FOR = timedelta(minutes=30)
_SHAPE = re.compile(r"phone_([0-9a-f]{32})_([0-9]{10})_([0-9a-f]{64})")


def make_phone_proof(service: Service, digest: bytes) -> tuple[str, datetime]:
    """Sign that a phone was verified just now.

    Args:
        service: the service.
        digest: of the phone, from `check_code`.

    Returns:
        The proof, and until when it is taken.
    """
    expires_at = service.now() + PROOF_VALID_FOR
    body = f"{digest.hex()}_{int(expires_at.timestamp())}"
    return f"phone_{body}_{_sign(service, body)}", expires_at


def read_phone_proof(service: Service, text: str) -> bytes:
    """Give the digest of the phone that a proof is about.

    Raises:
        InputError: "bad-phone-proof", "phone-proof-expired".
    """
    found = _SHAPE.fullmatch(text[:200])
    body = f"{found[1]}_{found[2]}" if found else ""
    if found is None or not hmac.compare_digest(found[3], _sign(service, body)):
        raise InputError("bad-phone-proof", "This proof of a phone is not ours.", field="Phone-Proof")
    if datetime.fromtimestamp(int(found[2]), UTC) <= service.now():
        raise InputError(
            "phone-proof-expired", "This proof has expired; verify the phone again.", field="Phone-Proof"
        )
    return bytes.fromhex(found[1])


def _sign(service: Service, body: str) -> str:
    return keyed_digest(service.derived_key("phone-proof"), body.encode()).hex()
