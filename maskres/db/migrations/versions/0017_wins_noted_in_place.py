"""A win noted finds room beside the row it changes, and is not checked against draws, which are never deleted.

Revision: 0017
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_KEY = "fk_persons_last_win_draw_id"


def upgrade() -> None:
    """Leave room in the pages of persons to come, and drop the key, where the database is PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE persons SET (fillfactor = 75)")
        op.drop_constraint(op.f(_KEY), "persons", type_="foreignkey")


def downgrade() -> None:
    """Go back the same way."""
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key(op.f(_KEY), "persons", "draws", ["last_win_draw_id"], ["id"])
        op.execute("ALTER TABLE persons RESET (fillfactor)")
