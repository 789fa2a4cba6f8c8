"""A file that brings most of the registrations there are: its rows go straight into tables without indexes or guards.

They go in while other lines are still being sealed. Then those that do not stand alone are set apart, into the staging
table, to be taken as those of any file are (bulk_registrations.py): who stands in the file twice, is known already, is
linked with another document by a register, or has somebody else's number. Last the indexes are made, which looks at
what they keep unique, and the guards are put back, which look at all rows. Until the transaction ends nobody else reads
these tables, so this is only for a file beside which hardly anything stands. PostgreSQL only: SQLite has one writer
at a time, and takes such files fast enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from maskres.db.bulk import has_more, load_ready, load_rows, make_temporary, refresh_statistics
from maskres.db.bulk_registrations import STAGED_COLUMNS, Standing, index_staged, make_staged
from maskres.db.engine import Transaction
from maskres.db.filled_lines import FilledLines
from maskres.db.guards import OF_PERSONS
from maskres.db.tables import documents, registrations
from maskres.formats.copy_text import spell_rows

#: From so many lines on, and so many times those who are registered in any round or known at all: they wait meanwhile.
_FROM_LINES = 50_000
_TIMES = 50

#: Table → which of the staged columns go into it; a line's person is how its rows are found again.
FILLED: dict[str, tuple[str, ...]] = {
    "persons": ("person_id",),
    "documents": ("person_id", "id_digest", "canonical"),
    "registrations": tuple(name for name in STAGED_COLUMNS if name not in ("line", "canonical")),
}

#: Key → how it is made.
_KEYS = {
    "persons": "pk_persons PRIMARY KEY (id)",
    "documents": "pk_documents PRIMARY KEY (id_digest)",
    "registrations": "pk_registrations PRIMARY KEY (round_id, number)",
}
#: Index → how it is made.
_INDEXES = {
    "uq_registrations_person": "CREATE UNIQUE INDEX uq_registrations_person ON registrations (person_id, round_id)",
    "ix_registrations_by_phone": "CREATE INDEX ix_registrations_by_phone ON registrations (phone_digest, round_id)",
    "ix_documents_person_id": "CREATE INDEX ix_documents_person_id ON documents (person_id)",
    "ix_documents_versions": "CREATE INDEX ix_documents_versions ON documents (key_version, data_version)",
}
#: Table → the guard that is asked once a statement, and would look at all persons for each piece of a file.
_GUARDS = {"persons": "persons_referred_to"} | {table: f"{table}_of_persons" for table in OF_PERSONS}

#: What stood before the file: no line that is set apart can meet anything else in the tables.
KNOWN = Standing(*(f"known_{table}" for table in Standing()))

NAME = "index_registrations"


def _take_away() -> Iterator[str]:
    yield f"LOCK TABLE {', '.join(_KEYS)}"
    yield f"DROP INDEX {', '.join(_INDEXES)}"
    for table, key in _KEYS.items():
        yield f"ALTER TABLE {table} DROP CONSTRAINT {key.split()[0]}, DISABLE TRIGGER {_GUARDS[table]}"


def _put_back() -> Iterator[str]:
    for table, key in _KEYS.items():
        yield f"ALTER TABLE {table} ADD CONSTRAINT {key}, ENABLE TRIGGER {_GUARDS[table]}"
    yield from _INDEXES.values()
    for table in OF_PERSONS:
        # PERFORM may use every core, a condition may not.
        yield f"PERFORM FROM {table} t LEFT JOIN persons p ON p.id = t.person_id WHERE p.id IS NULL"
        yield (
            f"IF FOUND THEN RAISE EXCEPTION '{table} belong to persons' "
            "USING ERRCODE = 'foreign_key_violation'; END IF"
        )


FUNCTION = (
    f"CREATE FUNCTION {NAME}(is_wanted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
    "SET search_path FROM CURRENT SET maintenance_work_mem = '256MB' SET work_mem = '64MB' AS $$ BEGIN "
    f"IF is_wanted THEN {'; '.join(_put_back())}; ELSE {'; '.join(_take_away())}; END IF; END $$"
)
"""Sets up the function that takes indexes and guards away or puts them back, with the right of the tables' owner."""


def is_worth_filling(c: Transaction, lines: int) -> bool:
    """Tell whether a file of about so many lines is to fill the tables: many, beside which hardly anything stands."""
    few = lines // _TIMES
    return (
        c.dialect.name == "postgresql"
        and lines >= _FROM_LINES
        and not has_more(c, registrations, few)
        and not has_more(c, documents, few)
    )


