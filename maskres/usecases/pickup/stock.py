"""Stock by store and day: what came, what broke, what is left, and whether it adds up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maskres.db import pickup, record, rounds, stock
from maskres.db.engine import Transaction
from maskres.errors import InputError
from maskres.pickup.reconciliation import Reconciliation, StockCount, reconcile
from maskres.usecases.service import Actor, Service, one_transaction

_KINDS = ("delivered", "damaged", "left")


@one_transaction
def count_stock(
    c: Transaction,
    service: Service,
    actor: Actor,
    round_slug: str,
    day: date,
    kind: str,
    quantities: Mapping[str, int],
) -> None:
    """Note the items delivered, damaged or left on a day, in place of earlier figures: one store's, or many stores'.

    Args:
        c: given by the decorator.
        service: the service.
        actor: who counted.
        round_slug: the round.
        day: local day.
        kind: "delivered", "damaged" or "left".
        quantities: store → items, ≥ 0.

    Raises:
        InputError: "unknown-store", "bad-kind", "bad-quantity".
    """
    round_ = rounds.find_round(c, round_slug)
    stores = rounds.store_districts(c, round_.id)
    if kind not in _KINDS:
        raise InputError("bad-kind", f"Stock is counted as {', '.join(_KINDS)}.", field="kind")
    for store, quantity in sorted(quantities.items()):
        _require_store(stores, store)
        if not 0 <= quantity < 10**9:
            raise InputError(
                "bad-quantity", f"{store}: this must be a number of items, 0 or more.", field="quantity"
            )
    stock.set_counts(c, round_.id, day.isoformat(), kind, quantities, service.now(), actor.name)
    detail = {"day": day.isoformat(), "kind": kind, "quantities": dict(quantities)}
    record.log(c, service.now(), actor.name, "stock-counted", round_slug=round_slug, detail=detail)


def reconcile_day(service: Service, round_slug: str, store: str, day: date) -> Reconciliation:
    """Compare what a store had with what it handed out on a day.

    Raises:
        InputError: "unknown-store".
    """
    with service.database.reading() as c:
        round_ = rounds.find_round(c, round_slug)
        _require_store(rounds.store_districts(c, round_.id), store)
        begins_at = datetime.combine(day, time(), ZoneInfo(round_.rules.zone)).astimezone(UTC)
        ends_at = begins_at + timedelta(days=1)
        today = stock.count_stock(c, round_.id, store, on=day.isoformat())
        return reconcile(
            StockCount(
                carried_over=_carried_over(c, round_, store, day, begins_at),
                delivered=today.get("delivered", 0),
                handed_out=pickup.count_handed_out(c, round_.id, store, begins_at, ends_at),
                quantity=round_.rules.quantity,
                damaged=today.get("damaged", 0),
                left=stock.last_left(c, round_.id, store, day.isoformat()),
            )
        )


def _carried_over(c: Transaction, round_: rounds.Round, store: str, day: date, begins_at: datetime) -> int:
    """Give what was counted the evening before, or else what should have been left."""
    counted = stock.last_left(c, round_.id, store, (day - timedelta(days=1)).isoformat())
    if counted is not None:
        return counted
    before = stock.count_stock(c, round_.id, store, before=day.isoformat())
    handed_out = pickup.count_handed_out(c, round_.id, store, None, begins_at) * round_.rules.quantity
    return max(0, before.get("delivered", 0) - before.get("damaged", 0) - handed_out)


def _require_store(stores: Collection[str], store: str) -> None:
    if store not in stores:
        raise InputError("unknown-store", f"{store!r:.60} is not a store of this round.", field="store")
