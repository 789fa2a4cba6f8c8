"""Keyed digests by which people are found again without their data being kept (a blind index).

Whoever takes the database without the key can try no numbers against it. Keys are versioned; a digest means
nothing without the version it was made with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from maskres.formats.keyed import KeyedHash

ID_DIGEST_BYTES = 16
NAME_DIGEST_BYTES = 8
PHONE_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One version of the key of the blind index.

    Args:
        version: ≥ 1; kept beside every digest.
        secret: 32 raw bytes; shown nowhere.

    Raises:
        ConfigurationError: "bad-key".
    """

    version: int
    secret: bytes = field(repr=False)
    keyed: KeyedHash = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keyed", KeyedHash(self.secret))


def id_digest(key: IndexKey, canonical: str) -> bytes:
    """Compute the digest under which a document is looked up.

    Args:
        key: the version of the index.
        canonical: a canonical id.

    Returns:
        16 bytes: first of HMAC-SHA256(secret, `id/<canonical>`). Among 10 million people two share them
        with a chance below 10^-24.
    """
    return key.keyed.digest(b"id/" + canonical.encode())[:ID_DIGEST_BYTES]


def id_digests(key: IndexKey, canonicals: Iterable[str]) -> list[bytes]:
    """Compute the digests of many documents, each as id_digest does."""
    messages = [b"id/" + canonical.encode() for canonical in canonicals]
    return [digest[:ID_DIGEST_BYTES] for digest in key.keyed.digests(messages)]


def name_digest(key: IndexKey, canonical: str, matching_name: str) -> bytes:
    """Compute the digest that says whether a register knows a document under a name.

    The document is part of it: equal names of two people give different digests, so that nobody can count or
    guess names from them. It is only ever compared with digests of the same document, so 8 bytes suffice.

    Args:
        key: the version of the index.
        canonical: the document's canonical id (no "/" in it).
        matching_name: as `names.matching_name` gives it.

    Returns:
        8 bytes: first of HMAC-SHA256(secret, `name/<canonical>/<matching name>`).
    """
    return key.keyed.digest(f"name/{canonical}/{matching_name}".encode())[:NAME_DIGEST_BYTES]


def name_digests(key: IndexKey, canonicals: Iterable[str], matching_names: Iterable[str]) -> list[bytes]:
    """Compute the digests of many names, each as name_digest does."""
    messages = [
        b"name/" + canonical.encode() + b"/" + name.encode()
        for canonical, name in zip(canonicals, matching_names, strict=True)
    ]
    return [digest[:NAME_DIGEST_BYTES] for digest in key.keyed.digests(messages)]


def phone_digest(key: IndexKey, e164: str) -> bytes:
    """Compute the digest under which a phone is counted and looked up.

    Args:
        key: the version of the index.
        e164: as `phones.normalise_phone` gives it.

    Returns:
        16 bytes: first of HMAC-SHA256(secret, `phone/<e164>`).
    """
    return key.keyed.digest(b"phone/" + e164.encode())[:PHONE_DIGEST_BYTES]
