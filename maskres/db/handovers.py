"""Queries on hand-overs: what tills reported, and what they were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from maskres.db.bulk import find_by_key, in_batches, insert_rows
from maskres.db.engine import Transaction
from maskres.db.tables import handovers, places
from maskres.formats.values import format_time
from maskres.pickup.handovers import Answer, AnswerCode, Handover, Record

_AT_ONCE = 5000
_COLUMNS = tuple(handovers.c.keys())


def find_records(c: Transaction, nonces: Collection[str]) -> dict[str, Record]:
    """Give what was recorded under some nonces, in whatever round."""
    found: dict[str, Record] = {}
    for batch in in_batches(sorted(nonces), _AT_ONCE):
        for row in find_by_key(c, handovers.c.nonce, batch):
            found[row.nonce] = _record(row)
    return found


def write_records(
    c: Transaction,
    round_id: int,
    records: Iterable[Record],
    known: Mapping[str, Record],
    proxies: Collection[str],
) -> None:
    """Write records; one that takes the place of an earlier refusal replaces it."""
    fresh = []
    for record in records:
        values = _record_values(round_id, record, record.handover.nonce in proxies)
        if record.handover.nonce in known:
            c.execute(update(handovers).where(handovers.c.nonce == record.handover.nonce).values(**values))
        else:
            fresh.append([_plain(values[name]) for name in _COLUMNS])
    insert_rows(c, handovers, _COLUMNS, fresh)


def list_conflicts(c: Transaction, round_id: int) -> list[Record]:
    """List the hand-overs that were kept as conflicts, oldest first."""
    where = (handovers.c.round_id == round_id, handovers.c.answer == AnswerCode.CONFLICT)
    statement = select(handovers).where(*where).order_by(handovers.c.received_at, handovers.c.nonce)
    return [_record(row) for row in c.execute(statement)]


def numbers_of(c: Transaction, place_ids: Collection[int]) -> dict[int, str]:
    """Give the registration numbers of some places by their ids."""
    found: dict[int, str] = {}
    for batch in in_batches(sorted(place_ids), _AT_ONCE):
        for row in find_by_key(c, places.c.id, batch):
            found[int(row.id)] = str(row.number)
    return found


def _record(row: Row[Any]) -> Record:
    handover = Handover(
        nonce=row.nonce,
        place=row.place_id,
        store=row.store,
        till=row.till,
        claimed_at=row.claimed_at,
        received_at=row.received_at,
        is_offline=row.is_offline,
        has_code=row.has_code,
        undoes=row.undoes,
    )
    answer = Answer(
        code=AnswerCode(row.answer),
        place=row.place_id,
        reason=None if row.reason is None else AnswerCode(row.reason),
        handed_out_at=row.answer_at,
        till=row.answer_till,
        store=row.answer_store,
    )
    return Record(handover, answer)


def _plain(value: Any) -> Any:
    return format_time(value) if isinstance(value, datetime) else value


def _record_values(round_id: int, record: Record, is_proxy: bool) -> dict[str, Any]:
    handover, answer = record.handover, record.answer
    return {
        "nonce": handover.nonce,
        "round_id": round_id,
        "place_id": handover.place if handover.place is not None else answer.place,
        "store": handover.store,
        "till": handover.till,
        "claimed_at": handover.claimed_at,
        "received_at": handover.received_at,
        "is_offline": handover.is_offline,
        "has_code": handover.has_code,
        "is_proxy": is_proxy,
        "undoes": handover.undoes,
        "answer": str(answer.code),
        "reason": None if answer.reason is None else str(answer.reason),
        "answer_at": answer.handed_out_at,
        "answer_till": answer.till,
        "answer_store": answer.store,
    }
