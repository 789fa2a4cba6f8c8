"""Queries on hand-overs: what tills reported, and what they were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Row, select

from maskres.db.bulk import find_by_key, in_batches, insert_rows, update_rows
from maskres.db.engine import Transaction
from maskres.db.tables import handovers, places
from maskres.formats.values import format_time
from maskres.pickup.handovers import Answer, AnswerCode, Handover, Record

_AT_ONCE = 5000
_COLUMNS = (
    *("nonce", "round_id", "place_id", "store", "till", "claimed_at", "received_at"),
    *("is_offline", "has_code", "is_proxy", "undoes"),
    *("answer", "reason", "answer_at", "answer_till", "answer_store"),
)


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
    fresh: list[tuple[Any, ...]] = []
    replacing: list[tuple[Any, ...]] = []
    for record in records:
        nonce = record.handover.nonce
        (replacing if nonce in known else fresh).append(_row(round_id, record, nonce in proxies))
    insert_rows(c, handovers, _COLUMNS, fresh)
    update_rows(c, handovers, "nonce", (), _COLUMNS[1:], replacing)


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


def _row(round_id: int, record: Record, is_proxy: bool) -> tuple[Any, ...]:
    """Spell a record as a row of _COLUMNS."""
    handover, answer = record.handover, record.answer
    return (
        handover.nonce,
        round_id,
        handover.place if handover.place is not None else answer.place,
        handover.store,
        handover.till,
        format_time(handover.claimed_at),
        format_time(handover.received_at),
        handover.is_offline,
        handover.has_code,
        is_proxy,
        handover.undoes,
        str(answer.code),
        None if answer.reason is None else str(answer.reason),
        None if answer.handed_out_at is None else format_time(answer.handed_out_at),
        answer.till,
        answer.store,
    )
