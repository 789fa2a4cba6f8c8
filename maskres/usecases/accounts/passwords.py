"""Passwords of staff: what they must be, and their hashes (argon2id)."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from maskres.errors import InputError
from maskres.keys import RandomBytes

MIN_LENGTH = 12
MAX_LENGTH = 200
_SALT_BYTES = 16
#: The library's own parameters, which follow RFC 9106; a hash made with others is made anew when it is next used.
_HASHER = PasswordHasher()


def read_password(text: str, names: tuple[str, ...], *, field: str = "password") -> str:
    """Read a new password.

    Args:
        text: as typed.
        names: which it may not be: the account's.
        field: the field to name in errors.

    Returns:
        The password in Unicode's form NFC, so that it is the same from every keyboard.

    Raises:
        InputError: "bad-password".
    """
    password = normalised(text)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters."
        raise InputError("bad-password", message, field=field)
    if not _is_writable(password):
        raise InputError("bad-password", "The password holds a broken character.", field=field)
    if len(set(password)) == 1 or password.strip().casefold() in {name.casefold() for name in names}:
        message = "A password is neither the account's name nor one character over and over."
        raise InputError("bad-password", message, field=field)
    return password


def normalised(text: str) -> str:
    """Write a typed password in Unicode's form NFC."""
    return unicodedata.normalize("NFC", text)


def hash_password(password: str, random_bytes: RandomBytes) -> str:
    """Hash a password that `read_password` gave, with a salt of its own."""
    return _HASHER.hash(password, salt=random_bytes(_SALT_BYTES))


def is_password(text: str, password_hash: str | None) -> bool:
    """Tell whether a typed password is the one of a hash; without a hash it never is, which takes as long.

    Args:
        text: as typed.
        password_hash: of the account, or None where there is no such account.
    """
    password = normalised(text)
    is_possible = len(password) <= MAX_LENGTH and _is_writable(password)
    spare = _spare_hash()  # made in both cases, so that its first making betrays nothing
    try:
        _HASHER.verify(password_hash or spare, password if is_possible else "")
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None and is_possible


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than new ones are."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _spare_hash() -> str:
    return _HASHER.hash("nobody has this password", salt=bytes(_SALT_BYTES))


def _is_writable(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True
