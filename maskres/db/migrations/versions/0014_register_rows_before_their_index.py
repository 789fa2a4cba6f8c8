"""What lets a large register go in before the index of its rows is made.

Revision: 0014
"""

from __future__ import annotations

from alembic import op

from maskres.db.register_index import FUNCTION, NAME

revision = "0014"
down_revision = "0013"
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
