"""A PostgreSQL database for one test after the other: emptied between them, made anew where more than rows changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.servers.postgres import Postgres
from tests.support.snapshots import Contents, read_contents, renew, shape_of

#: What deleted rows leave behind is swept up by making a new database now and then.
MOST_TESTS = 100


class Lender:
    """Lends databases that look new.

    Args:
        server: on which they are.
        prepare: makes the tables in an empty database, given its URL.
    """

    def __init__(self, server: Postgres, prepare: Callable[[str], None]) -> None:
        self._server = server
        self._template = server.create_database()
        prepare(server.url(self._template))
        self._contents: Contents = read_contents(server.url(self._template))
        self._shape = shape_of(server.url(self._template))
        self._spare: str | None = None
        self._tests = 0

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Lend a database; gives SQLAlchemy's URL of it."""
        name, self._spare = self._spare, None
        if name is None:
            name, self._tests = self._server.create_database(self._template), 0
        try:
            yield self._server.url(name)
        finally:
            self._take_back(name)

    def _take_back(self, name: str) -> None:
        self._tests += 1
        url = self._server.url(name)
        is_whole = self._tests < MOST_TESTS and shape_of(url) == self._shape
        if is_whole and self._spare is None:
            renew(url, self._contents)
            self._spare = name
        else:
            self._server.drop_database(name)
