"""Pickup codes: what a winner shows at the counter, derived again whenever it is needed and stored nowhere.

A code has the shape of a registration number: 55 bits as eleven symbols and a check symbol. It is bound to round,
draw, number and version, so a place moved elsewhere gets a new code and the old one stops working. Codes are looked
up by a keyed digest; a till that works without network gets digests under a key of its own device.

Source: security.md, checklist 19 and 20.
"""

from __future__ import annotations

import hashlib
import hmac

from maskres.formats import symbols
from maskres.formats.values import require_slug

KEY_LENGTH = 32
DIGEST_LENGTH = 16


class CodeMaker:
    """Makes the codes of one draw; the key is prepared once, for the many codes of a city.

    Args:
        code_key: 32 bytes.
        round_: slug of the round.
        draw: number of the draw, ≥ 1.

    Raises:
        ValueError: the key has another length.
        InputError: "bad-slug".
    """

    __slots__ = ("_keyed", "_prefix")

    def __init__(self, code_key: bytes, round_: str, draw: int) -> None:
        _require_key(code_key)
        require_slug(round_, field="round")
        self._keyed = hmac.new(code_key, digestmod=hashlib.sha256)
        self._prefix = f"{round_}/{draw}/"

    def code(self, number: str, version: int) -> str:
        """Make a code.

        Args:
            number: the winner's registration number, bare.
            version: of the place, from 1; one more each time the old code must stop working.

        Returns:
            Twelve symbols, bare; symbols.grouped shows them.
        """
        keyed = self._keyed.copy()
        keyed.update(f"{self._prefix}{number}/{version}".encode("ascii"))
        return symbols.from_digest(keyed.digest())


def pickup_code(code_key: bytes, round_: str, draw: int, number: str, version: int) -> str:
    """Make one code (see CodeMaker)."""
    return CodeMaker(code_key, round_, draw).code(number, version)


def code_digest(lookup_key: bytes, code: str) -> bytes:
    """Compute the digest by which a code is found.

    Args:
        lookup_key: 32 bytes: the service's, or the one of a device.
        code: twelve symbols, bare (symbols.read_typed takes what people type).

    Returns:
        16 bytes of HMAC-SHA256.

    Raises:
        ValueError: the key has another length.
    """
    _require_key(lookup_key)
    return hmac.digest(lookup_key, code.encode("ascii"), "sha256")[:DIGEST_LENGTH]


def _require_key(key: bytes) -> None:
    if len(key) != KEY_LENGTH:
        raise ValueError(f"a key of pickup codes has {KEY_LENGTH} bytes")
