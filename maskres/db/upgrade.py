"""Bringing a database to the present tables."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from maskres.db.engine import Database
from maskres.errors import ConfigurationError


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    with database.writing() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Undo migrations back to a revision ("base" for none), in one transaction."""
    with database.writing() as connection:
        command.downgrade(_config(connection), revision)


def has_tables(database: Database) -> bool:
    """Tell whether a database has been given tables, of whatever revision."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision() is not None


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
        stands_at = MigrationContext.configure(connection).get_current_revision()
        script = ScriptDirectory.from_config(_config(connection))
        wanted = script.get_current_head()
        known = {each.revision for each in script.walk_revisions()}
    is_newer = stands_at is not None and stands_at not in known
    if stands_at != wanted and not (or_newer and is_newer):
        raise ConfigurationError(
            "old-database",
            f"The database is at revision {stands_at or 'none'}, the software at {wanted}."
            " Bring it up with: python -m maskres database upgrade (a new one: database init).",
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
