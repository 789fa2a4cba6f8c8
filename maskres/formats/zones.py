"""The names of time zones, as the IANA database gives them."""

from __future__ import annotations

import functools
import zoneinfo
from typing import Final

_NOT_A_PLACE: Final = {"localtime", "Factory", "posixrules"}


def is_zone(name: object) -> bool:
    """Tell whether something is the IANA name of a time zone, such as Asia/Shanghai."""
    return isinstance(name, str) and name in _names()


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _NOT_A_PLACE)
