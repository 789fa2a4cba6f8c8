"""Checks of JSON members, put together into shapes: a value of another shape is refused by its path.

A check takes a value and its path and raises where the value is not what it should be. The paths read as people
would point: `registers[0].sha256`, `quotas.elderly`.

Source: spec B3 to B8 (no unknown members; integers, slugs, times and digests in one spelling).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from maskres.errors import InputError
from maskres.formats.values import is_sha256, is_slug, parse_time
from maskres.formats.zones import is_zone_name

Check = Callable[[Any, str], None]

MOST_INTEGER = 10**12 - 1


def refuse(path: str, what: str) -> InputError:
    """Make the error of a member that is not what it should be: "bad-member" with its path as field."""
    return InputError("bad-member", what, field=path or None)


def slug(value: Any, path: str) -> None:
    """A short name of a-z, 0-9 and hyphen."""
    if not is_slug(value):
        raise refuse(path, "This must be a short name of lower-case letters, digits and hyphens.")


def sha256(value: Any, path: str) -> None:
    """A SHA-256 digest."""
    if not is_sha256(value):
        raise refuse(path, "This must be a SHA-256 digest, 64 lower-case hex digits.")


def moment(value: Any, path: str) -> None:
    """A time in UTC."""
    if not isinstance(value, str):
        raise refuse(path, "This must be a time like 2020-02-10T01:00:00Z (UTC).")
    try:
        parse_time(value, field=path)
    except InputError as error:
        raise refuse(path, error.message) from None


def zone(value: Any, path: str) -> None:
    """A name in the form of the IANA's time zones; which there are is asked where rules are made."""
    if not is_zone_name(value):
        raise refuse(path, "This must be the IANA name of a time zone, like Asia/Shanghai.")


def integer(lowest: int = 0, highest: int = MOST_INTEGER) -> Check:
    """A whole number within bounds, both inclusive; true and false are none."""

    def check(value: Any, path: str) -> None:
        if type(value) is not int or not lowest <= value <= highest:
            raise refuse(path, f"This must be a whole number from {lowest} to {highest}.")

    return check


def text(pattern: str, what: str) -> Check:
    """A text that fits a pattern as a whole; `what` says in words what it must be."""
    compiled = re.compile(pattern)

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str) or compiled.fullmatch(value) is None:
            raise refuse(path, f"This must be {what}.")

    return check


def either_null_or(inner: Check) -> Check:
    """Null, or what the inner check takes."""

    def check(value: Any, path: str) -> None:
        if value is not None:
            inner(value, path)

    return check


def list_of(inner: Check, lowest: int = 0, highest: int = 1000) -> Check:
    """A list of so many things, each taken by the inner check."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, list) or not lowest <= len(value) <= highest:
            raise refuse(path, f"This must be a list of {lowest} to {highest}.")
        for position, item in enumerate(value):
            inner(item, f"{path}[{position}]")

    return check


def map_of(inner: Check, lowest: int = 0, highest: int = 1000) -> Check:
    """An object from slugs to what the inner check takes."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict) or not lowest <= len(value) <= highest:
            raise refuse(path, f"This must be an object of {lowest} to {highest} members.")
        for name, item in value.items():
            slug(name, _join(path, name))
            inner(item, _join(path, name))

    return check


def object_of(shape: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these members, and perhaps the optional ones."""
    known = {**shape, **(optional or {})}

    def check(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise refuse(path, "This must be an object.")
        for name in value:
            if name not in known:
                raise refuse(_join(path, name), "This member is not known here.")
        for name in shape:
            if name not in value:
                raise refuse(_join(path, name), "This member is missing.")
        for name, item in value.items():
            known[name](item, _join(path, name))

    return check


def _join(path: str, name: str) -> str:
    shown = name if len(name) <= 40 else name[:40] + "…"
    return f"{path}.{shown}" if path else shown
