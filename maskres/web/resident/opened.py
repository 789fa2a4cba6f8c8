"""The registrations somebody has shown to be theirs in this session; pages name them by their place in the list,
so that no address holds a number.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import request, session

from maskres.formats.values import format_time, parse_time
from maskres.web.interrupted import keep_typed, say_holder

#: More than one family; the cookie is small.
MOST = 12
#: Without any request for so long, somebody else may sit there.
IDLE = timedelta(minutes=30)
_OPENED = "opened"
_SEEN = "opened_at"


def open_number(round_slug: str, number: str, now: datetime) -> int:
    """Remember a registration; gives its place in the list, from 1."""
    listed = list_opened(now)
    if (round_slug, number) not in listed:
        if len(listed) >= MOST:
            # The places of the others stay, for pages that are open in other tabs.
            listed[-1] = (round_slug, number)
        else:
            listed.append((round_slug, number))
    session[_OPENED] = [list(pair) for pair in listed]
    session[_SEEN] = format_time(now)
    return listed.index((round_slug, number)) + 1


def list_opened(now: datetime) -> list[tuple[str, str]]:
    """List round and number of what is open; none after a while without any request."""
    seen = session.get(_SEEN)
    if seen is None:
        return []
    idle = now - parse_time(seen, field=_SEEN)
    if idle > IDLE:
        close_all()
        return []
    if idle > timedelta(minutes=1):
        session[_SEEN] = format_time(now)
    return [(str(slug), str(number)) for slug, number in session.get(_OPENED, [])]


def opened(place: int, now: datetime) -> tuple[str, str] | None:
    """Give round and number of a place in the list, from 1; None where nothing is open there.

    What was typed into a form that came too late waits until its registration is opened again.
    """
    before = session.get(_OPENED, [])
    listed = list_opened(now)
    if before and not listed and 1 <= place <= len(before) and request.method == "POST":
        keep_typed("/".join(before[place - 1]))
    if not 1 <= place <= len(listed):
        return None
    say_holder("/".join(listed[place - 1]))
    return listed[place - 1]


def close_all() -> None:
    """Forget every registration."""
    session.pop(_OPENED, None)
    session.pop(_SEEN, None)
