"""A pickup slot for the calendar of a phone (RFC 5545). The code is not in it: calendars are copied to many places."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import gettext

from maskres.db.rounds import Round
from maskres.usecases.showing.standing_values import Place
from maskres.web.names import district_name, goods_counted

_REMIND_BEFORE = timedelta(hours=2)


def slot_calendar(round_: Round, draw: int, number: str, place: Place, now: datetime, address: str) -> bytes:
    """Write a calendar with one event: a winner's slot.

    Args:
        round_: the round.
        draw: number of the draw.
        number: of the registration; a slot that was moved replaces the one before it.
        place: with store and slot.
        now: the present.
        address: of the status page, where the code is.

    Raises:
        ValueError: the place has no slot.
    """
    from icalendar import Alarm, Calendar, Event  # only who asks for one waits for the library

    if place.store is None or place.starts_at is None or place.ends_at is None:
        raise ValueError("a place without a slot has no date")
    goods = goods_counted(round_.rules.goods, round_.rules.quantity)
    event = Event()
    event.add("uid", f"{round_.slug}-{draw}-{number}@maskres")
    event.add("sequence", place.code_version)
    event.add("dtstamp", now)
    event.add("dtstart", place.starts_at)
    event.add("dtend", place.ends_at)
    event.add("summary", gettext("Collect %(goods)s", goods=goods))
    event.add("location", f"{place.store.name}, {district_name(place.store.district)}, {place.store.address}")
    event.add(
        "description",
        gettext("Bring the pickup code and the identity card. The code is here:") + f" {address}",
    )
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", gettext("Collect %(goods)s", goods=goods))
    alarm.add("trigger", -_REMIND_BEFORE)
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//maskres//pickup//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
