"""The places of a draw: half-hour slots in the shops' opening hours, a little more room than winners."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

from maskres.errors import InputError
from maskres.formats.values import format_time
from maskres.rehearsal.city.stores import Store, apportion
from maskres.rehearsal.city.timetable import XIAMEN

_HALF_HOUR = timedelta(minutes=30)
_MOST_DAYS = 4
_COMFORTABLE = 12
"""Winners a shop serves in half an hour without a queue, before another day is opened."""


def write_slots(
    stores: tuple[Store, ...], path: Path, first_day: date, winners: int, days: int | None = None
) -> Path:
    """Write a draw's slots.csv as the protocol wants it.

    Places are winners + 5 %, and at least one for every shop: shared out by the shops' sizes, so that small shops
    fill up and the city as a whole has room. A shop opens as many days (1 to 4) as keep a slot near twelve winners.

    Args:
        stores: the city's shops.
        path: where to write.
        first_day: local day of the first slots.
        winners: how many are to be placed, 0 or more.
        days: over which every shop spreads its places instead, however few they are.

    Returns:
        The path: `district,store,slot,starts_at,ends_at,capacity`, sorted by store, starts_at, slot.

    Raises:
        InputError: "bad-city" for a negative number of winners.

    Source: spec F1, F5.
    """
    if winners < 0:
        raise InputError("bad-city", f"A draw has 0 winners or more, not {winners}.", field="winners")
    places = apportion(winners + (winners + 19) // 20, [store.size for store in stores])
    rows: list[tuple[str, str, str, str]] = []
    for store, share in zip(stores, places, strict=True):
        for starts_at, capacity in _spread(store, first_day, max(share, 1), days):
            start, end = format_time(starts_at), format_time(starts_at + _HALF_HOUR)
            slot = starts_at.strftime("%m%d-%H%M")
            rows.append(
                (
                    store.store,
                    start,
                    slot,
                    f"{store.district},{store.store},{slot},{start},{end},{capacity}\n",
                )
            )
    rows.sort()
    lines = ["district,store,slot,starts_at,ends_at,capacity\n", *(row[3] for row in rows)]
    path.write_bytes("".join(lines).encode("ascii"))
    return path


def _spread(store: Store, first_day: date, places: int, days: int | None) -> list[tuple[datetime, int]]:
    """Lay a shop's places into slots: every slot at least one place, the odd ones to the earliest."""
    hours = _half_hours(store)
    if days is None:
        days = min(_MOST_DAYS, -(-places // (_COMFORTABLE * len(hours))))
    starts = [
        datetime.combine(first_day + timedelta(days=day), hour, XIAMEN)
        for day in range(days)
        for hour in hours
    ]
    used = min(len(starts), -(-places // 2))
    chosen = [starts[place * len(starts) // used] for place in range(used)]
    each, odd = divmod(places, used)
    return [(start, each + (1 if place < odd else 0)) for place, start in enumerate(chosen)]


def _half_hours(store: Store) -> list[time]:
    """List the local times at which a half hour begins that ends before the shop closes."""
    day = date(2020, 2, 1)
    moment = datetime.combine(day, time.fromisoformat(store.opens))
    closes = datetime.combine(day, time.fromisoformat(store.closes))
    found = []
    while moment + _HALF_HOUR <= closes:
        found.append(moment.time())
        moment += _HALF_HOUR
    return found
