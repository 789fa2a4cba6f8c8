"""Slugs, integers, times and digests in the one spelling the protocol knows (spec B3 to B5, B7)."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime
from functools import lru_cache

from maskres.errors import InputError

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,11}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_slug(text: object) -> bool:
    """Tell whether something is a slug: 1 to 40 of a-z, 0-9 and hyphen, not beginning with a hyphen."""
    return isinstance(text, str) and _SLUG.fullmatch(text) is not None


def require_slug(text: str, *, field: str) -> str:
    """Give a slug back, or raise InputError "bad-slug" naming the field."""
    if not is_slug(text):
        raise InputError(
            "bad-slug",
            f"{text!r:.60} is not a short name: 1 to 40 lower-case letters, digits and hyphens, no hyphen first.",
            field=field,
        )
    return text


def is_sha256(text: object) -> bool:
    """Tell whether something is a SHA-256 digest as 64 lower-case hex digits."""
    return isinstance(text, str) and _SHA256.fullmatch(text) is not None


def sha256_hex(data: bytes) -> str:
    """Compute the SHA-256 of bytes as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def parse_integer(text: str, *, field: str) -> int:
    """Read a plain decimal integer of at most twelve digits, or raise InputError "bad-integer"."""
    if _INTEGER.fullmatch(text) is None:
        raise InputError(
            "bad-integer",
            f"{text!r:.60} is not a plain whole number (digits only, no leading zero, at most twelve).",
            field=field,
        )
    return int(text)


def format_time(moment: datetime) -> str:
    """Write an aware time as YYYY-MM-DDTHH:MM:SSZ in UTC.

    Raises:
        ValueError: the time is naive: its zone would be a guess.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be published")
    return _spell_time(moment.astimezone(UTC))


@lru_cache(maxsize=4096)
def _spell_time(moment: datetime) -> str:
    # As with _read_time: what arrives together has arrived at one time.
    return moment.isoformat(timespec="seconds")[:19] + "Z"


def parse_time(text: str, *, field: str) -> datetime:
    """Read YYYY-MM-DDTHH:MM:SSZ as aware UTC, or raise InputError "bad-time"."""
    try:
        return _read_time(text)
    except ValueError:
        raise InputError(
            "bad-time", f"{text!r:.60} is not a time like 2020-02-10T01:00:00Z (UTC).", field=field
        ) from None


@lru_cache(maxsize=4096)
def _read_time(text: str) -> datetime:
    # Thousands of places share the few hours at which slots begin and end.
    if _TIME.fullmatch(text) is None:
        raise ValueError(text)
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


def parse_date(text: str, *, field: str) -> date:
    """Read YYYY-MM-DD, or raise InputError "bad-date"."""
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "bad-date", f"{text!r:.60} is not a date like 2020-02-10 (year-month-day).", field=field
        ) from None
