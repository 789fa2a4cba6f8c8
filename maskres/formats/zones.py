"""The names of time zones, as the IANA database gives them."""

from __future__ import annotations

import functools
import re
import zoneinfo
from typing import Final

_NOT_A_PLACE: Final = {"localtime", "Factory", "posixrules"}
_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


def is_zone(name: object) -> bool:
    """Tell whether something is the IANA name of a time zone, such as Asia/Shanghai."""
    return isinstance(name, str) and name in _names()


def is_zone_name(name: object) -> bool:
    """Tell whether something has the form of such a name.

    What is published already is read so: the database of names grows, and a verdict must not hang on its edition.
    """
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _NOT_A_PLACE)
