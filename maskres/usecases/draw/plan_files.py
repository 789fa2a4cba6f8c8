"""Stores and slots by file: kept as read, compared with what stands, set once that was looked at.

A file with a bad line changes nothing and is not kept. A good one is kept in its strict form, and what is set is that
upload: its digest, with that of what it was compared with, is approved by whoever looked at the comparison.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import timedelta
from typing import Any, BinaryIO, Generic, TypeVar

from maskres.db import batches, open_data, record, rounds, slots, uploads
from maskres.db.engine import Transaction
from maskres.db.rounds import Round, Store
from maskres.errors import StepRefused
from maskres.formats.office_csv import BadRow
from maskres.lottery.slots import Slot, write_slots
from maskres.rounds.status import RoundStatus
from maskres.usecases.draw.committing import set_slots
from maskres.usecases.rounds.slot_files import gather_slots
from maskres.usecases.rounds.store_files import STORE_COLUMNS, gather_stores, read_slot_plan, read_stores
from maskres.usecases.service import Actor, Service, approved_detail, one_transaction
from maskres.usecases.work.uploads import forget_upload, keep_upload, open_upload

T = TypeVar("T", Slot, Store)


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of reading a file.

    Attributes:
        upload: id of the upload; None where lines are bad, and nothing was kept.
        bad: the bad lines in the order of the file.
    """

    upload: str | None
    bad: Sequence[BadRow] = ()


@dataclass(frozen=True, slots=True)
class Preview(Generic[T]):
    """What a file would change.

    Attributes:
        added: what is new.
        changed: what is otherwise than before: before and after.
        removed: what stands and would be gone.
        same: how many stay as they are.
        refused: what cannot be so, each with the code of the reason; then nothing of the file can be set.
        digest: of the file and of what it was compared with.
    """

    added: Sequence[T]
    changed: Sequence[tuple[T, T]]
    removed: Sequence[T]
    same: int
    digest: str
    refused: Sequence[tuple[T, str]] = field(default_factory=tuple)


def keep_slots(service: Service, actor: Actor, round_slug: str, stream: BinaryIO, file: str) -> Kept:
    """Read an office file of slots and keep it as slots.csv.

    Raises:
        InputError: "unknown-round", and as gather_slots.
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        districts = rounds.store_districts(c, round_.id)
    read, bad = gather_slots(stream, file=file, store_districts=districts, zone=round_.rules.zone)
    if bad:
        return Kept(None, bad)
    out = io.BytesIO()
    write_slots(read, out)
    return Kept(keep_upload(service, actor, "slots.csv", io.BytesIO(out.getvalue())).id)


def keep_stores(service: Service, actor: Actor, round_slug: str, stream: BinaryIO, file: str) -> Kept:
    """Read an office file of stores and keep it.

    Raises:
        InputError: "unknown-round", and as gather_stores.
    """
    with service.database.reading() as c:
        districts = rounds.find_round(c, round_slug).rules.districts
    read, bad = gather_stores(stream, file=file, districts=districts)
    if bad:
        return Kept(None, bad)
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(column.name for column in STORE_COLUMNS)
    lines.writerows(astuple(store) for store in read)
    return Kept(keep_upload(service, actor, "stores.csv", io.BytesIO(out.getvalue().encode())).id)


def preview_slots(service: Service, round_slug: str, draw_number: int, upload: str) -> Preview[Slot]:
    """Compare a kept file with the slots of a draw.

    Raises:
        InputError: "unknown-round", "unknown-draw", "unknown-upload".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        present = slots.list_slots(c, rounds.find_draw(c, round_, draw_number))
        sha256 = uploads.find_upload(c, upload).sha256
    wanted = _read_slots(service, round_, upload)
    return _compare(present, wanted, sha256, key=lambda slot: (slot.store, slot.slot))


