"""The functions by which PostgreSQL does a registration or a hand-over at once.

Revision: 0003
"""

from __future__ import annotations

from alembic import op

from maskres.db.at_once import FUNCTIONS

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Set the functions up, where the database is PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in FUNCTIONS.values():
            op.execute(statement)


def downgrade() -> None:
    """Take the functions away."""
    if op.get_bind().dialect.name == "postgresql":
        for name in FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}")
