"""Which tables a database has, told from the revision it stands at: asked at every start, so without Alembic.

Migrations follow one another in the order of their files, which are named by their revisions.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from maskres.db.engine import Database
from maskres.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"
_STANDS_AT = table("alembic_version", column("version_num"))


@cache
def known_revisions() -> tuple[str, ...]:
    """List the revisions that this software knows, the first one first."""
    return tuple(sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def has_tables(database: Database) -> bool:
    """Tell whether a database has been given tables, of whatever revision."""
    with database.reading() as connection:
        return _revision_of(connection) is not None


def has_present_tables(database: Database) -> bool:
    """Tell whether a database stands at the newest revision."""
    with database.reading() as connection:
        return _revision_of(connection) == known_revisions()[-1]


def require_present_tables(database: Database, *, or_newer: bool = False) -> None:
    """Refuse to work on a database that lacks migrations.

    Args:
        database: the database.
        or_newer: whether tables of a revision will do that this software does not know yet: it was put under processes
            that run already (docs/operating.md, "Upgrading").

    Raises:
        ConfigurationError: "old-database".
    """
    with database.reading() as connection:
        stands_at = _revision_of(connection)
    wanted = known_revisions()[-1]
    is_newer = stands_at is not None and stands_at not in known_revisions()
    if stands_at != wanted and not (or_newer and is_newer):
        raise ConfigurationError(
            "old-database",
            f"The database is at revision {stands_at or 'none'}, the software at {wanted}."
            " Bring it up with: python -m maskres database upgrade (a new one: database init).",
        )


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_STANDS_AT.name):
        return None
    found: str | None = connection.execute(select(_STANDS_AT.c.version_num)).scalar_one_or_none()
    return found
