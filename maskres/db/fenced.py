"""A database for one step of a task: what the step does and the note that it is done are one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from maskres.db.engine import Database, Transaction

T = TypeVar("T")


class FencedDatabase(Database):
    """A database whose writing transactions end with a word of somebody else's.

    Args:
        database: the database itself; its connections are shared and stay open.
        at_end: called in every transaction after its work, with what that gave. It may write, and refuses the
            whole transaction by raising.
    """

    def __init__(self, database: Database, at_end: Callable[[Transaction, Any], None]) -> None:
        self.url = database.url
        self.engine = database.engine
        self.turns = database.turns
        self._at_end = at_end

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run some work and the last word as one transaction."""

        def both(c: Transaction) -> T:
            result = work(c)
            self._at_end(c, result)
            return result

        return super().write(both)

    def close(self) -> None:
        """Leave the connections to the database that lent them."""
