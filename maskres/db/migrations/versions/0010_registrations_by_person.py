"""Registrations are found by person, then round: one index in the place of three; and what fills these tables fast.

A document leads to its person, and the person to the registrations. Each index that went had cost a large file a
sixth of its time. On PostgreSQL the new index can be made beforehand, CONCURRENTLY, under the same name.

Revision: 0010
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from maskres.db.filling import FUNCTION, NAME
from maskres.db.guards import person_guards

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BY_PERSON = "uq_registrations_person ON registrations (person_id, round_id)"
_BEFORE = "uq_registrations_round_id_person_id"
_CONSTRAINT = f", \n\tCONSTRAINT {_BEFORE} UNIQUE (round_id, person_id)"


def upgrade() -> None:
    """Make the index before those go in whose place it stands."""
    op.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {_BY_PERSON}")
    op.execute("DROP INDEX ix_registrations_person")
    op.execute("DROP INDEX ix_registrations_document")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE registrations DROP CONSTRAINT {_BEFORE}")
        op.execute(FUNCTION)
        for statement in person_guards():  # they look at the rows of a large file all at once now
            if statement.startswith("CREATE FUNCTION"):
                op.execute(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
    else:
        _rebuild(_CONSTRAINT, "")


def downgrade() -> None:
    """Go back the same way."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {NAME}")
        op.execute(f"ALTER TABLE registrations ADD CONSTRAINT {_BEFORE} UNIQUE (round_id, person_id)")
    else:
        _rebuild("\n)", f"{_CONSTRAINT}\n)")
    op.execute("CREATE INDEX ix_registrations_document ON registrations (id_digest)")
    op.execute("CREATE INDEX ix_registrations_person ON registrations (person_id)")
    op.execute("DROP INDEX uq_registrations_person")


def _rebuild(old: str, new: str) -> None:
    """Replace a part of the table's definition: SQLite changes no constraint in place."""
    found = "SELECT type, sql FROM sqlite_master WHERE tbl_name = 'registrations' AND sql IS NOT NULL"
    parts = op.get_bind().execute(text(found)).all()
    ((table,), others) = (
        [sql for kind, sql in parts if kind == "table"],
        [s for k, s in parts if k != "table"],
    )
    if old not in table:
        raise RuntimeError("the table of registrations is not the one that this revision follows")
    op.execute("ALTER TABLE registrations RENAME TO registrations_before")
    op.execute(new.join(table.rsplit(old, 1)))
    op.execute("INSERT INTO registrations SELECT * FROM registrations_before")
    op.execute("DROP TABLE registrations_before")
    for statement in others:
        op.execute(statement)
