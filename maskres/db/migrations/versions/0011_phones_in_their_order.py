"""The functions of 0003 as they stand now: no plan, whenever it was made, reads a round to count a phone.

Revision: 0011
"""

from __future__ import annotations

from alembic import op

from maskres.db.at_once import FUNCTIONS

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the present text in the place of what was set up before, where the database is PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in FUNCTIONS.values():
            op.execute(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))


def downgrade() -> None:
    """Leave the functions: what they do is the same."""
