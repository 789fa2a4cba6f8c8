"""Queries on places, and who is expected at them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Column, Label, Row, Select, and_, func, select

from maskres.db.bulk import in_batches, is_among, is_one_of, update_rows
from maskres.db.engine import Transaction
from maskres.db.tables import batch_changes, documents, draws, places, registrations, slots
from maskres.errors import ConflictError, InputError
from maskres.formats.values import format_time
from maskres.pickup.handovers import PlaceChange
from maskres.pickup.places import Collection as Collected
from maskres.pickup.places import Place, PlaceStatus, is_too_late_to_move

_AT_ONCE = 5000
#: Joins a place with the slot that it is in.
AT_SLOT = and_(
    slots.c.draw_id == places.c.draw_id, slots.c.store == places.c.store, slots.c.slot == places.c.slot
)
#: What must still stand of a place that changes, and what changes.
_AS_SEEN = ("status", "collected_nonce")
_COLLECTION = (
    "status",
    "collected_nonce",
    "collected_store",
    "collected_till",
    "collected_at",
    "collected_from",
)


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place with what the service knows of it besides."""

    place: Place
    round_id: int
    draw_id: int
    draw_status: str
    number: str


def displaced_at() -> Label[datetime]:
    """Select when a place was displaced; null while it is not."""
    changes = batch_changes.c
    where = (
        places.c.status == PlaceStatus.DISPLACED,
        changes.draw_id == places.c.draw_id,
        changes.number == places.c.number,
        changes.cause == str(PlaceStatus.DISPLACED),
    )
    found = select(changes.changed_at).where(*where).order_by(changes.id.desc()).limit(1)
    return found.correlate(places).scalar_subquery().label("displaced_at")


_PLACES = (
    select(
        places,
        slots.c.starts_at,
        slots.c.ends_at,
        draws.c.status.label("draw_status"),
        draws.c.round_id,
        displaced_at(),
    )
    .join(draws, draws.c.id == places.c.draw_id)
    .outerjoin(slots, AT_SLOT)
)


def places_by_code(c: Transaction, digests: Collection[bytes]) -> dict[bytes, FoundPlace]:
    """Find places by the digests of their codes, and lock them."""
    return {bytes(row.code_digest): _found(row) for row in _lock_places(c, places.c.code_digest, digests)}


def places_by_id(c: Transaction, ids: Collection[int]) -> dict[int, FoundPlace]:
    """Give places by their ids, and lock them."""
    return {int(row.id): _found(row) for row in _lock_places(c, places.c.id, ids)}


def _lock_places(c: Transaction, key: Column[Any], values: Collection[Any]) -> Iterator[Row[Any]]:
    statement = _select_locked(key, c.dialect.name == "postgresql")
    for batch in in_batches(sorted(values), _AT_ONCE):
        yield from c.execute(statement, {"keys": batch})


@cache
def _select_locked(key: Column[Any], is_postgresql: bool) -> Select[Any]:
    # Written once: it takes half a millisecond, and every code at every counter asks for it.
    statement = _PLACES.where(is_one_of(key, "keys", is_postgresql=is_postgresql)).order_by(places.c.id)
    return statement.with_for_update(of=places)


def place_of_card(c: Transaction, round_id: int, id_digest: bytes) -> FoundPlace | None:
    """Find the place of the holder of a document in a round's draw that is collecting now, and lock it."""
    statement = (
        _PLACES.join(registrations, registrations.c.number == places.c.number)
        .join(documents, documents.c.person_id == registrations.c.person_id)
        .where(
            registrations.c.round_id == round_id,
            draws.c.round_id == round_id,
            documents.c.id_digest == id_digest,
            registrations.c.id_digest == id_digest,
            draws.c.status == "collecting",
        )
    )
    row = c.execute(statement.with_for_update(of=places)).first()
    return None if row is None else _found(row)


def find_place(c: Transaction, draw_id: int, number: str, *, is_locked: bool = False) -> Any:
    """Give the row of a winner's place.

    Raises:
        InputError: "no-place".
    """
    statement = select(places).where(places.c.draw_id == draw_id, places.c.number == number)
    row = c.execute(statement.with_for_update() if is_locked else statement).one_or_none()
    if row is None:
        raise InputError("no-place", "This number has not won a place in this draw.", field="number")
    return row


