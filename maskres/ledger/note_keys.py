"""Keys of signed notes: their names, ids and texts, for verifying and for signing.

A verifier key is public and is printed in the minutes: `name+id+base64`. A signing key is its secret twin, in
the text that the common note tools use: `PRIVATE+KEY+name+id+base64`. Two kinds are known: notes signed with
Ed25519 (the service's own signature) and cosignatures v1 (notary and witness).

Source: C2SP signed-note; C2SP tlog-cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from maskres.errors import InputError

KEY_LENGTH = 32
SIGNATURE_LENGTH = 64
_SECRET_PREFIX = "PRIVATE+KEY+"
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_LONGEST_NAME = 200


class Algorithm(IntEnum):
    """How a key signs: the signature type byte of C2SP signed-note."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key by which notes are checked.

    Attributes:
        name: the signer's name: no white space, no plus, no control characters; 1 to 200 characters.
        algorithm: how the key signs.
        public_key: 32 bytes, Ed25519.
    """

    name: str
    algorithm: Algorithm
    public_key: bytes

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if len(self.public_key) != KEY_LENGTH:
            raise InputError("bad-key", "An Ed25519 key has 32 bytes.", field="public_key")

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of SHA-256(name, LF, algorithm byte, key): names the key in signatures."""
        seed = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public_key
        return hashlib.sha256(seed).digest()[:4]

    @property
    def text(self) -> str:
        """The key as people and files hold it: `name+id+base64`."""
        return _key_text(self.name, self.key_id, self.algorithm, self.public_key)

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Tell whether an Ed25519 signature of a message is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret key that signs notes or cosigns checkpoints; made by signing_key.

    Attributes:
        verifier: its public twin.
        private_key: never shown, never written but by write_signing_key.
    """

    verifier: VerifierKey
    private_key: Ed25519PrivateKey = field(repr=False)

    @property
    def name(self) -> str:
        """The signer's name."""
        return self.verifier.name

    def sign(self, message: bytes) -> bytes:
        """Sign bytes with Ed25519, 64 bytes."""
        return self.private_key.sign(message)


def signing_key(name: str, algorithm: Algorithm, secret: Ed25519PrivateKey | bytes) -> SigningKey:
    """Make a signing key.

    Args:
        name: the signer's name; the service's is the ledger's origin.
        algorithm: NOTE for the service, COSIGNATURE for notary and witness.
        secret: an Ed25519 private key, or its seed of 32 bytes.

    Raises:
        InputError: "bad-key", "bad-key-name".
    """
    if isinstance(secret, bytes):
        if len(secret) != KEY_LENGTH:
            raise InputError("bad-key", "The seed of an Ed25519 key has 32 bytes.", field="secret")
        secret = Ed25519PrivateKey.from_private_bytes(secret)
    return SigningKey(VerifierKey(name, algorithm, secret.public_key().public_bytes_raw()), secret)


def read_verifier_key(text: str, *, field: str = "key") -> VerifierKey:
    """Read a verifier key.

    Args:
        text: `name+id+base64`, white space around it forgiven.
        field: the field to name in errors.

    Raises:
        InputError: "bad-key" where it is misspelt or its id is not that of its name and bytes;
            "bad-key-name"; "unknown-algorithm".

    Source: C2SP signed-note, Verifier keys.
    """
    name, key_id, algorithm, raw = _read_key_text(text.strip(), field)
    key = VerifierKey(name, algorithm, raw)
    _require_key_id(key, key_id, field)
    return key


def write_signing_key(key: SigningKey) -> str:
    """Write a signing key as the text its owner keeps secret: `PRIVATE+KEY+name+id+base64`."""
    seed = key.private_key.private_bytes_raw()
    return _SECRET_PREFIX + _key_text(key.name, key.verifier.key_id, key.verifier.algorithm, seed)


def read_signing_key(text: str, *, field: str = "key") -> SigningKey:
    """Read a signing key from its secret text; no error ever repeats the text.

    Raises:
        InputError: "bad-key", "bad-key-name", "unknown-algorithm".
    """
    text = text.strip()
    if not text.startswith(_SECRET_PREFIX):
        raise InputError("bad-key", f"A signing key begins with {_SECRET_PREFIX}.", field=field)
    name, key_id, algorithm, seed = _read_key_text(text.removeprefix(_SECRET_PREFIX), field)
    key = signing_key(name, algorithm, seed)
    _require_key_id(key.verifier, key_id, field)
    return key


def require_key_name(name: str, *, field: str = "name") -> str:
    """Give a key's name or a ledger's origin back, or refuse it.

    Raises:
        InputError: "bad-key-name" where it is empty, over 200 characters, or holds white space, a plus or a
            control character.

    Source: C2SP signed-note, Format.
    """
    is_good = 0 < len(name) <= _LONGEST_NAME and name.isprintable() and "+" not in name
    if not is_good or any(symbol.isspace() for symbol in name):
        raise InputError(
            "bad-key-name",
            "A name of a key or ledger has 1 to 200 characters, no spaces and no plus, like example.com/masks.",
            field=field,
        )
    return name


def decode_base64(text: str) -> bytes | None:
    """Decode standard base64, or give None where anything could be read in two ways.

    Refused beside foreign symbols: missing padding, and last symbols with bits that decode to nothing.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if encode_base64(raw) == text else None


def encode_base64(raw: bytes) -> str:
    """Encode bytes in standard base64 with padding."""
    return base64.b64encode(raw).decode("ascii")


def _key_text(name: str, key_id: bytes, algorithm: Algorithm, raw: bytes) -> str:
    return f"{name}+{key_id.hex()}+{encode_base64(bytes([algorithm]) + raw)}"


def _read_key_text(text: str, field: str) -> tuple[str, bytes, Algorithm, bytes]:
    # The base64 may hold plus signs itself; the name may not.
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = decode_base64(encoded)
    if _KEY_ID.fullmatch(key_id) is None or not raw:
        raise InputError(
            "bad-key", "A key is written name+8 hex digits+base64. Please copy it whole.", field=field
        )
    require_key_name(name, field=field)
    if raw[0] not in tuple(Algorithm):
        raise InputError(
            "unknown-algorithm",
            "This key is of another kind than Ed25519 notes (01) and cosignatures v1 (04).",
            field=field,
        )
    if len(raw) != 1 + KEY_LENGTH:
        raise InputError("bad-key", "An Ed25519 key has 32 bytes. Please copy it whole.", field=field)
    return name, bytes.fromhex(key_id), Algorithm(raw[0]), raw[1:]


def _require_key_id(key: VerifierKey, key_id: bytes, field: str) -> None:
    if key.key_id != key_id:
        raise InputError(
            "bad-key", "The key's id does not fit its name and bytes. Please copy it again.", field=field
        )