@contextmanager
def unindexed(c: Transaction) -> Iterator[None]:
    """Leave indexes and guards of registrations, documents and persons away.

    Where what they keep does not hold at the end, putting them back fails, and with it the transaction.

    Args:
        c: a writing transaction of PostgreSQL that has the round's registering lock alone.
    """
    c.execute(text(f"SELECT {NAME}(false)"))
    yield
    c.execute(text(f"SELECT {NAME}(true)"))


def fill(
    c: Transaction,
    round_id: int,
    data_version: int,
    values: dict[str, Any],
    pieces: Iterable[Sequence[bytes]],
) -> FilledLines:
    """Put rows into the tables that stand without indexes.

    Args:
        c: a writing transaction, the tables unindexed.
        round_id: the round.
        data_version: of the data key.
        values: now, draw, ledger_size, actor, key_version, the same for all of them.
        pieces: what pack_lines gave, and spelled rows, for each table of FILLED its own.

    Returns:
        The lines whose rows they are.
    """
    for table in FILLED:
        c.exec_driver_sql(f"DROP TABLE IF EXISTS known_{table}")
        c.exec_driver_sql(f"CREATE TEMPORARY TABLE known_{table} AS SELECT * FROM {table}")
    version, now = values["key_version"], values["now"]
    same: dict[str, dict[str, Any]] = {
        "persons": {},
        "documents": {"key_version": version, "data_version": data_version},
        "registrations": {
            "round_id": round_id,
            "status": "standing",
            "key_version": version,
            "registered_at": now,
            "changed_at": now,
            "draw": values["draw"],
            "ledger_size": values["ledger_size"],
            "entered_by": values["actor"],
        },
    }
    into = [
        (table, _columns(table) + tuple(same[table]), _ending(tuple(same[table].values())))
        for table in FILLED
    ]
    lines = FilledLines()
    for packed, *blocks in pieces:
        lines.add(packed)
        for (table, columns, ending), block in zip(into, blocks, strict=True):
            load_ready(c, table, columns, [block.replace(b"\n", ending)])
    return lines


def _columns(table: str) -> tuple[str, ...]:
    return ("id",) if table == "persons" else FILLED[table]


def _ending(values: tuple[Any, ...]) -> bytes:
    """Spell the values that end each line of a table's rows; no other LF stands in a spelled row than at its end."""
    return b"\t" + spell_rows([values]) if values else b"\n"


def set_apart(c: Transaction, round_id: int, lines: FilledLines) -> int:
    """Take those of the filled lines that do not stand alone out of the tables, into the staging table.

    Returns:
        How many lines are left in the tables: each of a person of its own, unknown before.
    """
    make_staged(c)
    refresh_statistics(c, *FILLED, "identity_links", *KNOWN)
    known = text(f"SELECT number FROM {KNOWN.registrations} WHERE round_id = {int(round_id)}")
    met = text(f"""
        SELECT d.person_id FROM documents d JOIN {KNOWN.documents} k ON k.id_digest = d.id_digest
        UNION SELECT d.person_id FROM documents d JOIN identity_links l ON l.id_digest = d.id_digest""")
    apart = lines.find_apart(c.execute(known).scalars().all(), c.execute(met).scalars().all())
    make_temporary(c, "apart", "line INTEGER, person_id BIGINT")
    load_rows(c, "apart", ("line", "person_id"), apart)
    refresh_statistics(c, "apart")
    of_registration = [name for name in FILLED["registrations"] if name != "person_id"]
    c.execute(
        text(f"""
        WITH r AS (DELETE FROM registrations r USING apart a WHERE r.person_id = a.person_id
                   RETURNING a.line, r.*),
             d AS (DELETE FROM documents d USING apart a WHERE d.person_id = a.person_id
                   RETURNING d.person_id, d.canonical)
        INSERT INTO staged (line, canonical, person_id, {", ".join(of_registration)})
        SELECT r.line, d.canonical, r.person_id, {", ".join(f"r.{name}" for name in of_registration)}
        FROM r JOIN d ON d.person_id = r.person_id""")
    )
    c.execute(text("DELETE FROM persons p USING apart a WHERE p.id = a.person_id"))
    index_staged(c)
    return lines.count - len(apart)
