"""Invitations by which a device at a counter becomes a till.

Revision: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maskres.db import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "till_invitations",
        sa.Column("name", types.bytewise(40), nullable=False),
        sa.Column("store", types.bytewise(40), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("made_at", types.UtcTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("expires_at", types.UtcTime(), nullable=False),
        sa.Column("taken_at", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_till_invitations")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_till_invitations_code_digest")),
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_table("till_invitations")