def preview_room(service: Service, round_slug: str, draw_number: int, upload: str) -> Preview[Slot]:
    """Tell what room a kept file would offer in a batch: new slots, and slots in which more becomes free.

    Raises:
        InputError: "unknown-round", "unknown-draw", "unknown-upload".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        draw = rounds.find_draw(c, round_, draw_number)
        known = {(row.store, row.slot): row for row in open_data.list_slot_room(c, draw)}
        batch = len(batches.list_batches(c, draw.id)) + 1
        sha256 = uploads.find_upload(c, upload).sha256
    earliest = service.now() + timedelta(hours=round_.rules.lead_hours)
    added, changed, refused, same = [], [], [], 0
    for slot in _read_slots(service, round_, upload):
        row = known.get((slot.store, slot.slot))
        if slot.starts_at < earliest:
            refused.append((slot, "slot-too-soon"))
        elif row is None:
            added.append(slot)
        elif (row.starts_at, row.ends_at) != (slot.starts_at, slot.ends_at) or row.is_closed:
            refused.append((slot, "slot-closed" if row.is_closed else "slot-differs"))
        elif row.capacity - row.taken < slot.capacity:
            changed.append(
                (replace(slot, capacity=row.capacity), replace(slot, capacity=row.taken + slot.capacity))
            )
        else:
            same += 1
    standing = sorted((*key, row.capacity, row.taken, row.is_closed) for key, row in known.items())
    return Preview(added, changed, (), same, _digest(sha256, batch, standing), refused)


def preview_stores(service: Service, round_slug: str, upload: str) -> Preview[Store]:
    """Compare a kept file with the stores of a round; once it is open, none goes and none moves to another district.

    Raises:
        InputError: "unknown-round", "unknown-upload".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        present = rounds.list_stores(c, round_.id)
        sha256 = uploads.find_upload(c, upload).sha256
    found = _compare(present, _read_stores(service, round_, upload), sha256, key=lambda store: store.store)
    if round_.status is RoundStatus.DRAFT:
        return found
    moved = [
        (after, "district-fixed") for before, after in found.changed if before.district != after.district
    ]
    return replace(found, removed=(), same=found.same + len(found.removed), refused=moved)


def set_slots_of(
    service: Service,
    actor: Actor,
    round_slug: str,
    draw_number: int,
    upload: str,
    approved: str | None = None,
) -> int:
    """Set the slots of a draw as a kept file has them, and forget the file; gives how many.

    The digest of what was looked at (`approved`) goes into the audit log.

    Raises:
        InputError: "unknown-upload", and as set_slots.
        StepRefused: "slots-frozen".
    """
    with service.scratch() as folder:
        path = open_upload(service, upload, folder)
        count = set_slots(service, actor, round_slug, draw_number, path, approved)
    forget_upload(service, upload)
    return count


def set_stores_of(
    service: Service, actor: Actor, round_slug: str, upload: str, approved: str | None = None
) -> int:
    """Set the stores of a round as a kept file has them, and forget the file; gives how many lines it has.

    The digest of what was looked at (`approved`) goes into the audit log.

    Raises:
        InputError: "unknown-round", "unknown-upload".
        StepRefused: "step-out-of-order" for a round that has ended; "district-fixed".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
    wanted = _read_stores(service, round_, upload)
    _set_stores(service, actor, round_slug, wanted, approved)
    forget_upload(service, upload)
    return len(wanted)


@one_transaction
def _set_stores(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    wanted: Sequence[Store],
    approved: str | None,
) -> None:
    round_ = rounds.find_round(c, round_slug, is_locked=True)
    if round_.status not in (RoundStatus.DRAFT, RoundStatus.OPEN):
        raise StepRefused("step-out-of-order", f"The round is {round_.status}; its stores cannot change now.")
    if round_.status is RoundStatus.DRAFT:
        rounds.delete_stores(c, round_.id)
    present = rounds.store_districts(c, round_.id)
    for store in wanted:
        if present.get(store.store, store.district) != store.district:
            message = f"The round is open: {store.store} cannot move to another district."
            raise StepRefused("district-fixed", message, field="district")
    rounds.insert_stores(c, round_.id, [store for store in wanted if store.store not in present])
    rounds.change_stores(c, round_.id, [store for store in wanted if store.store in present])
    detail = {"stores": len(wanted)} | approved_detail(approved)
    record.log(c, service.now(), actor.name, "stores-set", round_slug=round_slug, detail=detail)


def _read_slots(service: Service, round_: Round, upload: str) -> Sequence[Slot]:
    with service.database.reading() as c:
        districts = rounds.store_districts(c, round_.id)
    with service.scratch() as folder:
        return read_slot_plan(open_upload(service, upload, folder), districts)


def _read_stores(service: Service, round_: Round, upload: str) -> list[Store]:
    with service.scratch() as folder, open_upload(service, upload, folder).open("rb") as stream:
        return read_stores(stream, file="stores.csv", districts=round_.rules.districts)


def _compare(
    present: Iterable[T], wanted: Sequence[T], sha256: str, *, key: Callable[[T], Any]
) -> Preview[T]:
    before: Mapping[Any, T] = {key(each): each for each in present}
    after = {key(each) for each in wanted}
    added = [each for each in wanted if key(each) not in before]
    changed = [
        (before[key(each)], each) for each in wanted if key(each) in before and before[key(each)] != each
    ]
    removed = [each for name, each in before.items() if name not in after]
    standing = [[str(value) for value in astuple(each)] for each in before.values()]
    same = len(wanted) - len(added) - len(changed)
    return Preview(added, changed, removed, same, _digest(sha256, standing))


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
