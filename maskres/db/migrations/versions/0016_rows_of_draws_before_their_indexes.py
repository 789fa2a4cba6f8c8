"""What lets the rows of a large draw go in before the indexes of their tables are made.

Revision: 0016
"""

from __future__ import annotations

from alembic import op

from maskres.db.draw_indexes import FUNCTION, NAME

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Set the function up."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION)


def downgrade() -> None:
    """Go back the same way."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {NAME}")
