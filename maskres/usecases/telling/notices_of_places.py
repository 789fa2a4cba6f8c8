"""Telling winners by message that a place is theirs, once the places are published; a city's in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from maskres.db import placed, rounds
from maskres.db.engine import Transaction
from maskres.formats.symbols import grouped
from maskres.rounds import plain_chinese, plain_english
from maskres.usecases.personal import open_contact
from maskres.usecases.service import Service, one_transaction
from maskres.usecases.telling.messages import make_message
from maskres.usecases.work.parts import Numbers, Part, cut_numbers

# In both languages: which of them is read behind this phone is not known.
_PLACED = (
    "登记号{number}已中签。请于{chinese_day} {begins}–{ends}到{store}领取，领取码见查询页面。"
    " Registration {number} has won."
    " Collect at {store} on {day}, {begins}–{ends}; the pickup code is on the status page."
)
_UNPLACED = (
    "登记号{number}已中签，但所选门店已无名额；有名额时会再通知您。"
    " Registration {number} has won, but the stores you chose have no room left; you will be told when one has."
)


def cut_placed(service: Service, round_slug: str, draw_number: int, batch: int | None) -> list[Part]:
    """Cut those a batch placed, or all, into parts; none for few, nor on SQLite, which has one host and one writer."""
    if service.database.is_sqlite:
        return []
    with service.database.reading() as c:
        draw = rounds.find_draw(c, rounds.find_round(c, round_slug), draw_number)
        parts = cut_numbers(placed.count_placed(c, draw.id, batch))
    return [Part({**part.payload, "batch": batch}, part.size) for part in parts]


@one_transaction
def tell_placed(
    c: Transaction,
    service: Service,
    round_slug: str,
    draw_number: int,
    batch: int | None,
    numbers: Numbers = Numbers(),  # noqa: B008 - a tuple
) -> int:
    """Write to those whom a batch gave a place, and to winners whom the allocation could not.

    Args:
        c: given by the decorator.
        service: the service.
        round_slug: the round.
        draw_number: the draw.
        batch: published just now; 0 for the allocation; None for all of them so far: then only those are written to
            who were not yet, and whose time has not passed.
        numbers: of these alone.

    Returns:
        How many were written to; who gave no phone is not.
    """
    round_ = rounds.find_round(c, round_slug)
    draw = rounds.find_draw(c, round_, draw_number)
    once = f"placed/{round_slug}/{draw_number}"
    zone = ZoneInfo(round_.rules.zone)
    if batch is None:
        rows = placed.stream_untold(c, draw.id, round_.id, once, service.now(), *numbers)
    else:
        rows = placed.stream_placed(c, draw.id, round_.id, batch, *numbers)
    return placed.load_messages(c, list(_notices(service, rows, once, zone)))


def _notices(service: Service, rows: Iterator[Any], once: str, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    for row in rows:
        phone = open_contact(service.cipher, row.contact, row.id_digest).phone
        if phone is not None:
            words = _words(row, zone)
            yield make_message(service, "placed", phone, words, once=f"{once}/{row.batch}/{row.number}")


def _words(row: Any, zone: ZoneInfo) -> str:
    number = grouped(row.number)
    if row.store is None:
        return _UNPLACED.format(number=number)
    begins, ends = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    return _PLACED.format(
        number=number,
        store=row.store,
        chinese_day=plain_chinese.say_day(begins),
        day=plain_english.say_day(begins),
        begins=f"{begins:%H:%M}",
        ends=f"{ends:%H:%M}",
    )
