"""Pickup: places, the tills of the stores, hand-overs and the counting of stock."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from maskres.db.tables.base import metadata, one_of
from maskres.db.types import Digest16, Number, RowId, Slug, UtcTime, bytewise
from maskres.pickup.handovers import AnswerCode
from maskres.pickup.places import PlaceStatus
from maskres.pickup.store_states import StoreState

#: Where a winner collects; one row a winner, which a batch or the resident may move.
places = Table(
    "places",
    metadata,
    Column("id", RowId, primary_key=True),
    # No foreign keys but the slot's: a place comes from a result, with hundreds of thousands of others.
    Column("draw_id", BigInteger, nullable=False),
    Column("number", Number, nullable=False),
    #: 0 for the allocation, else the batch that placed them last.
    Column("batch", Integer, nullable=False),
    Column("status", String(12), nullable=False),
    Column("store", Slug),
    Column("slot", Slug),
    Column("choice", String(2), nullable=False),
    Column("code_version", SmallInteger, nullable=False),
    #: The code itself is never stored: it derives from the round's code key.
    Column("code_digest", Digest16, unique=True),
    #: Who handed it out, while it is collected; and what an undo gives it back to.
    Column("collected_nonce", bytewise(64)),
    Column("collected_store", Slug),
    Column("collected_till", Text),
    Column("collected_at", UtcTime),
    Column("collected_from", String(12)),
    UniqueConstraint("draw_id", "number"),
    one_of("status", PlaceStatus),
    CheckConstraint("status NOT IN ('assigned', 'collected') OR slot IS NOT NULL", name="placed_has_slot"),
    CheckConstraint("(code_digest IS NULL) = (slot IS NULL)", name="code_with_slot"),
    CheckConstraint("(status = 'collected') = (collected_nonce IS NOT NULL)", name="collected_by_nonce"),
)
Index("ix_places_slot", places.c.draw_id, places.c.store, places.c.slot)
Index("ix_places_collected", places.c.collected_store, places.c.collected_at)

#: A device at a store's counter.
tills = Table(
    "tills",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("round_id", ForeignKey("rounds.id"), nullable=False),
    Column("store", Slug, nullable=False),
    Column("name", Text, nullable=False),
    Column("enrolled_at", UtcTime, nullable=False),
    Column("reported_at", UtcTime),
    Column("revoked_at", UtcTime),
)
Index("uq_tills_name", tills.c.round_id, tills.c.store, tills.c.name, unique=True)

#: Every act of a till and the answer it was given, kept under the till's nonce.
handovers = Table(
    "handovers",
    metadata,
    #: Chosen by the till; repeating it gives the same answer and does nothing twice.
    Column("nonce", bytewise(64), primary_key=True),
    # No foreign key, as with registrations.
    Column("round_id", BigInteger, nullable=False),
    Column("place_id", BigInteger),
    Column("store", Slug, nullable=False),
    Column("till", Text, nullable=False),
    Column("claimed_at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("is_offline", Boolean, nullable=False),
    Column("has_code", Boolean, nullable=False),
    Column("is_proxy", Boolean, nullable=False),
    Column("undoes", bytewise(64)),
    Column("answer", String(24), nullable=False),
    Column("reason", String(24)),
    Column("answer_at", UtcTime),
    Column("answer_till", Text),
    Column("answer_store", Slug),
    one_of("answer", AnswerCode),
)
Index("ix_handovers_day", handovers.c.round_id, handovers.c.store, handovers.c.received_at)

#: How a store stands in a round, as it said last; without a row it is open. What it said before is in the audit log.
store_states = Table(
    "store_states",
    metadata,
    Column("round_id", ForeignKey("rounds.id"), primary_key=True),
    Column("store", Slug, primary_key=True),
    Column("state", String(12), nullable=False),
    Column("said_at", UtcTime, nullable=False),
    Column("said_by", Text, nullable=False),
    one_of("state", StoreState),
)

#: What a store counted of its stock on a day: delivered, damaged, left. Counted again, the new figure stands.
stock_counts = Table(
    "stock_counts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("round_id", ForeignKey("rounds.id"), nullable=False),
    Column("store", Slug, nullable=False),
    Column("day", bytewise(10), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("counted_at", UtcTime, nullable=False),
    Column("counted_by", Text, nullable=False),
    one_of("kind", ("delivered", "damaged", "left")),
    CheckConstraint("quantity >= 0", name="quantity_not_negative"),
)
Index(
    "uq_stock_counts_day",
    stock_counts.c.round_id,
    stock_counts.c.store,
    stock_counts.c.day,
    stock_counts.c.kind,
    unique=True,
)
