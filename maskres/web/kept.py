"""What somebody typed, kept in the encrypted session under a name that says nothing, so that no address holds it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import session


class Kept:
    """A few things of one kind; the oldest give way, for the session is a cookie.

    Args:
        kind: under which they stand in the session.
        most: how many are kept, ≥ 1.
    """

    def __init__(self, kind: str, most: int) -> None:
        self._kind = f"kept_{kind}"
        self._most = most

    def put(self, name: str, values: Mapping[str, str]) -> None:
        """Keep something under a name, in place of what stood there."""
        found: dict[str, dict[str, str]] = dict(session.get(self._kind, {}))
        found.pop(name, None)
        found[name] = dict(values)
        session[self._kind] = dict(list(found.items())[-self._most :])

    def get(self, name: str) -> dict[str, str] | None:
        """Give what stands under a name, or None where it has given way or never was."""
        found: dict[str, dict[str, str]] = session.get(self._kind, {})
        return found.get(name)
