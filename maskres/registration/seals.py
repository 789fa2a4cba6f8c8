"""Wishes, and the seal that binds a number to its person and their wishes while showing neither."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from maskres.errors import InputError
from maskres.formats.keyed import KeyedHash, keyed_digest

CHOICES_LIMIT = 20
_SALT_DIGITS = 32
_SEAL_DIGITS = 40
_SHOWN_LIMIT = 40


class Reach(StrEnum):
    """Where somebody would go if none of their chosen stores has room."""

    CITY = "city"
    DISTRICT = "district"
    CHOICES = "choices"


class Wishes(NamedTuple):
    """Where somebody would collect; a tuple, for a file makes many.

    Attributes:
        district: slug of their district.
        reach: how far they would go.
        choices: slugs of stores, best first, none twice, at most 20.
    """

    district: str
    reach: Reach
    choices: tuple[str, ...]

    @property
    def joined(self) -> str:
        """Give the choices as files and seals have them: joined by |."""
        return "|".join(self.choices)


def read_wishes(
    district: str,
    reach: str,
    choices: Sequence[str],
    *,
    districts: Collection[str],
    stores: Collection[str],
) -> Wishes:
    """Read wishes as they were handed in.

    Args:
        district: slug of a district.
        reach: "city", "district" or "choices".
        choices: slugs of stores, best first.
        districts: the districts of the round's rules.
        stores: the stores known now (a set, where there are many wishes to read).

    Returns:
        The wishes.

    Raises:
        InputError: the first of what `find_wish_errors` finds.

    Source: spec S1.
    """
    errors = find_wish_errors(district, reach, choices, districts=districts, stores=stores)
    if errors:
        raise errors[0]
    return Wishes(district, Reach(reach), tuple(choices))


def find_wish_errors(
    district: str,
    reach: str,
    choices: Sequence[str],
    *,
    districts: Collection[str],
    stores: Collection[str],
) -> list[InputError]:
    """Find everything that is wrong with wishes.

    Args:
        district: slug of a district.
        reach: "city", "district" or "choices".
        choices: slugs of stores, best first.
        districts: the districts of the round's rules.
        stores: the stores known now.

    Returns:
        "unknown-district" (field district), "bad-reach" (field reach), "unknown-store", "store-twice",
        "too-many-stores" (field choices); none where the wishes are in order.
    """
    errors = []
    if district not in districts:
        message = f"There is no district {_show(district)} in this round. Please choose one of its districts."
        errors.append(InputError("unknown-district", message, field="district"))
    if reach not in (Reach.CITY, Reach.DISTRICT, Reach.CHOICES):
        message = "How far you would go must be one of city, district and choices."
        errors.append(InputError("bad-reach", message, field="reach"))
    elif reach == Reach.CHOICES and not choices:
        # Such an entry could win and would never be given a place.
        message = "Where only the chosen stores will do, at least one must be chosen."
        errors.append(InputError("bad-reach", message, field="reach"))
    if len(choices) > CHOICES_LIMIT:
        message = f"At most {CHOICES_LIMIT} stores can be chosen; these are {len(choices)}."
        errors.append(InputError("too-many-stores", message, field="choices"))
        return errors
    unknown = [store for store in choices if store not in stores]
    if unknown:
        message = f"There is no store {_show(unknown[0])}. Please choose from the list of stores."
        errors.append(InputError("unknown-store", message, field="choices"))
    if len(set(choices)) != len(choices):
        twice = next(store for place, store in enumerate(choices) if store in choices[:place])
        message = f"The store {_show(twice)} was chosen twice. Please choose it once."
        errors.append(InputError("store-twice", message, field="choices"))
    return errors


def holder_salt(seal_key: bytes | KeyedHash, number: str) -> str:
    """Derive the salt of the holder digest: 32 hex digits.

    Args:
        seal_key: the round's seal key of 32 raw bytes, or a KeyedHash of it where there are many.
        number: the registration number, bare.

    Source: spec S2.
    """
    return keyed_digest(seal_key, f"{number}/holder".encode("ascii")).hex()[:_SALT_DIGITS]


def wish_salt(seal_key: bytes | KeyedHash, number: str) -> str:
    """Derive the salt of the wish digest: 32 hex digits.

    Args:
        seal_key: the round's seal key of 32 raw bytes, or a KeyedHash of it where there are many.
        number: the registration number, bare.

    Source: spec S2.
    """
    return keyed_digest(seal_key, f"{number}/wish".encode("ascii")).hex()[:_SALT_DIGITS]


def holder_digest(salt: str, canonical: str) -> str:
    """Compute `holder`: SHA-256 of `<salt>/<canonical id>` as 64 hex digits (spec S3)."""
    return _sha256(f"{salt}/{canonical}")


def wish_digest(salt: str, district: str, reach: str, joined: str) -> str:
    """Compute `wish`: SHA-256 of `<salt>/<district>/<reach>/<choices>` as 64 hex digits (spec S4)."""
    return _sha256(f"{salt}/{district}/{reach}/{joined}")


def seal(number: str, holder: str, wish: str) -> str:
    """Compute the seal: first 40 hex digits of SHA-256 of `<number>/<holder>/<wish>` (spec S5)."""
    return _sha256(f"{number}/{holder}/{wish}")[:_SEAL_DIGITS]


def make_seal(seal_key: bytes | KeyedHash, number: str, canonical: str, wishes: Wishes) -> str:
    """Compute the seal of an entry from what it seals.

    Args:
        seal_key: the round's seal key of 32 raw bytes.
        number: the registration number, bare.
        canonical: the canonical id of the person.
        wishes: their wishes.

    Returns:
        40 lower-case hex digits.

    Raises:
        ConfigurationError: "bad-key".

    Source: spec S5.
    """
    return make_seal_of_text(seal_key, number, canonical, f"{wishes.district}/{wishes.reach}/{wishes.joined}")


def make_seal_of_text(seal_key: bytes | KeyedHash, number: str, canonical: str, wish_text: str) -> str:
    """Compute the seal of an entry whose wishes are text already, as rows of a database have them.

    Args:
        seal_key: the round's seal key; a KeyedHash of it where there are many.
        number: the registration number, bare.
        canonical: the canonical id of the person.
        wish_text: `<district>/<reach>/<choices>`.

    Returns:
        40 lower-case hex digits.

    Raises:
        ConfigurationError: "bad-key".

    Source: spec S5.
    """
    holder = _sha256(f"{holder_salt(seal_key, number)}/{canonical}")
    wish = _sha256(f"{wish_salt(seal_key, number)}/{wish_text}")
    return _sha256(f"{number}/{holder}/{wish}")[:_SEAL_DIGITS]


def make_seals(
    seal_key: KeyedHash, numbers: Iterable[str], canonicals: Iterable[str], wish_texts: Iterable[str]
) -> list[str]:
    """Compute the seals of many entries, each as make_seal_of_text does.

    In one loop, for a file has millions of them and each call would cost as much as a digest.
    """
    digest, sha256 = seal_key.digest, hashlib.sha256
    half = slice(_SALT_DIGITS // 2)  # of a digest is as many bytes as a salt has digits
    seals = []
    for number, canonical, wish_text in zip(numbers, canonicals, wish_texts, strict=True):
        salt = digest(f"{number}/holder".encode())[half].hex()
        holder = sha256(f"{salt}/{canonical}".encode()).hexdigest()
        salt = digest(f"{number}/wish".encode())[half].hex()
        wish = sha256(f"{salt}/{wish_text}".encode()).hexdigest()
        seals.append(sha256(f"{number}/{holder}/{wish}".encode()).hexdigest()[:_SEAL_DIGITS])
    return seals


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _show(slug: str) -> str:
    return repr(slug[:_SHOWN_LIMIT])
