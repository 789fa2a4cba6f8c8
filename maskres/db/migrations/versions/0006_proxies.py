"""Who collects for a winner.

Revision: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maskres.db import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "proxies",
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("named_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_proxies")),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("proxies")
