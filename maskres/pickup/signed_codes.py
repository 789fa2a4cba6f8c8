"""What a winner's QR code says: the pickup code with round, store and time, signed, so that a till can check it alone.

    MR1:7K3M9QTR4XH7:WAVE-2:HULI-1:20200306T0100Z:SIGNATURE

All of it is of the alphabet that QR codes hold densely: capitals, digits, hyphens, colons. The Ed25519 signature is of
the bytes before its colon, in base 32 without padding, by a key of the round that derives from its code key and is
destroyed with it. A scanner types the whole into the field; who reads codes takes it like the twelve symbols alone.
The signature says that the place was given out; whether it still stands only the service knows.

Source: product.md, Counter (a till without a list still checks the QR's signature).
"""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from maskres.formats.symbols import read_typed
from maskres.formats.values import require_slug
from maskres.pickup.codes import KEY_LENGTH

PREFIX = "MR1:"
_LABEL = b"maskres/signed-code/1"
#: Longer than the longest slugs make it.
_LONGEST = 250


class CodeSigner:
    """Signs the codes of a round.

    Args:
        code_key: 32 bytes.
        round_: slug of the round.

    Raises:
        ValueError: the key has another length.
        InputError: "bad-slug".
    """

    __slots__ = ("_key", "_round")

    def __init__(self, code_key: bytes, round_: str) -> None:
        if len(code_key) != KEY_LENGTH:
            raise ValueError(f"a key of pickup codes has {KEY_LENGTH} bytes")
        require_slug(round_, field="round")
        self._round = round_
        # No code of a draw derives from this label: theirs begin with a round, a draw's number and a slash.
        self._key = Ed25519PrivateKey.from_private_bytes(hmac.digest(code_key, _LABEL, "sha256"))

    @property
    def public_key(self) -> bytes:
        """The 32 bytes by which tills check."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, code: str, store: str, starts_at: datetime) -> str:
        """Make the text of a QR code.

        Args:
            code: twelve symbols, bare.
            store: slug of the place's store.
            starts_at: of its slot, aware.
        """
        at = starts_at.astimezone(UTC).strftime("%Y%m%dT%H%MZ")
        text = f"{PREFIX}{code}:{self._round.upper()}:{store.upper()}:{at}"
        signature = base64.b32encode(self._key.sign(text.encode("ascii"))).decode().rstrip("=")
        return f"{text}:{signature}"


def read_code(text: str, *, field: str = "code") -> str:
    """Read a pickup code as a person typed it or a scanner read it.

    Args:
        text: twelve symbols in any of the ways people type them, or all that a QR code says.
        field: the field to name in the error.

    Returns:
        Twelve bare symbols. The signature is not looked at: the service knows its codes.

    Raises:
        InputError: "bad-number" where it cannot be one.
    """
    scanned = text[:_LONGEST].strip().upper()
    return read_typed(scanned.split(":")[1] if scanned.startswith(PREFIX) else text, field=field)
