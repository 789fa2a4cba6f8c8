"""HMAC-SHA256 under one key, over and over.

The two hash states that every HMAC begins with depend on the key alone. Keeping them halves the time a digest
takes, which counts where five million register rows are digested.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from maskres.errors import ConfigurationError

KEY_BYTES = 32
_BLOCK_BYTES = 64


class KeyedHash:
    """HMAC-SHA256 with its key put in once (RFC 2104).

    Args:
        key: 32 raw bytes.

    Raises:
        ConfigurationError: "bad-key" where it is not 32 bytes.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        require_key(key)
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, message: bytes) -> bytes:
        """Compute the 32 bytes of the HMAC of a message."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()

    def digests(self, messages: Iterable[bytes]) -> list[bytes]:
        """Compute the HMACs of many messages, each as `digest` does."""
        begin, end = self._inner.copy, self._outer.copy
        found = []
        for message in messages:
            inner, outer = begin(), end()
            inner.update(message)
            outer.update(inner.digest())
            found.append(outer.digest())
        return found

    def hexdigest(self, message: bytes) -> str:
        """Compute the HMAC of a message as 64 lower-case hex digits."""
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.hexdigest()


def require_key(key: bytes) -> None:
    """Refuse a key that is not 32 raw bytes with ConfigurationError "bad-key"; its bytes are not shown."""
    if len(key) != KEY_BYTES:
        raise ConfigurationError("bad-key", f"A key must be {KEY_BYTES} raw bytes; this one has {len(key)}.")


def keyed_digest(key: bytes | KeyedHash, message: bytes) -> bytes:
    """Compute HMAC-SHA256(key, message).

    Args:
        key: 32 raw bytes, or a KeyedHash of them where there are many messages.
        message: what to digest.

    Returns:
        32 bytes.

    Raises:
        ConfigurationError: "bad-key".
    """
    if isinstance(key, KeyedHash):
        return key.digest(message)
    require_key(key)
    return hmac.digest(key, message, "sha256")
