"""Opening a database, and its two kinds of transaction: reading and writing.

One code path serves SQLite and PostgreSQL. On SQLite writers take turns (db/turns.py), and one takes the write lock
when it begins, so that it cannot find at its end that somebody else was quicker; on PostgreSQL writers run at READ
COMMITTED and are guarded by constraints and conditional updates, and readers at REPEATABLE READ, so that a report is of
one moment.
"""

from __future__ import annotations

import select
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, DisconnectionError, OperationalError

from maskres.db.replica import NotOnReplica, Replica
from maskres.db.straight import ConnectionLost, StatementRefused, StraightLines, StraightStatement
from maskres.db.turns import NoTurn, Turns
from maskres.errors import ConfigurationError, ConflictError

T = TypeVar("T")

#: What a query runs in; the rest of the house knows a transaction by this name alone.
Transaction = Connection

BUSY_SECONDS = 60
ATTEMPTS = 5
#: How long a writer waits for its turn on SQLite: an import of a whole register may be before it.
TURN_SECONDS = 300
#: Serialization failure, deadlock, lock not available; and a row that somebody else inserted at the same moment,
#: which the work finds when it runs again.
_PASSING_SQLSTATES = frozenset({"40001", "40P01", "55P03", "23505"})
#: Connections a process keeps: one for each of its threads (maskres/web/server_settings.py), and some to spare.
POOL_SIZE = 10
#: What the drivers say where there is nothing to talk to, or nothing that these processes may write to.
_NO_DATABASE = (
    "connection failed",
    "unable to open database",
    "file is not a database",
    "attempt to write a readonly database",
)
#: How soon a PostgreSQL whose machine is gone is known to be, also by whoever waits for a long statement.
_PATIENCE: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
#: Whoever answers people tells them sooner. Not for tasks: a COPY that waits for its turn is not answered either.
ANSWERING: Mapping[str, Any] = {**_PATIENCE, "connect_timeout": 3, "tcp_user_timeout": 10_000}
#: Its disk or memory is full, or all connections are taken; it is being shut down or started.
_AT_ITS_END = ("53", "57P")
_READING = "maskres_reading"
_PRAGMA_ATTEMPTS = 100
_PRAGMA_PAUSE_SECONDS = 0.05
#: recursive_triggers: else a REPLACE would pass by the triggers that guard deletion.
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "cache_size=-65536",
)


