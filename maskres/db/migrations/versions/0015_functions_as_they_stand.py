"""The functions of 0003, 0007 and 0010 as they stand now: their texts had changed after the revisions that set them up.

Revision: 0015
"""

from __future__ import annotations

from alembic import op

from maskres.db import at_once, filling
from maskres.db.guards import person_guards

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the present texts in the place of what was set up before, where the database is PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*at_once.FUNCTIONS.values(), filling.FUNCTION, *person_guards()):
            if statement.startswith("CREATE FUNCTION"):
                op.execute(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))


def downgrade() -> None:
    """Leave the functions: what they do is the same."""
