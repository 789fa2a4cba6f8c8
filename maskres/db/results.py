"""Queries on results, and on the places that winners are given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Select, String, bindparam, cast, func, select, type_coerce, update

from maskres.db.bulk import in_batches, load_rows, refresh_statistics, write_csv
from maskres.db.draw_indexes import indexed_afterwards
from maskres.db.engine import Transaction
from maskres.db.published_rows import load_file
from maskres.db.tables import documents, entries, facts, places, registrations, results, verdicts

_RESULT_COLUMNS = ("rank", "number", "stratum", "ticket", "outcome")
_PLACE_COLUMNS = (
    "draw_id",
    "number",
    "batch",
    "status",
    "store",
    "slot",
    "choice",
    "code_version",
    "code_digest",
)


def load_result(c: Transaction, draw_id: int, path: Path, rows: int) -> int:
    """Load a file with the lines of result.csv, written just now; gives the number of rows.

    Args:
        c: a writing transaction.
        draw_id: the draw.
        path: the file, its lines by number: in draw order each would go to another place of the index.
        rows: how many lines it has.
    """
    with indexed_afterwards(c, results, rows):
        count = load_file(c, results, ("draw_id", *_RESULT_COLUMNS), path, before=f"{draw_id},")
    refresh_statistics(c, "results")
    return count


def select_wishes(
    draw_id: int,
    round_id: int,
    numbers: Iterable[str] | None = None,
    *,
    first: str = "",
    before: str | None = None,
) -> Select[Any]:
    """Select the sealed wishes of the winners of a draw, or of some numbers, with the encrypted canonical id.

    Args:
        draw_id: the draw.
        round_id: its round.
        numbers: of these, whatever became of them; None for the winners.
        first: of the winners, those from here on.
        before: and before here; None for all from there.
    """
    statement = (
        select(
            entries.c.number,
            entries.c.district,
            entries.c.reach,
            entries.c.choices,
            entries.c.seal,
            registrations.c.id_digest,
            documents.c.canonical,
        )
        .join(
            registrations,
            (registrations.c.round_id == round_id) & (registrations.c.number == entries.c.number),
        )
        .join(documents, documents.c.id_digest == registrations.c.id_digest)
        .where(entries.c.draw_id == draw_id)
        .order_by(entries.c.number)
    )
    if numbers is not None:
        return statement.where(entries.c.number.in_(list(numbers)))
    has_won = (
        (results.c.draw_id == draw_id) & (results.c.number == entries.c.number) & (results.c.outcome == "won")
    )
    winners = statement.join(results, has_won)
    if first:
        winners = winners.where(entries.c.number >= first, results.c.number >= first)
    if before is not None:
        winners = winners.where(entries.c.number < before, results.c.number < before)
    return winners


def insert_places(c: Transaction, rows: Iterable[Sequence[Any]], count: int) -> None:
    """Insert so many places: draw_id, number, batch, status, store, slot, choice, code_version, code_digest."""
    with indexed_afterwards(c, places, count):
        load_rows(c, places, _PLACE_COLUMNS, rows)
    refresh_statistics(c, "places")


def move_places(c: Transaction, rows: Iterable[dict[str, Any]]) -> None:
    """Give winners who have a row another place: of_draw, of_number and the new values."""
    where = (places.c.draw_id == bindparam("of_draw"), places.c.number == bindparam("of_number"))
    names = ("batch", "status", "store", "slot", "choice", "code_version", "code_digest")
    statement = update(places).where(*where).values({name: bindparam(f"new_{name}") for name in names})
    for batch in in_batches(rows, 5000):
        c.execute(statement, batch)


def code_versions(c: Transaction, draw_id: int, numbers: Iterable[str]) -> dict[str, int]:
    """Give the code version of each number that has a row among the places."""
    found: dict[str, int] = {}
    for batch in in_batches(numbers, 5000):
        where = (places.c.draw_id == draw_id, places.c.number.in_(batch))
        rows = c.execute(select(places.c.number, places.c.code_version).where(*where))
        found.update({row.number: row.code_version for row in rows})
    return found


def find_result(c: Transaction, draw_id: int, number: str) -> Any | None:
    """Give a number's line of the result, or None."""
    where = (results.c.draw_id == draw_id, results.c.number == number)
    return c.execute(select(results).where(*where)).one_or_none()


def count_outcomes(c: Transaction, draw_id: int) -> dict[str, int]:
    """Count the numbers of a result by outcome: "won", "waiting"."""
    statement = select(results.c.outcome, func.count()).where(results.c.draw_id == draw_id)
    return {row[0]: row[1] for row in c.execute(statement.group_by(results.c.outcome))}


LABELS_HEADER = "number,rank,outcome,registered_at,district,age,sex,basis"


def write_labels(c: Transaction, draw_id: int, round_id: int, path: Path) -> None:
    """Write everyone of a drawn pool in the order of the numbers, with what the fairness report groups by.

    Args:
        c: a transaction.
        draw_id: the draw.
        round_id: its round.
        path: the file to write, with LABELS_HEADER; what is not known is empty.
    """
    statement = (
        select(
            results.c.number,
            results.c.rank,
            results.c.outcome,
            type_coerce(registrations.c.registered_at, String),
            entries.c.district,
            func.coalesce(cast(entries.c.age, String), ""),
            func.coalesce(registrations.c.sex, ""),
            func.coalesce(verdicts.c.basis, ""),
        )
        .join(entries, (entries.c.draw_id == draw_id) & (entries.c.number == results.c.number))
        .join(
            registrations,
            (registrations.c.round_id == round_id) & (registrations.c.number == results.c.number),
        )
        .outerjoin(facts, (facts.c.draw_id == draw_id) & (facts.c.number == results.c.number))
        .outerjoin(verdicts, (verdicts.c.draw_id == draw_id) & (verdicts.c.mask == facts.c.mask))
        .where(results.c.draw_id == draw_id)
        .order_by(results.c.number)
    )
    write_csv(c, LABELS_HEADER, statement, path)
