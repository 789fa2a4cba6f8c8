"""Of the results only those who wait are found by their rank: who won never is, and a draw fills each index.

Revision: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_IS_WAITING = sa.text("outcome = 'waiting'")


def upgrade() -> None:
    """Put the smaller index in the place of the one over all."""
    op.create_index(
        "ix_results_waiting",
        "results",
        ["draw_id", "stratum", "rank"],
        unique=False,
        if_not_exists=True,
        postgresql_where=_IS_WAITING,
        sqlite_where=_IS_WAITING,
    )
    op.drop_index("ix_results_order", table_name="results")


def downgrade() -> None:
    """Go back the same way."""
    op.create_index("ix_results_order", "results", ["draw_id", "outcome", "stratum", "rank"], unique=False)
    op.drop_index("ix_results_waiting", table_name="results")
