"""Parts of a task's step, which several hosts do, and what they make.

Revision: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maskres.db import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("tasks", sa.Column("parts_left", sa.Integer(), server_default="0", nullable=False))
    op.add_column("tasks", sa.Column("part_of", types.bytewise(32)))
    op.create_table(
        "task_parts",
        sa.Column("part_of", types.bytewise(32), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("task_id", types.bytewise(32), nullable=False),
        sa.ForeignKeyConstraint(["part_of"], ["tasks.id"], name=op.f("fk_task_parts_part_of")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_task_parts_task_id")),
        sa.PrimaryKeyConstraint("part_of", "step", "part", name=op.f("pk_task_parts")),
        sa.UniqueConstraint("task_id", name=op.f("uq_task_parts_task_id")),
    )
    op.create_table(
        "part_outputs",
        sa.Column("task_id", types.bytewise(32), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_part_outputs_task_id")),
        sa.PrimaryKeyConstraint("task_id", "name", name=op.f("pk_part_outputs")),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("part_outputs")
    op.drop_table("task_parts")
    op.drop_column("tasks", "part_of")
    op.drop_column("tasks", "parts_left")
