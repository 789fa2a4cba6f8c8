"""Bringing a database to the present tables."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from maskres.db.engine import Database
from maskres.db.revisions import MIGRATIONS


def upgrade(database: Database, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    with database.writing() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Undo migrations back to a revision ("base" for none), in one transaction."""
    with database.writing() as connection:
        command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
