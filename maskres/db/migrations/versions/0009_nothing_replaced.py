"""Guards of SQLite that keep REPLACE from taking rows of the record away.

Revision: 0009
"""

from __future__ import annotations

from alembic import op

from maskres.db.guards import removals
from maskres.db.replacing import replacement_guards

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Set the guards up; PostgreSQL has no REPLACE."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in replacement_guards():
            op.execute(statement)


def downgrade() -> None:
    """Take them away."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in removals(replacement_guards(), "sqlite"):
            op.execute(statement)