class Database:
    """A database of either kind.

    Args:
        url: SQLAlchemy URL, sqlite:///… or postgresql+psycopg://….
        engine: an engine for it that was made elsewhere with `engine_options`, or None to make one.
        patience: of PostgreSQL's driver with a machine that does not answer.
    """

    #: Only the web has one (maskres/app.py): who works on tasks reads the database itself.
    replica: Replica | None = None

    def __init__(
        self, url: str, engine: Engine | None = None, *, patience: Mapping[str, Any] = _PATIENCE
    ) -> None:
        self.url = url
        self._options = engine_options(url, patience)
        self._position_known: tuple[float, str | None] = (0.0, None)
        self.engine = create_engine(url, **self._options) if engine is None else engine
        self._straight = StraightLines(self._take_connection)
        self.turns: Turns | None = None
        if not self.is_sqlite:
            _pass_by_closed(self.engine)
        else:
            _prepare_sqlite(self.engine)
            if self.engine.url.database not in (None, "", ":memory:"):
                self.turns = Turns(Path(str(self.engine.url.database)), TURN_SECONDS)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is SQLite."""
        return self.engine.dialect.name == "sqlite"

    @cached_property
    def _at_once(self) -> Engine:
        """Connections on which every statement is a transaction of its own, so that nothing is said around it."""
        alone: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
        engine = create_engine(self.url, **alone, **self._options)
        if not self.is_sqlite:  # which has one only to be closed with the other
            _pass_by_closed(engine)
        return engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment and changes nothing."""
        options: dict[str, Any] = {_READING: True}
        if not self.is_sqlite:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with _clear(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Open what sees one moment for one statement that reads, without a word before and after it."""
        if self.is_sqlite:
            with self.reading() as connection:
                yield connection
        else:
            with _clear(), self._at_once.connect() as connection:
                yield connection

    def follow(self, replica_url: str) -> None:
        """Let a replica be read by whoever may read what is not of this very moment.

        Raises:
            ConfigurationError: "bad-database-url".
        """
        _require_readable(replica_url)
        self.replica = Replica(replica_url, POOL_SIZE)

    def read_stale(self, work: Callable[[Connection], T], seconds: float) -> T:
        """Run some work that only reads and that nothing follows from: on the replica where there is one.

        Args:
            work: safe to repeat.
            seconds: how old what it sees may be, ≥ 0; with 0 it sees all that was committed before it began. While
                the database itself is lost, it sees what the replica has.

        Raises:
            ConfigurationError: "no-database" where there is neither.
        """
        if self.replica is not None:
            try:
                return self.replica.read(work, self._position(seconds))
            except NotOnReplica:
                pass
        with self.reading() as connection:
            return work(connection)

    def _position(self, seconds: float) -> str | None:
        """Tell where the write-ahead log stood at most so long ago; None where nobody can say."""
        asked_at = time.monotonic()
        known_at, position = self._position_known
        if asked_at - known_at >= seconds:
            try:
                with self.looking() as connection:
                    position = connection.exec_driver_sql(
                        "SELECT pg_current_wal_insert_lsn()::text"
                    ).scalar_one()
            except ConfigurationError:
                position = None
            self._position_known = asked_at, position
        return position

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that is committed whole at the end, or not at all.

        Raises:
            ConflictError: "database-busy" where others write for longer than TURN_SECONDS on SQLite.
        """
        with _clear(), self._turn(), self.engine.begin() as connection:
            yield connection

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run some work as one writing transaction, again from the start where the database asks for it.

        Args:
            work: must be safe to repeat: all it does, it does by the connection.

        Returns:
            What the work returned in the run that was committed.

        Raises:
            ConflictError: "database-busy" where others write for longer than TURN_SECONDS on SQLite.
        """
        with _clear():
            return self._write(work)

    def _write(self, work: Callable[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            is_complete = False
            try:
                with self._turn(), self.engine.begin() as connection:
                    result = work(connection)
                    is_complete = True
                return result
            except DBAPIError as error:
                # A connection lost before the commit did nothing; one lost in it may have committed.
                is_lost = error.connection_invalidated and not is_complete
                if attempt == ATTEMPTS or not (is_lost or _is_passing(error)):
                    raise
                time.sleep(0.02 * 2**attempt)
        raise AssertionError("unreachable")

    def do_at_once(self, statement: StraightStatement, values: Mapping[str, Any]) -> bool:
        """Let one statement of PostgreSQL be a whole transaction.

        Args:
            statement: gives true where it did what it is for, else has done nothing.
            values: of its parameters.

        Returns:
            What it gave; False where the database refused it because of what others do at this moment.
        """
        try:
            return self._straight.ask(statement, values)
        except StatementRefused as refused:
            if refused.sqlstate in _PASSING_SQLSTATES:
                return False
            raise refused.error from None
        except ConnectionLost as error:
            raise _no_database(str(error)) from None

    def _take_connection(self) -> Any:
        """Give a connection of the driver's own, which nobody else counts or closes."""
        with _clear():
            lent = self._at_once.raw_connection()
        connection = lent.driver_connection
        lent.detach()
        return connection

    def _turn(self) -> AbstractContextManager[None]:
        return nullcontext() if self.turns is None else self.turns.turn()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._at_once.dispose()
        self._straight.close()
        if self.replica is not None:
            self.replica.close()


def engine_options(url: str, patience: Mapping[str, Any] = _PATIENCE) -> dict[str, Any]:
    """Give the options every engine of ours is made with; SQLite's folder is made.

    Raises:
        ConfigurationError: "bad-database-url" for what only looks like an address.
    """
    _require_readable(url)
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        return {"connect_args": {"timeout": BUSY_SECONDS}, "hide_parameters": True}
    return {"connect_args": dict(patience), "hide_parameters": True, "pool_size": POOL_SIZE}


def _require_readable(url: str) -> None:
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        # Without the driver's words, which may hold a password.
        raise ConfigurationError(
            "bad-database-url", "The address of the database cannot be read; see its port.", field="database"
        ) from None


class _BitOr:
    """PostgreSQL's bit_or for SQLite."""

    def __init__(self) -> None:
        self._bits = 0

    def step(self, bits: int | None) -> None:
        """Take a row."""
        self._bits |= bits or 0

    def finalize(self) -> int:
        """Give the union."""
        return self._bits


def _is_passing(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _PASSING_SQLSTATES:
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(error.orig)


@contextmanager
def _clear() -> Iterator[None]:
    """Say plainly when there is no database to talk to."""
    try:
        yield
    except NoTurn:
        raise ConflictError(
            "database-busy", "Others are writing to the database all the time; please try again."
        ) from None
    except DatabaseError as error:
        text = str(error.orig)
        is_lost = error.connection_invalidated or any(words in text for words in _NO_DATABASE)
        if is_lost or (isinstance(error, OperationalError) and _is_out_of_reach(error.orig)):
            raise _no_database(text) from error
        raise


def _is_out_of_reach(error: BaseException | None) -> bool:
    """Tell whether no PostgreSQL answered, which gives a code to all it refuses; or one that can do nothing now."""
    if isinstance(error, sqlite3.Error):
        return False
    sqlstate = getattr(error, "sqlstate", None)
    return sqlstate is None or sqlstate.startswith(_AT_ITS_END)


def _no_database(text: str) -> ConfigurationError:
    first = (text.strip() or "the connection was lost").splitlines()[0]
    return ConfigurationError("no-database", f"The database cannot be reached: {first}")


def _set_pragma(connection: Any, pragma: str) -> None:
    """Set a pragma; of two who make a new file at once, SQLite lets one wait for the other's WAL by asking again."""
    for attempt in range(1, _PRAGMA_ATTEMPTS + 1):
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError as error:
            if attempt == _PRAGMA_ATTEMPTS or "locked" not in str(error):
                raise
            time.sleep(_PRAGMA_PAUSE_SECONDS)


def _pass_by_closed(engine: Engine) -> None:
    """Take no connection of the pool that PostgreSQL has closed meanwhile, as it does when it is started anew.

    Asking it each time would cost a way there and back; a connection at rest on which something has come says the same.
    """

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, _record: Any, _proxy: Any) -> None:
        if connection.closed or _has_come(connection.fileno()):
            raise DisconnectionError


def _has_come(handle: int) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(0))


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, never behind our back
        connection.create_function("bit_count", 1, int.bit_count, deterministic=True)
        connection.create_aggregate("bit_or", 1, _BitOr)
        for pragma in _PRAGMAS:
            _set_pragma(connection, pragma)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        is_reading = connection.get_execution_options().get(_READING, False)
        connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")
