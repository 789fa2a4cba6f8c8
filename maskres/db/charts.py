"""Figures for charts: counts by hour, group and slot, each one statement over a whole round or draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, func, select, type_coerce

from maskres.db.engine import Transaction
from maskres.db.tables import places, registrations, results, slots, stores
from maskres.formats.values import parse_time
from maskres.pickup.places import PlaceStatus

_HOUR = len("2020-02-08T09")


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """What begins at one moment, at all the stores asked for.

    Attributes:
        starts_at: when.
        capacity: places.
        taken: of these.
    """

    starts_at: datetime
    capacity: int
    taken: int


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose slots begin and end at one moment.

    Attributes:
        starts_at: when they begin.
        ends_at: when they end.
        expected: winners placed there: to come, come, or missed.
        missed: of these, who has not come; before `ends_at` that means nothing.
    """

    starts_at: datetime
    ends_at: datetime
    expected: int
    missed: int


def count_registered_by_hour_and_district(c: Transaction, round_id: int) -> dict[str, dict[datetime, int]]:
    """Count the registrations of a round, withdrawn ones too, by district and hour of their first making."""
    hour = func.substr(type_coerce(registrations.c.registered_at, String), 1, _HOUR).label("hour")
    statement = (
        select(registrations.c.district, hour, func.count())
        .where(registrations.c.round_id == round_id)
        .group_by(registrations.c.district, hour)
    )
    found: dict[str, dict[datetime, int]] = {}
    rows = [(str(row[0]), str(row[1]), int(row[2])) for row in c.execute(statement)]
    for district, text, count in sorted(rows):
        found.setdefault(district, {})[parse_time(f"{text}:00:00Z", field="time")] = count
    return found


def count_collected_by_hour(c: Transaction, draw_id: int) -> dict[datetime, int]:
    """Count the places of a draw that were handed out, by hour."""
    is_collected = and_(places.c.draw_id == draw_id, places.c.collected_at.is_not(None))
    return _by_hour(c, places.c.collected_at, is_collected)


def count_outcomes_by_stratum(c: Transaction, draw_id: int) -> dict[str, dict[str, int]]:
    """Count the numbers of a result by stratum and outcome."""
    r = results.c
    statement = select(r.stratum, r.outcome, func.count()).where(r.draw_id == draw_id)
    found: dict[str, dict[str, int]] = {}
    for stratum, outcome, count in c.execute(
        statement.group_by(r.outcome, r.stratum).order_by(r.stratum, r.outcome)
    ):
        found.setdefault(stratum, {})[outcome] = int(count)
    return found


def list_slot_load(
    c: Transaction, draw_id: int, round_id: int, district: str | None = None
) -> list[SlotLoad]:
    """Sum places and how many are taken by the moment at which slots begin, in a district or the whole city."""
    s = slots.c
    statement = select(s.starts_at, func.sum(s.capacity), func.sum(s.taken)).where(
        s.draw_id == draw_id, s.is_closed.is_(False)
    )
    if district is not None:
        there = and_(stores.c.round_id == round_id, stores.c.district == district)
        statement = statement.where(s.store.in_(select(stores.c.store).where(there)))
    rows = c.execute(statement.group_by(s.starts_at).order_by(s.starts_at))
    return [SlotLoad(row[0], int(row[1]), int(row[2])) for row in rows]


def list_expected(c: Transaction, draw_id: int) -> list[Expected]:
    """Count winners by the moments at which their slots begin and end, and those of them who have not come."""
    s, p = slots.c, places.c
    at_slot = and_(s.draw_id == p.draw_id, s.store == p.store, s.slot == p.slot)
    has_not_come = p.status.in_((PlaceStatus.ASSIGNED, PlaceStatus.FORFEITED))
    statement = (
        select(s.starts_at, s.ends_at, func.count(), func.sum(case((has_not_come, 1), else_=0)))
        .select_from(places.join(slots, at_slot))
        .where(
            p.draw_id == draw_id,
            p.status.in_((PlaceStatus.ASSIGNED, PlaceStatus.COLLECTED, PlaceStatus.FORFEITED)),
        )
        .group_by(s.starts_at, s.ends_at)
        .order_by(s.starts_at, s.ends_at)
    )
    return [Expected(row[0], row[1], int(row[2]), int(row[3])) for row in c.execute(statement)]


def _by_hour(c: Transaction, column: ColumnElement[Any], where: ColumnElement[bool]) -> dict[datetime, int]:
    # Times sort and cut as they read, the same in both databases.
    hour = func.substr(type_coerce(column, String), 1, _HOUR).label("hour")
    counted: Mapping[str, int] = {
        row[0]: int(row[1]) for row in c.execute(select(hour, func.count()).where(where).group_by(hour))
    }
    return {parse_time(f"{text}:00:00Z", field="time"): counted[text] for text in sorted(counted)}
