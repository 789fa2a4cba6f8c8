"""Personal fields at rest: AES-256-GCM, bound to where they belong, under versioned keys.

An encrypted field is 1 byte format (1), 4 bytes key version (big-endian), 12 bytes nonce, the ciphertext and its
tag of 16 bytes. Format, version and the binding (which table, row and field it is of) are authenticated:
a field copied into another row does not open there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maskres.errors import CheckFailed, ConfigurationError
from maskres.formats.keyed import require_key

NONCE_BYTES = 12
TAG_BYTES = 16

_FORMAT = b"\x01"
_HEAD_BYTES = 5
#: How much longer an encrypted field is than what it holds.
OVERHEAD_BYTES = _HEAD_BYTES + NONCE_BYTES + TAG_BYTES
_PURPOSE = b"maskres-personal-data/"


class Cipher:
    """Encrypts under the current key, decrypts under any key it has.

    Args:
        keys: key version (1 to 2^32 - 1) → 32 raw bytes.
        current: the version to encrypt under.

    Raises:
        ConfigurationError: "bad-key"; "missing-key" where `current` is not among the keys.
    """

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        for version, secret in keys.items():
            require_key(secret)
            if not 1 <= version < 1 << 32:
                raise ConfigurationError("bad-key", f"{version} cannot be the version of a key.")
        self.current = current
        self._boxes = {_write_head(version): AESGCM(secret) for version, secret in keys.items()}
        self._head = _write_head(current)
        self._current_box = self._box(self._head)

    def encrypt(self, plaintext: bytes, *, bound_to: bytes, nonce: bytes) -> bytes:
        """Encrypt one field.

        Args:
            plaintext: its bytes.
            bound_to: what it belongs to, e.g. b"registration/17/name"; needed again to decrypt.
            nonce: 12 random bytes, never used before: repeating one under a key betrays both fields.
                Fresh random ones are safe for 2^32 fields a key (NIST SP 800-38D, 8.3).

        Returns:
            33 bytes more than the plaintext.

        Raises:
            ValueError: the nonce is not 12 bytes.
        """
        if len(nonce) != NONCE_BYTES:
            raise ValueError("a nonce must be 12 bytes")
        head = self._head
        return head + nonce + self._current_box.encrypt(nonce, plaintext, _PURPOSE + head + bound_to)

    def encrypt_all(
        self, plaintexts: Iterable[bytes], *, bound_to: Iterable[bytes], nonces: Sequence[bytes]
    ) -> list[bytes]:
        """Encrypt many fields, each as `encrypt` does.

        Raises:
            ValueError: a nonce is not 12 bytes, or there are not as many of one as of the others.
        """
        if any(len(nonce) != NONCE_BYTES for nonce in nonces):
            raise ValueError("a nonce must be 12 bytes")
        head, encrypt = self._head, self._current_box.encrypt
        purpose = _PURPOSE + head
        return [
            head + nonce + encrypt(nonce, plaintext, purpose + owner)
            for plaintext, owner, nonce in zip(plaintexts, bound_to, nonces, strict=True)
        ]

    def decrypt(self, blob: bytes, *, bound_to: bytes) -> bytes:
        """Decrypt one field.

        Args:
            blob: what `encrypt` gave.
            bound_to: what it was bound to.

        Returns:
            The plaintext.

        Raises:
            ConfigurationError: "missing-key".
            CheckFailed: "personal-data-damaged" where a byte differs or it was bound to something else.
        """
        key_version(blob)
        head, nonce = blob[:_HEAD_BYTES], blob[_HEAD_BYTES : _HEAD_BYTES + NONCE_BYTES]
        box = self._box(head)
        try:
            return box.decrypt(nonce, blob[_HEAD_BYTES + NONCE_BYTES :], _PURPOSE + head + bound_to)
        except InvalidTag:
            raise _damaged() from None

    def reencrypt(self, blob: bytes, *, bound_to: bytes, nonce: bytes) -> bytes:
        """Bring a field under the current key; one already under it is checked and given back as it is.

        Args:
            blob: what `encrypt` gave.
            bound_to: what it was bound to.
            nonce: 12 random bytes, never used before.

        Returns:
            The field under the current key.

        Raises:
            ConfigurationError: "missing-key".
            CheckFailed: "personal-data-damaged".
        """
        plaintext = self.decrypt(blob, bound_to=bound_to)
        if blob.startswith(self._head):
            return blob
        return self.encrypt(plaintext, bound_to=bound_to, nonce=nonce)

    def _box(self, head: bytes) -> AESGCM:
        box = self._boxes.get(head)
        if box is None:
            version = int.from_bytes(head[1:], "big")
            raise ConfigurationError(
                "missing-key",
                f"Version {version} of the key of personal data is not here. Please put it among the keys again.",
            )
        return box


def key_version(blob: bytes) -> int:
    """Tell the version of the key a field was encrypted under.

    Raises:
        CheckFailed: "personal-data-damaged" where it is no encrypted field.
    """
    if len(blob) < _HEAD_BYTES + NONCE_BYTES + TAG_BYTES or not blob.startswith(_FORMAT):
        raise _damaged()
    return int.from_bytes(blob[1:_HEAD_BYTES], "big")


def _write_head(version: int) -> bytes:
    return _FORMAT + version.to_bytes(_HEAD_BYTES - 1, "big")


def _damaged() -> CheckFailed:
    return CheckFailed(
        "personal-data-damaged",
        "A field of personal data was changed or belongs elsewhere. Please restore it from a backup.",
    )
