"""A whole file of registrations at once, in SQL: staged, joined with the persons known, and taken or not at all.

The staging table is temporary: nobody sees it, and it goes with the transaction's connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import text

from maskres.db.bulk import ReadyRows, expect_much, load_ready, make_temporary, refresh_statistics
from maskres.db.engine import Transaction

STAGED_COLUMNS = (
    "line",
    "id_digest",
    "name_digest",
    "phone_digest",
    "canonical",
    "contact",
    "number",
    "age",
    "sex",
    "for_whom",
    "is_keeping",
    "district",
    "reach",
    "choices",
    "seal",
    "person_id",
)

#: From here on a file is no longer looked up line by line, whatever the database knows of its tables.
_MANY_LINES = 10_000


class Standing(NamedTuple):
    """Where it is looked up who stands already: the tables, or copies of what in them can be of the staged lines."""

    registrations: str = "registrations"
    documents: str = "documents"
    persons: str = "persons"


TABLES = Standing()


def stage(c: Transaction, blocks: Iterable[ReadyRows]) -> None:
    """Load the rows of a file, STAGED_COLUMNS each, person_id being the id to use should the person be new."""
    make_staged(c)
    load_ready(c, "staged", STAGED_COLUMNS, blocks)
    index_staged(c)
    refresh_statistics(c, "registrations", "documents", "persons", "identity_links")
    if count_staged(c) > _MANY_LINES:
        expect_much(c)


def make_staged(c: Transaction) -> None:
    """Make the empty staging table."""
    is_postgresql = c.dialect.name == "postgresql"
    blob, number = ("BYTEA", 'VARCHAR(12) COLLATE "C"') if is_postgresql else ("BLOB", "TEXT")
    make_temporary(
        c,
        "staged",
        f"line INTEGER, id_digest {blob}, name_digest {blob}, phone_digest {blob}, canonical {blob},"
        f" contact {blob}, number {number}, age SMALLINT, sex TEXT, for_whom TEXT, is_keeping BOOLEAN,"
        " district TEXT, reach TEXT, choices TEXT, seal TEXT, person_id BIGINT, first_line INTEGER",
    )


def index_staged(c: Transaction) -> None:
    """Make the indexes of the staging table, which is full now, and count it."""
    c.exec_driver_sql("CREATE UNIQUE INDEX staged_line ON staged (line)")
    if c.dialect.name != "postgresql":
        # PostgreSQL joins whole tables by hashing them, so that an index would only have to be made.
        c.exec_driver_sql("CREATE INDEX staged_document ON staged (id_digest)")
        c.exec_driver_sql("CREATE INDEX staged_person ON staged (person_id)")
        c.exec_driver_sql("CREATE INDEX staged_number ON staged (number)")
    refresh_statistics(c, "staged")


def count_staged(c: Transaction) -> int:
    """Count the lines that stand staged."""
    return int(c.execute(text("SELECT count(*) FROM staged")).scalar_one())


def drop_repeats(c: Transaction) -> int:
    """Keep the last line of each document, noting its first one, and give the number of lines dropped.

    What counts is what the last line says; whose number a person has, the document that came first says.
    """
    c.execute(
        text("""
        UPDATE staged SET first_line = f.first
        FROM (SELECT min(line) AS first, max(line) AS last FROM staged GROUP BY id_digest HAVING count(*) > 1) f
        WHERE staged.line = f.last""")
    )
    repeats = """
        DELETE FROM staged WHERE EXISTS (
            SELECT 1 FROM staged later WHERE later.id_digest = staged.id_digest AND later.line > staged.line)"""
    return int(c.execute(text(repeats)).rowcount)


def resolve_persons(c: Transaction, standing: Standing = TABLES) -> None:
    """Give every staged line the id of its person, where that person is known or stands in the file twice."""
    c.execute(
        text(f"""
        UPDATE staged SET person_id = d.person_id FROM {standing.documents} d
        WHERE d.id_digest = staged.id_digest""")
    )
    # Those known by another document of a register's link: a handful, so line by line.
    known = c.execute(
        text(f"""
        SELECT DISTINCT s.line, o.person_id
        FROM staged s
        JOIN identity_links a ON a.id_digest = s.id_digest
        JOIN identity_links b ON b.version_id = a.version_id AND b.group_digest = a.group_digest
        JOIN {standing.documents} o ON o.id_digest = b.id_digest
        WHERE NOT EXISTS (SELECT 1 FROM {standing.documents} d WHERE d.id_digest = s.id_digest)
        ORDER BY s.line, o.person_id""")
    ).all()
    persons = {row[0]: row[1] for row in reversed(known)}
    twice = c.execute(
        text(f"""
        SELECT DISTINCT s.line, first.line AS first_line, first.person_id AS first_person,
            coalesce(s.first_line, s.line) AS came, coalesce(first.first_line, first.line) AS first_came
        FROM staged s
        JOIN identity_links a ON a.id_digest = s.id_digest
        JOIN identity_links b ON b.version_id = a.version_id AND b.group_digest = a.group_digest
        JOIN staged first ON first.id_digest = b.id_digest
         AND coalesce(first.first_line, first.line) < coalesce(s.first_line, s.line)
        WHERE NOT EXISTS (SELECT 1 FROM {standing.documents} d WHERE d.id_digest = s.id_digest)
        ORDER BY came, first_came""")
    ).all()
    # In the order they came: whoever is linked to a document that is itself linked to an earlier one is found.
    for line, links in groupby(twice, key=itemgetter(0)):
        first = next(links)
        persons[line] = persons.get(first.first_line, first.first_person)
    if persons:
        statement = text("UPDATE staged SET person_id = :person WHERE line = :line")
        c.execute(statement, [{"line": line, "person": person} for line, person in persons.items()])


def insert_new_persons(
    c: Transaction, key_version: int, data_version: int, standing: Standing = TABLES
) -> None:
    """Insert the persons and documents that are new, in the order in which an index takes them fastest.

    Args:
        c: a writing transaction.
        key_version: of the index key.
        data_version: of the data key.
        standing: where it is looked up who is new.
    """
    c.execute(
        text(f"""
        INSERT INTO persons (id) SELECT DISTINCT person_id FROM staged
        WHERE NOT EXISTS (SELECT 1 FROM {standing.persons} p WHERE p.id = staged.person_id)
        ORDER BY person_id""")
    )
    c.execute(
        text(f"""
        INSERT INTO documents (id_digest, key_version, data_version, person_id, canonical)
        SELECT id_digest, :key_version, :data_version, person_id, canonical FROM staged
        WHERE NOT EXISTS (SELECT 1 FROM {standing.documents} d WHERE d.id_digest = staged.id_digest)
        ORDER BY person_id"""),
        {"key_version": key_version, "data_version": data_version},
    )


def change_registered(
    c: Transaction, round_id: int, values: dict[str, Any], standing: Standing = TABLES
) -> int:
    """Write the wishes and contact of those registered by the same document already; gives how many.

    Args:
        c: a writing transaction.
        round_id: the round.
        values: now, draw, ledger_size, actor.
        standing: where nobody is, nobody's row is looked for.
    """
    changed = c.execute(
        text(f"""
        UPDATE registrations SET
            status = 'standing', name_digest = s.name_digest, phone_digest = s.phone_digest, contact = s.contact,
            age = s.age, sex = s.sex, for_whom = s.for_whom, is_keeping = s.is_keeping, district = s.district,
            reach = s.reach, choices = s.choices, seal = s.seal,
            changed_at = :now, draw = :draw, ledger_size = :ledger_size, entered_by = :actor
        FROM staged s
        WHERE registrations.round_id = :round AND registrations.person_id = s.person_id
          AND registrations.id_digest = s.id_digest AND registrations.number = s.number
          AND EXISTS (SELECT 1 FROM {standing.registrations})"""),
        values | {"round": round_id},
    )
    return int(changed.rowcount)


def special_lines(c: Transaction, round_id: int, standing: Standing = TABLES) -> list[Any]:
    """Give the lines that cannot be taken set-wise: repeats under another document, numbers that collide.

    Returns:
        The staged rows in the order in which their documents came, `is_superseded` saying whether a later line is
        of the same person and this one not the first: then only its document counts.
    """
    return list(
        c.execute(
            text(f"""
        WITH twice AS (
            SELECT person_id, min(coalesce(first_line, line)) AS first, max(line) AS last
            FROM staged GROUP BY person_id HAVING count(*) > 1),
        special AS (
            SELECT s.line FROM staged s JOIN twice t ON t.person_id = s.person_id
            WHERE coalesce(s.first_line, s.line) > t.first
            UNION
            SELECT s.line FROM staged s
            JOIN (SELECT number, min(line) AS first FROM staged GROUP BY number HAVING count(*) > 1) n
             ON n.number = s.number WHERE s.line > n.first
            UNION
            SELECT s.line FROM staged s JOIN {standing.registrations} r ON r.round_id = :round AND r.number = s.number
            WHERE r.person_id <> s.person_id
            UNION
            SELECT s.line FROM staged s
            JOIN {standing.registrations} r ON r.round_id = :round AND r.person_id = s.person_id
            WHERE r.id_digest <> s.id_digest OR r.number <> s.number)
        SELECT s.*, coalesce(s.line < t.last AND coalesce(s.first_line, s.line) > t.first, false) AS is_superseded
        FROM staged s JOIN special ON special.line = s.line LEFT JOIN twice t ON t.person_id = s.person_id
        ORDER BY coalesce(s.first_line, s.line)"""),
            {"round": round_id},
        )
    )


def remove_lines(c: Transaction, lines: Iterable[int]) -> None:
    """Take lines out of the staging table."""
    values = [{"line": line} for line in lines]
    if values:
        c.execute(text("DELETE FROM staged WHERE line = :line"), values)


def insert_registrations(
    c: Transaction, round_id: int, values: dict[str, Any], standing: Standing = TABLES
) -> int:
    """Insert the registrations of those not registered yet; gives how many. See change_registered for values."""
    inserted = c.execute(
        text(f"""
        INSERT INTO registrations (round_id, number, person_id, status, id_digest, name_digest, phone_digest,
            key_version, contact, age, sex, for_whom, is_keeping, district, reach, choices, seal,
            registered_at, changed_at, draw, ledger_size, entered_by)
        SELECT :round, number, person_id, 'standing', id_digest, name_digest, phone_digest,
            :key_version, contact, age, sex, for_whom, is_keeping, district, reach, choices, seal,
            :now, :now, :draw, :ledger_size, :actor
        FROM staged s
        WHERE NOT EXISTS (SELECT 1 FROM {standing.registrations} r
                          WHERE r.round_id = :round AND r.person_id = s.person_id)
        ORDER BY number"""),
        values | {"round": round_id},
    )
    return int(inserted.rowcount)
