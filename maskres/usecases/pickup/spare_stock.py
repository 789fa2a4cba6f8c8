"""What a store has in stock beyond what the winners assigned to it have a claim to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from maskres.db import rounds
from maskres.db.engine import Transaction
from maskres.db.locks import lock_stock
from maskres.db.stock import count_claims
from maskres.pickup.places import Place, PlaceStatus
from maskres.pickup.reconciliation import unreserved_portions


def spare_portions(
    c: Transaction, round_: rounds.Round, store: str, places: Collection[Place], now: datetime
) -> int:
    """Count whom a store can serve besides those assigned to it; looked up only where it matters."""
    zone = ZoneInfo(round_.rules.zone)
    if all(
        # Of what was handed out already nothing depends on stock; a till is told so as fast as of any other code.
        place.collection is not None
        or (place.store == store and place.status is PlaceStatus.ASSIGNED and place.is_on_day_of(now, zone))
        for place in places
    ):
        return 0
    lock_stock(c, round_.id, store)
    claims = count_claims(c, round_.id, store)
    quantity = round_.rules.quantity
    left = max(0, claims.items - claims.handed_out * quantity)
    return unreserved_portions(left, quantity, claims.reserved)
