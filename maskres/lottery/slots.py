"""The slots that stores offer (spec F1, F5); also the room a batch offers (spec A3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from maskres.errors import CheckFailed
from maskres.formats.csv_columns import IntegerColumn, SlugColumn, TimeColumn
from maskres.formats.strict_csv import Sink, Source, Table, name_of, read_table, write_table
from maskres.formats.values import format_time, parse_time

HEADER = ("district", "store", "slot", "starts_at", "ends_at", "capacity")


@dataclass(frozen=True, slots=True)
class Slot:
    """A window of time at a store.

    Attributes:
        district: slug of the district where the store stands.
        store: slug of the store.
        slot: slug of the slot, unique in its store.
        starts_at: aware UTC.
        ends_at: aware UTC, after starts_at.
        capacity: winners, 1 to 999999999999.
    """

    district: str
    store: str
    slot: str
    starts_at: datetime
    ends_at: datetime
    capacity: int


def read_slots(source: Source, file: str | None = None) -> tuple[Slot, ...]:
    """Read slots.csv or room-N.csv, sorted by store, starts_at, slot.

    Overlapping slots are not refused: stores may have two queues.

    Args:
        source: a path, the file's bytes, or a binary stream.
        file: the name to give in errors; None takes the path's last part, or the usual name.

    Returns:
        The slots in the order of the file.

    Raises:
        InputError: the file breaks a rule; code, file and line say which and where.

    Source: spec F5.
    """
    district, store, slot = SlugColumn("district"), SlugColumn("store"), SlugColumn("slot")
    starts, ends = TimeColumn("starts_at"), TimeColumn("ends_at")
    capacity = IntegerColumn("capacity", 1)
    table = read_table(
        source, name_of(source, file, "slots.csv"), [district, store, slot, starts, ends, capacity]
    )
    table.refuse_unsorted([store.ranks, starts.ranks, slot.ranks], field="store")
    ends_at = np.array(ends.names)[ends.codes] if table.count else np.empty(0)
    starts_at = np.array(starts.names)[starts.codes] if table.count else np.empty(0)
    table.refuse(
        starts_at >= ends_at,
        "bad-slot",
        lambda row: "The slot does not end after it starts.",
        field="ends_at",
    )
    _refuse_moved_stores(table, store, district)
    slot_of_store = store.codes.astype(np.int64) * len(slot.names) + slot.codes
    table.refuse_repeated(slot_of_store, field="slot")
    table.finish()
    times = {name: parse_time(name, field="time") for name in {*starts.names, *ends.names}}
    columns = (
        map(district.names.__getitem__, district.codes.tolist()),
        map(store.names.__getitem__, store.codes.tolist()),
        map(slot.names.__getitem__, slot.codes.tolist()),
        map([times[name] for name in starts.names].__getitem__, starts.codes.tolist()),
        map([times[name] for name in ends.names].__getitem__, ends.codes.tolist()),
        capacity.values.tolist(),
    )
    return tuple(map(Slot, *columns))


def _refuse_moved_stores(table: Table, store: SlugColumn, district: SlugColumn) -> None:
    """A store stands in one district: the one of its first line."""
    if not table.count:
        return
    _, first_rows, store_of_row = np.unique(store.codes, return_index=True, return_inverse=True)
    home = district.codes[first_rows][store_of_row]
    table.refuse(
        district.codes != home,
        "bad-district",
        lambda row: f"The store {store.names[store.codes[row]]} stands in {district.names[home[row]]} above.",
        field="district",
    )


def write_slots(slots: Iterable[Slot], stream: Sink) -> None:
    """Write slots.csv or room-N.csv, sorted by store, starts_at, slot."""
    ordered = sorted(slots, key=lambda slot: (slot.store, slot.starts_at, slot.slot))
    write_table(
        stream,
        HEADER,
        (
            (s.district, s.store, s.slot, format_time(s.starts_at), format_time(s.ends_at), s.capacity)
            for s in ordered
        ),
    )


def check_future(slots: Sequence[Slot], committed_at: datetime, file: str = "slots.csv") -> None:
    """Check that no slot has begun when the draw is committed: nobody who wins could collect there.

    Args:
        slots: in the order of the file.
        committed_at: aware UTC.
        file: the name to give in errors.

    Raises:
        CheckFailed: "slot-past", naming the line.
    """
    for line, slot in enumerate(slots, start=2):
        if slot.starts_at <= committed_at:
            raise CheckFailed(
                "slot-past",
                "The slot begins before the draw is committed.",
                file=file,
                line=line,
                field="starts_at",
            )


def check_lead(room: Sequence[Slot], published_at: datetime, lead_hours: int, file: str = "room.csv") -> None:
    """Check that a batch offers only slots that start late enough.

    Args:
        room: the slots offered, in the order of the file.
        published_at: when the batch is published, aware UTC.
        lead_hours: the rules' lead, hours.
        file: the name to give in errors.

    Raises:
        CheckFailed: "slot-too-soon", naming the line.

    Source: spec A3.
    """
    earliest = published_at + timedelta(hours=lead_hours)
    for line, slot in enumerate(room, start=2):
        if slot.starts_at < earliest:
            raise CheckFailed(
                "slot-too-soon",
                f"The slot starts less than {lead_hours} hours after the batch is published.",
                file=file,
                line=line,
                field="starts_at",
            )
