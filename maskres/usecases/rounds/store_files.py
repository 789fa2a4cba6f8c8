"""Stores and slots as offices hand them in, checked line by line."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from maskres.db.rounds import Store
from maskres.errors import InputError
from maskres.formats.office_csv import BadRow, Column, read_rows
from maskres.formats.values import is_slug
from maskres.lottery.slots import Slot, read_slots

STORE_COLUMNS = (
    Column("store", "门店编号"),
    Column("district", "区"),
    Column("name", "店名"),
    Column("address", "地址"),
    Column("opens", "开门"),
    Column("closes", "关门"),
)
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def read_stores(stream: BinaryIO, *, file: str, districts: Collection[str] | None) -> list[Store]:
    """Read an office file of stores.

    Args:
        stream: the file.
        file: the name to give in errors.
        districts: slugs of the round's districts; None where its rules are yet to be written.

    Raises:
        InputError: "bad-slug", "store-twice", "unknown-district", "missing-text", "bad-hours", each with its line.
    """
    stores, bad = gather_stores(stream, file=file, districts=districts)
    for each in bad:
        raise InputError(each.code, each.message, field=each.field, file=file, line=each.line)
    return stores


def gather_stores(
    stream: BinaryIO, *, file: str, districts: Collection[str] | None
) -> tuple[list[Store], list[BadRow]]:
    """Read an office file of stores, and name every bad line in the order of the file; see read_stores.

    Raises:
        InputError: "bad-encoding", "bad-header", "line-too-long".
    """
    stores: dict[str, Store] = {}
    bad: list[BadRow] = []
    for row in read_rows(stream, file=file, columns=STORE_COLUMNS):
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        line, values = row
        store = Store(*(value.strip() for value in values))
        problem = _problem(store, districts, stores)
        if problem is not None:
            code, field, message = problem
            bad.append(BadRow(line, code, message, field))
        else:
            stores[store.store] = store
    return list(stores.values()), bad


def _problem(
    store: Store, districts: Collection[str] | None, known: Collection[str]
) -> tuple[str, str, str] | None:
    if not is_slug(store.store):
        return (
            "bad-slug",
            "store",
            "A store's short name has lower-case letters, digits and hyphens, at most 40.",
        )
    if store.store in known:
        return "store-twice", "store", f"{store.store} stands twice."
    if districts is None:
        if not is_slug(store.district):
            return (
                "bad-slug",
                "district",
                "A district's short name has lower-case letters, digits and hyphens.",
            )
    elif store.district not in districts:
        return "unknown-district", "district", f"{store.district!r:.60} is not a district of this round."
    for field in ("name", "address"):
        if not 1 <= len(getattr(store, field)) <= 200:
            return "missing-text", field, "This must have 1 to 200 characters."
    for field in ("opens", "closes"):
        if _CLOCK.fullmatch(getattr(store, field)) is None:
            return "bad-hours", field, "Opening hours are written like 09:00."
    if store.opens >= store.closes:
        return "bad-hours", "closes", "The store closes before it opens."
    return None


def read_slot_plan(path: Path, store_districts: dict[str, str]) -> tuple[Slot, ...]:
    """Read the slots an operator plans for a draw.

    Stricter than the published form: two slots of one store may not overlap, for one counter cannot serve two
    queues, and every store must be known and stand where the round has it.

    Args:
        path: a file of the published form, slots.csv.
        store_districts: district of every store of the round.

    Raises:
        InputError: as read_slots, and "unknown-store", "wrong-district", "slots-overlap" with the line.
    """
    slots = read_slots(path)
    for line, slot in enumerate(slots, start=2):
        if slot.store not in store_districts:
            raise InputError(
                "unknown-store",
                f"{slot.store} is not a store of this round.",
                field="store",
                file=path.name,
                line=line,
            )
        if slot.district != store_districts[slot.store]:
            raise InputError(
                "wrong-district",
                f"{slot.store} stands in {store_districts[slot.store]}.",
                field="district",
                file=path.name,
                line=line,
            )
    for line, (before, after) in enumerate(pairwise(slots), start=3):
        if before.store == after.store and after.starts_at < before.ends_at:
            raise InputError(
                "slots-overlap",
                f"Slot {after.slot} begins before slot {before.slot} of the same store has ended.",
                field="starts_at",
                file=path.name,
                line=line,
            )
    return slots
