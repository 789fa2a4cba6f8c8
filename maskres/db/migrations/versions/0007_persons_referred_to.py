"""Guards, asked once a statement, in the place of PostgreSQL's foreign keys to persons.

Revision: 0007
"""

from __future__ import annotations

from alembic import op

from maskres.db.guards import OF_PERSONS, person_guards, removals

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Exchange the keys for the guards, where the database is PostgreSQL."""
    if op.get_bind().dialect.name == "postgresql":
        for table in OF_PERSONS:
            op.drop_constraint(op.f(f"fk_{table}_person_id"), table, type_="foreignkey")
        for statement in person_guards():
            op.execute(statement)


def downgrade() -> None:
    """Exchange the guards for the keys."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in removals(person_guards(), "postgresql"):
            op.execute(statement)
        for table in OF_PERSONS:
            op.create_foreign_key(op.f(f"fk_{table}_person_id"), table, "persons", ["person_id"], ["id"])
