"""Queries on hand-overs: what tills reported, and what they were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Row, insert, select, update

from maskres.db.bulk import in_batches
from maskres.db.engine import Transaction
from maskres.db.tables import handovers
from maskres.pickup.handovers import Answer, AnswerCode, Handover, Record

_AT_ONCE = 5000


def find_records(c: Transaction, nonces: Collection[str]) -> dict[str, Record]:
    """Give what was recorded under some nonces, in whatever round."""
    found: dict[str, Record] = {}
    for batch in in_batches(sorted(nonces), _AT_ONCE):
        for row in c.execute(select(handovers).where(handovers.c.nonce.in_(batch))):
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
    rows = [_record_values(round_id, record, record.handover.nonce in proxies) for record in records]
    for row in rows:
        if row["nonce"] in known:
            c.execute(update(handovers).where(handovers.c.nonce == row["nonce"]).values(**row))
    fresh = [row for row in rows if row["nonce"] not in known]
    if fresh:
        c.execute(insert(handovers), fresh)


def list_conflicts(c: Transaction, round_id: int) -> list[Record]:
    """List the hand-overs that were kept as conflicts, oldest first."""
    where = (handovers.c.round_id == round_id, handovers.c.answer == AnswerCode.CONFLICT)
    statement = select(handovers).where(*where).order_by(handovers.c.received_at, handovers.c.nonce)
    return [_record(row) for row in c.execute(statement)]


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
