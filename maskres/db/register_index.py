"""A register that brings most of the rows there are: they go in first, and the index of rows is made after them.

Each row goes to another place of an index that stands, which costs the more the larger it is; made afterwards it is
sorted once. Until the transaction ends nobody else reads these rows, as deciding and objections do. PostgreSQL only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, text

from maskres.db.engine import Transaction
from maskres.db.tables import register_versions

#: From so many lines on, beside at most so many times as many rows of all versions.
_FROM_LINES = 100_000
_TIMES = 4

_INDEX = "ix_register_rows_person"
NAME = "index_register_rows"
FUNCTION = (
    f"CREATE FUNCTION {NAME}(is_wanted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
    "SET search_path FROM CURRENT SET maintenance_work_mem = '256MB' AS $$ BEGIN "
    f"IF is_wanted THEN CREATE INDEX {_INDEX} ON register_rows (version_id, id_digest); "
    f"ELSE DROP INDEX {_INDEX}; END IF; END $$"
)
"""Sets up the function that takes the index away or makes it again, with the right of the table's owner."""


@contextmanager
def indexed_afterwards(c: Transaction, lines: int) -> Iterator[None]:
    """Leave the index away while a register is loaded, where that is worth it.

    Args:
        c: a writing transaction; where the block fails it must not be committed.
        lines: of the register, about.
    """
    is_worth_it = _is_worth_it(c, lines)
    if is_worth_it:
        c.execute(text(f"SELECT {NAME}(false)"))
    yield
    if is_worth_it:
        c.execute(text(f"SELECT {NAME}(true)"))


def _is_worth_it(c: Transaction, lines: int) -> bool:
    if c.dialect.name != "postgresql" or lines < _FROM_LINES:
        return False
    standing = select(func.coalesce(func.sum(register_versions.c.rows), 0))
    return int(c.execute(standing).scalar_one()) <= _TIMES * lines
