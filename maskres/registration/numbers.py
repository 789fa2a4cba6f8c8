"""Registration numbers: one for each person and round, the same however often they register."""

from __future__ import annotations

from collections.abc import Iterable

from maskres.formats.keyed import KeyedHash, keyed_digest, require_key
from maskres.formats.number_arrays import spell_digests
from maskres.formats.symbols import from_digest
from maskres.formats.values import sha256_hex


def registration_number(number_key: bytes | KeyedHash, canonical: str, attempt: int = 0) -> str:
    """Derive a person's number in a round.

    It depends on nothing but the round's key and the person, so registering again rolls no better ticket.

    Args:
        number_key: the round's number key of 32 raw bytes, or a KeyedHash of it where there are many.
        canonical: the canonical id.
        attempt: how many numbers of this person were taken by other people already, ≥ 0. Among two
            million people about one such collision is met in 18 000 rounds.

    Returns:
        Twelve bare symbols.

    Raises:
        ConfigurationError: "bad-key".

    Source: spec N2 to N5.
    """
    message = canonical if attempt == 0 else f"{canonical}/{attempt}"
    return from_digest(keyed_digest(number_key, message.encode()))


def registration_numbers(number_key: KeyedHash, canonicals: Iterable[str]) -> list[str]:
    """Derive the first numbers of many persons, each as registration_number does."""
    return spell_digests(number_key.digests(map(str.encode, canonicals)))


def key_digest(key: bytes) -> str:
    """Compute the digest that pledges a round's key in the ledger.

    Args:
        key: 32 raw bytes.

    Returns:
        64 lower-case hex digits: SHA-256 of the bytes.

    Raises:
        ConfigurationError: "bad-key".

    Source: spec N7.
    """
    require_key(key)
    return sha256_hex(key)
