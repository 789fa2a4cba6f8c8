"""A file that brings most of the registrations there are: its rows go in first, the indexes are made after them.

Into an index that stands, two million rows go one by one, each to another place; made afterwards it is sorted once, in
a tenth of the time. Until the transaction ends nobody else reads these tables, so this is only for a file beside which
hardly anything stands. PostgreSQL only: SQLite takes such files fast enough, and one writer at a time anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, text

from maskres.db.engine import Transaction
from maskres.db.tables import registrations

#: From so many lines on, and so many times those who are registered in any round.
_FROM_LINES = 50_000
_TIMES = 4

#: Index → how it is made.
_INDEXES = {
    "uq_registrations_person": "CREATE UNIQUE INDEX uq_registrations_person ON registrations (person_id, round_id)",
    "ix_registrations_phone": "CREATE INDEX ix_registrations_phone ON registrations (round_id, phone_digest)",
    "ix_documents_person_id": "CREATE INDEX ix_documents_person_id ON documents (person_id)",
}

NAME = "index_registrations"
FUNCTION = (
    f"CREATE FUNCTION {NAME}(is_wanted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
    "SET search_path FROM CURRENT SET maintenance_work_mem = '256MB' AS $$ BEGIN "
    f"IF is_wanted THEN {'; '.join(_INDEXES.values())}; "
    f"ELSE DROP INDEX {', '.join(_INDEXES)}; END IF; END $$"
)
"""Sets up the function that takes the indexes away or makes them, with the right of the tables' owner."""


@contextmanager
def filled_before_indexed(c: Transaction, lines: int) -> Iterator[bool]:
    """Leave the indexes of registrations and documents away while a file is taken, where that pays.

    What they keep unique is looked at when they are made: where it is not, that fails, and with it the transaction.

    Args:
        c: a writing transaction that has the round's registering lock alone.
        lines: how many rows are to go in.

    Yields:
        Whether they are away.
    """
    is_away = c.dialect.name == "postgresql" and lines >= _FROM_LINES and not _has_many(c, lines // _TIMES)
    if is_away:
        c.execute(text(f"SELECT {NAME}(false)"))
    yield is_away
    if is_away:
        c.execute(text(f"SELECT {NAME}(true)"))


def _has_many(c: Transaction, count: int) -> bool:
    """Tell whether more than so many registrations stand, of whatever round."""
    some = select(registrations.c.number).limit(count + 1).subquery()
    return bool(c.execute(select(func.count()).select_from(some)).scalar_one() > count)
