"""The functions of 0003 as they stand now: a phone's registrations are counted by their index, whatever the plan.

Revision: 0005
"""

from __future__ import annotations

from alembic import op

from maskres.db.at_once import FUNCTIONS

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the present text in the place of what was set up before, where the database is PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in FUNCTIONS.values():
            op.execute(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))


def downgrade() -> None:
    """Leave the functions: what they do is the same."""
