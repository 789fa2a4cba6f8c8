"""Phones are indexed before their round: PostgreSQL sorts by the first column much faster, and it was the same for all.

On PostgreSQL the new index can be made beforehand, CONCURRENTLY, under its name.

Revision: 0018
"""

from __future__ import annotations

from alembic import op

from maskres.db.filling import FUNCTION

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


_BEFORE = {
    "ix_registrations_by_phone": "ix_registrations_phone",
    "(phone_digest, round_id)": "(round_id, phone_digest)",
}


def upgrade() -> None:
    """Put the new index in the place of the other, also where it is made again after a large file."""
    op.create_index(
        "ix_registrations_by_phone", "registrations", ["phone_digest", "round_id"], if_not_exists=True
    )
    op.drop_index("ix_registrations_phone", table_name="registrations")
    _set_up(FUNCTION)


def downgrade() -> None:
    """Go back the same way."""
    op.create_index("ix_registrations_phone", "registrations", ["round_id", "phone_digest"])
    op.drop_index("ix_registrations_by_phone", table_name="registrations")
    function = FUNCTION
    for now, before in _BEFORE.items():
        function = function.replace(now, before)
    _set_up(function)


def _set_up(function: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
