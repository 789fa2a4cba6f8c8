"""Queries on tills."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, literal, or_, select, update

from maskres.db.bulk import insert_rows, is_among
from maskres.db.engine import Transaction
from maskres.db.tables import tills
from maskres.errors import StepRefused
from maskres.formats.values import format_time


@dataclass(frozen=True, slots=True)
class Till:
    """A device at a store's counter."""

    id: int
    round_id: int
    store: str
    name: str


def find_till(c: Transaction, round_id: int, store: str, name: str) -> Till | None:
    """Give the till of that name at a store, a revoked one too."""
    where = (tills.c.round_id == round_id, tills.c.store == store, tills.c.name == name)
    row = c.execute(select(tills).where(*where)).one_or_none()
    return None if row is None else Till(row.id, row.round_id, row.store, row.name)


def insert_tills(
    c: Transaction, round_id: int, stores: Sequence[str], name: str, now: datetime
) -> list[Till]:
    """Enrol a till of that name in each of some stores; a repeat gives those that are there.

    Returns:
        The tills in the order of the stores.
    """
    there = _tills_named(c, round_id, name)
    fresh = [
        (round_id, store, name, format_time(now)) for store in dict.fromkeys(stores) if store not in there
    ]
    insert_rows(c, tills, ("round_id", "store", "name", "enrolled_at"), fresh)
    enrolled = _tills_named(c, round_id, name) if fresh else there
    return [enrolled[store] for store in stores]


def _tills_named(c: Transaction, round_id: int, name: str) -> dict[str, Till]:
    where = (tills.c.round_id == round_id, tills.c.name == name)
    rows = c.execute(select(tills).where(*where))
    return {row.store: Till(row.id, row.round_id, row.store, row.name) for row in rows}


def require_in_use(c: Transaction, till: Till, *, is_locked: bool = False) -> None:
    """Refuse a till that was revoked.

    Args:
        c: a transaction; a writing one where the till is to be locked.
        till: the till.
        is_locked: let what this till does happen one after another, so that a report sent twice finds what it
            did before.

    Raises:
        StepRefused: "till-revoked".
    """
    statement = select(tills.c.revoked_at).where(tills.c.id == till.id)
    if c.execute(statement.with_for_update() if is_locked else statement).scalar_one() is not None:
        raise _revoked()


def require_reporting(c: Transaction, reporting: Collection[Till], now: datetime) -> None:
    """Refuse tills of which one was revoked, else lock them and note that they reported all they had by now.

    An earlier time never takes a later one's place.

    Raises:
        StepRefused: "till-revoked".
    """
    t = tills.c
    at = case(
        (or_(t.reported_at.is_(None), t.reported_at < now), literal(now, t.reported_at.type)),
        else_=t.reported_at,
    )
    where = (is_among(c, t.id, sorted(till.id for till in reporting)), t.revoked_at.is_(None))
    if c.execute(update(tills).where(*where).values(reported_at=at)).rowcount != len(reporting):
        raise _revoked()


def revoke_till(c: Transaction, till: Till, now: datetime) -> None:
    """Take a till out of use."""
    c.execute(update(tills).where(tills.c.id == till.id).values(revoked_at=now))


def revoke_named(c: Transaction, store: str, name: str, now: datetime) -> None:
    """Take a device out of use in every round."""
    where = (tills.c.store == store, tills.c.name == name, tills.c.revoked_at.is_(None))
    c.execute(update(tills).where(*where).values(revoked_at=now))


def reports_by_store(c: Transaction, round_id: int) -> dict[str, list[datetime | None]]:
    """Give, for each store with tills in use, when each of them last reported."""
    where = (tills.c.round_id == round_id, tills.c.revoked_at.is_(None))
    found: dict[str, list[datetime | None]] = {}
    for row in c.execute(select(tills.c.store, tills.c.reported_at).where(*where)):
        found.setdefault(row.store, []).append(row.reported_at)
    return found


def _revoked() -> StepRefused:
    return StepRefused("till-revoked", "This till is no longer in use. Please ask the operator.")
