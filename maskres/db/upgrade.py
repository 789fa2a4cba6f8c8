"""Bringing a database to the present tables."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from maskres.db.engine import Database
from maskres.db.revisions import MIGRATIONS
from maskres.errors import ConflictError

#: How long a migration waits for a table on PostgreSQL. All who come after it wait behind it, and could otherwise go on
#: beside whoever has the table, such as a copy that is being made.
LOCK_SECONDS = 3
_LOCK_NOT_AVAILABLE = "55P03"


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction.

    Raises:
        ConflictError: "database-busy" where others hold a table for longer than everybody can wait; nothing was done.
    """

    def migrate(connection: Connection) -> None:
        if not database.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        command.upgrade(_config(connection), revision)

    try:
        database.write(migrate)  # which tries again a few times
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise ConflictError(
            "database-busy",
            "Others hold a table that is to be changed: a backup or an import. Nothing was done; try again after it.",
        ) from None


def downgrade(database: Database, revision: str) -> None:
    """Undo migrations back to a revision ("base" for none), in one transaction."""
    with database.writing() as connection:
        command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
