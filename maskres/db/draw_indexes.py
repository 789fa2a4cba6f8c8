"""Tables with a row for every registration of a draw: filled before their indexes, where hardly anything else stands.

Each row goes to another place of an index that stands, and with a million rows that takes longer than all the rest;
made afterwards it is sorted once, on every core. Until the transaction ends nobody else reads such a table. So it is
done only where there was hardly anything to read. PostgreSQL only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex, ExecutableDDLElement

from maskres.db.bulk import has_more
from maskres.db.engine import Transaction
from maskres.db.tables import entries, facts, places, results

#: From so many rows on, beside at most one for so many of them.
_FROM_ROWS = 50_000
_TIMES = 50

NAME = "index_rows_of_draws"


def _statements(table: Table) -> tuple[str, str]:
    """Write what makes the indexes of a table, and what takes them away, as the table declares them."""
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    keys = [each for each in table.constraints if isinstance(each, kinds)]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    make = sorted(map(_spell, map(AddConstraint, keys))) + list(map(_spell, map(CreateIndex, indexes)))
    take_away = sorted(map(_spell, map(DropConstraint, keys))) + list(map(_spell, map(DropIndex, indexes)))
    return "; ".join(make), "; ".join(take_away)


def _spell(statement: ExecutableDDLElement) -> str:
    return " ".join(str(statement.compile(dialect=postgresql.dialect())).split())  # type: ignore[no-untyped-call]


def _of_table(table: Table) -> str:
    make, take_away = _statements(table)
    return f"IF name = '{table.name}' THEN IF is_wanted THEN {make}; ELSE {take_away}; END IF; "


FUNCTION = (
    f"CREATE FUNCTION {NAME}(name text, is_wanted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
    "SET search_path FROM CURRENT SET maintenance_work_mem = '256MB' AS $$ BEGIN "
    + "ELS".join(_of_table(table) for table in (entries, facts, results, places))
    + "ELSE RAISE EXCEPTION 'no table with the rows of draws: %', name; END IF; END $$"
)
"""Sets up the function that takes a table's indexes away or makes them again, with the right of its owner."""


@contextmanager
def indexed_afterwards(c: Transaction, table: Table, rows: int) -> Iterator[None]:
    """Leave the indexes of a table away while the rows of a draw are put into it, where that is worth it.

    Args:
        c: a writing transaction; where the block fails it must not be committed.
        table: entries, facts, results or places.
        rows: how many are put in, about.
    """
    is_worth_it = (
        c.dialect.name == "postgresql" and rows >= _FROM_ROWS and not has_more(c, table, rows // _TIMES)
    )
    if is_worth_it:
        c.execute(text(f"SELECT {NAME}(:name, false)"), {"name": table.name})
    yield
    if is_worth_it:
        c.execute(text(f"SELECT {NAME}(:name, true)"), {"name": table.name})
