"""The function that 0010 set up takes the keys and the guards away as well, so that a large file goes straight in.

Revision: 0012
"""

from __future__ import annotations

from alembic import op

from maskres.db.filling import FUNCTION

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the present text in the place of what was set up before, where the database is PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))


def downgrade() -> None:
    """Leave the function: it still makes all that it takes away."""
