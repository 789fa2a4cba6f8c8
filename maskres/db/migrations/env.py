"""Alembic's entry: runs the migrations on the connection that db/upgrade.py hands in."""

from __future__ import annotations

from alembic import context

from maskres.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite cannot alter a column in place: Alembic copies the table.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
