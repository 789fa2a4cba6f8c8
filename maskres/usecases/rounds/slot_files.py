"""Slots as offices hand them in: read tolerantly, every bad line named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from maskres.errors import InputError
from maskres.formats.office_csv import BadRow, Column, read_rows
from maskres.formats.values import is_slug, parse_time
from maskres.lottery.slots import Slot

SLOT_COLUMNS = (
    Column("district", "区", is_required=False),
    Column("store", "门店编号"),
    Column("slot", "时段", is_required=False),
    Column("starts_at", "开始"),
    Column("ends_at", "结束"),
    Column("capacity", "名额"),
)
_LOCAL = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})[ T]([0-9]{1,2}):([0-9]{2})(?::00)?", re.ASCII
)
_CAPACITY = re.compile(r"[0-9]{1,12}", re.ASCII)


def gather_slots(
    stream: BinaryIO, *, file: str, store_districts: Mapping[str, str], zone: str
) -> tuple[list[Slot], list[BadRow]]:
    """Read an office file of slots.

    Args:
        stream: the file.
        file: the name to give in errors.
        store_districts: district of every store of the round.
        zone: of the city, in which times without a zone are.

    Returns:
        The slots as slots.csv sorts them, and the bad lines in the order of the file: "bad-row", "bad-quotes",
        "unknown-store", "wrong-district", "bad-time", "bad-slot", "bad-slug", "bad-integer", "slot-twice",
        "slots-overlap".

    Raises:
        InputError: "bad-encoding", "bad-header", "line-too-long"; "file-empty" where no line follows the header.
    """
    good: dict[tuple[str, str], tuple[int, Slot]] = {}
    bad: list[BadRow] = []
    for row in read_rows(stream, file=file, columns=SLOT_COLUMNS):
        found = (
            row if isinstance(row, BadRow) else _read_line(row[0], row[1], store_districts, ZoneInfo(zone))
        )
        if isinstance(found, BadRow):
            bad.append(found)
            continue
        line, slot = found
        if (slot.store, slot.slot) in good:
            earlier = good[slot.store, slot.slot][0]
            message = f"This store has this slot in line {earlier} already."
            bad.append(BadRow(line, "slot-twice", message, "slot"))
        else:
            good[slot.store, slot.slot] = found
    if not good and not bad:
        raise InputError("file-empty", "The file has no line after its header.", field="file", file=file)
    ordered = sorted(good.values(), key=lambda each: (each[1].store, each[1].starts_at, each[1].slot))
    bad += _overlaps(ordered)
    return [slot for _, slot in ordered], sorted(bad, key=lambda each: each.line)


def _read_line(
    line: int, values: tuple[str, ...], store_districts: Mapping[str, str], zone: ZoneInfo
) -> tuple[int, Slot] | BadRow:
    district, store, name, *times, capacity = (value.strip() for value in values)
    if store not in store_districts:
        return BadRow(line, "unknown-store", "This is not a store of the round.", "store")
    if district and district != store_districts[store]:
        return BadRow(line, "wrong-district", "The store stands in another district.", "district")
    starts_at, ends_at = (_read_time(text, zone) for text in times)
    if starts_at is None or ends_at is None:
        field = "starts_at" if starts_at is None else "ends_at"
        return BadRow(line, "bad-time", "Times are written like 2020-02-10 10:00.", field)
    if starts_at >= ends_at:
        return BadRow(line, "bad-slot", "The slot does not end after it starts.", "ends_at")
    slot = name or f"{starts_at.astimezone(zone):%m%d-%H%M}"
    if not is_slug(slot):
        message = "A slot's short name has lower-case letters, digits and hyphens, at most 40."
        return BadRow(line, "bad-slug", message, "slot")
    if _CAPACITY.fullmatch(capacity) is None or int(capacity) < 1:
        return BadRow(line, "bad-integer", "The capacity is a whole number, 1 or more.", "capacity")
    return line, Slot(store_districts[store], store, slot, starts_at, ends_at, int(capacity))


def _read_time(text: str, zone: ZoneInfo) -> datetime | None:
    found = _LOCAL.fullmatch(text)
    try:
        if found is None:
            return parse_time(text, field="time")
        year, month, day, hour, minute = (int(part) for part in found.groups())
        return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)
    except (ValueError, InputError):
        return None


def _overlaps(ordered: list[tuple[int, Slot]]) -> Iterator[BadRow]:
    """Name the slots that begin before another one of the same store has ended."""
    ends: dict[str, tuple[datetime, int]] = {}
    for line, slot in ordered:
        ended_at, earlier = ends.get(slot.store, (slot.starts_at, 0))
        if slot.starts_at < ended_at:
            message = f"The slot overlaps with the one of line {earlier} at the same store."
            yield BadRow(line, "slots-overlap", message, "starts_at")
        if slot.ends_at >= ended_at:
            ends[slot.store] = (slot.ends_at, line)
