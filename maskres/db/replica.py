"""A read replica of PostgreSQL, for what is only looked at.

Nothing that is decided is read here: whoever may read so stands in a list that a test holds against the code
(maskres/usecases/service.py, `may_be_stale`). Whatever is wrong with the replica, the database itself is read instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

#: A replica that cannot be reached is left alone for a while, so that not every reader waits for it.
LOST_SECONDS = 5.0
_ATTEMPTS, _PAUSE_SECONDS = 3, 0.01
_PATIENCE: dict[str, Any] = {
    "connect_timeout": 2,
    "tcp_user_timeout": 3000,
    "options": "-c statement_timeout=5000 -c lock_timeout=2000",
}


class NotOnReplica(Exception):
    """The replica cannot be reached, is behind, or had to stop the reading; nothing was read."""


class Replica:
    """A standby that follows the database by streaming replication.

    Args:
        url: SQLAlchemy URL, postgresql+psycopg://….
        pool_size: connections that are kept.
    """

    def __init__(self, url: str, pool_size: int) -> None:
        self._engine = create_engine(url, hide_parameters=True, pool_size=pool_size, connect_args=_PATIENCE)
        self._lost_until = 0.0
        #: How often something was read here, and how often it could not be.
        self.reads = self.misses = 0

    def read(self, work: Callable[[Connection], T], position: str | None) -> T:
        """Run some work that only reads, in a transaction that sees one moment.

        Args:
            work: safe to repeat.
            position: in the write-ahead log; the moment is none before it. None takes what is there.

        Raises:
            NotOnReplica: read the database itself.
        """
        try:
            if time.monotonic() < self._lost_until:
                raise NotOnReplica
            if position is not None:
                self._require_position(position)
            options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            with self._engine.connect().execution_options(**options) as connection, connection.begin():
                result = work(connection)
        except NotOnReplica:
            self.misses += 1
            raise
        except DBAPIError as error:
            # Gone, or the reading was in the way of what the replica had to follow.
            self.misses += 1
            if error.connection_invalidated or getattr(error.orig, "sqlstate", None) is None:
                self._lost_until = time.monotonic() + LOST_SECONDS
            raise NotOnReplica from error
        self.reads += 1
        return result

    def _require_position(self, position: str) -> None:
        """Wait a moment for the replica to come to a position; in a transaction of its own, before the reading's."""
        statement = "SELECT pg_last_wal_replay_lsn() >= CAST(%s AS pg_lsn)"
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for attempt in range(_ATTEMPTS):
                if attempt:
                    time.sleep(_PAUSE_SECONDS)
                if connection.exec_driver_sql(statement, (position,)).scalar_one():
                    return
        raise NotOnReplica

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()