def find_places(c: Transaction, draw_id: int, numbers: Collection[str]) -> dict[str, Any]:
    """Give the rows of those of some numbers that hold a place, and lock them."""
    where = (places.c.draw_id == draw_id, is_among(c, places.c.number, numbers))
    statement = select(places).where(*where).order_by(places.c.id)
    return {row.number: row for row in c.execute(statement.with_for_update())}


def find_begins(c: Transaction, draw_id: int, numbers: Collection[str]) -> dict[str, datetime]:
    """Give when the slots begin in which some numbers have their place.

    Asked after find_places: a join that waits for a lock sees the slot of before.
    """
    where = (places.c.draw_id == draw_id, is_among(c, places.c.number, numbers))
    rows = c.execute(select(places.c.number, slots.c.starts_at).join(slots, AT_SLOT).where(*where))
    return {row.number: row.starts_at for row in rows}


def change_places(c: Transaction, changes: Iterable[PlaceChange]) -> None:
    """Write places that changed, each only where it stands as it was seen.

    Raises:
        ConflictError: "done-elsewhere" where one of them no longer does.
    """
    rows = [_change(change) for change in changes]
    if update_rows(c, places, "id", _AS_SEEN, _COLLECTION, rows) != len(rows):
        raise ConflictError("done-elsewhere", "Another till was quicker; please try again.")


def count_by_status(c: Transaction, draw_id: int) -> dict[str, int]:
    """Count the places of a draw by status."""
    statement = select(places.c.status, func.count()).where(places.c.draw_id == draw_id)
    return {
        row[0]: row[1] for row in c.execute(statement.group_by(places.c.status).order_by(places.c.status))
    }


def count_handed_out(
    c: Transaction, round_id: int, store: str, since: datetime | None = None, until: datetime | None = None
) -> int:
    """Count the winners a store served, at any time or in a window, and whose hand-over was not undone."""
    where = [draws.c.round_id == round_id, places.c.collected_store == store]
    if since is not None:
        where.append(places.c.collected_at >= since)
    if until is not None:
        where.append(places.c.collected_at < until)
    statement = select(func.count()).select_from(places).join(draws, draws.c.id == places.c.draw_id)
    return int(c.execute(statement.where(*where)).scalar_one())


def place_of_row(row: Any) -> Place:
    """Make a place of a row that holds its columns, its slot's starts_at and ends_at, and displaced_at."""
    collection = None
    if row.collected_nonce is not None:
        collection = Collected(
            row.collected_nonce,
            row.collected_store,
            row.collected_till,
            row.collected_at,
            PlaceStatus(row.collected_from),
        )
    return Place(
        row.id,
        PlaceStatus(row.status),
        row.store,
        row.starts_at,
        row.ends_at,
        collection,
        is_honoured_elsewhere=is_too_late_to_move(row.displaced_at, row.starts_at),
    )


def _found(row: Row[Any]) -> FoundPlace:
    return FoundPlace(place_of_row(row), row.round_id, row.draw_id, row.draw_status, row.number)


def _change(change: PlaceChange) -> tuple[Any, ...]:
    before, after = change.before, change.after
    by = after.collection
    return (
        before.place,
        str(before.status),
        before.collection.nonce if before.collection else None,
        str(after.status),
        *((by.nonce, by.store, by.till, format_time(by.at), str(by.status_before)) if by else [None] * 5),
    )


@dataclass(frozen=True, slots=True)
class PlannedPickup:
    """Somebody expected at a store."""

    number: str
    store: str
    slot: str
    starts_at: datetime
    code_version: int
    status: PlaceStatus


def list_starts(c: Transaction, draw_id: int) -> list[datetime]:
    """List the times at which slots of a draw begin."""
    where = slots.c.draw_id == draw_id
    return list(c.execute(select(slots.c.starts_at).where(where).distinct()).scalars())


def list_planned(c: Transaction, draw_id: int, since: datetime, until: datetime) -> list[PlannedPickup]:
    """List whose place is in a window of time, whatever became of it, by store, time and number."""
    rows = c.execute(
        select(
            places.c.number,
            places.c.store,
            places.c.slot,
            slots.c.starts_at,
            places.c.code_version,
            places.c.status,
        )
        .join(slots, AT_SLOT)
        .where(places.c.draw_id == draw_id, slots.c.starts_at >= since, slots.c.starts_at < until)
        .order_by(places.c.store, slots.c.starts_at, places.c.number)
    )
    return [PlannedPickup(*row[:-1], status=PlaceStatus(row.status)) for row in rows]
