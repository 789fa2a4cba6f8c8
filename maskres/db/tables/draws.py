"""A draw from its closing to its batches: each table is filled once from the one before it.

The tables with a row for every registration have no foreign keys: each is filled by one statement from its
predecessor, and checking millions of rows one by one would cost more than filling it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from maskres.db.tables.base import metadata, one_of
from maskres.db.types import Digest8, Digest16, Number, RowId, Slug, UtcTime, bytewise

#: The registrations as they stood at closing: what registered.csv lists, with the wishes that were sealed.
entries = Table(
    "entries",
    metadata,
    Column("draw_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Number, primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),
    #: By which the registers know them, and their age: what is changed after closing is of the next draw.
    Column("id_digest", Digest16, nullable=False),
    Column("name_digest", Digest8, nullable=False),
    Column("age", SmallInteger),
    Column("district", Slug, nullable=False),
    Column("reach", String(8), nullable=False),
    Column("choices", bytewise(820), nullable=False),
    Column("seal", bytewise(40), nullable=False),
)

#: The register versions a draw decides by.
pinned_registers = Table(
    "pinned_registers",
    metadata,
    Column("draw_id", ForeignKey("draws.id"), primary_key=True),
    Column("version_id", ForeignKey("register_versions.id"), primary_key=True),
)

#: What is known of an entry, as a bit mask (eligibility/facts.py).
facts = Table(
    "facts",
    metadata,
    Column("draw_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Number, primary_key=True),
    Column("mask", BigInteger, nullable=False),
)

#: The verdict on each mask that occurs: a few hundred rows for millions of entries.
verdicts = Table(
    "verdicts",
    metadata,
    Column("draw_id", ForeignKey("draws.id"), primary_key=True),
    Column("mask", BigInteger, primary_key=True, autoincrement=False),
    Column("is_eligible", Boolean, nullable=False),
    Column("stratum", Slug, nullable=False),
    Column("tickets", SmallInteger, nullable=False),
    Column("basis", String(20)),
    Column("reasons", Text, nullable=False),
    Column("coarse_reason", String(30)),
    CheckConstraint("tickets BETWEEN 1 AND 10", name="tickets_in_range"),
)

#: A person's objection to their verdict, before the commitment.
disputes = Table(
    "disputes",
    metadata,
    Column("draw_id", ForeignKey("draws.id"), primary_key=True),
    Column("number", Number, primary_key=True),
    Column("status", String(10), nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("lodged_at", UtcTime, nullable=False),
    Column("resolved_at", UtcTime),
    Column("resolved_by", Text),
    # Open at the commitment: the number is in the committed pool, whatever is answered afterwards.
    Column("is_kept", Boolean, nullable=False, server_default="0"),
    one_of("status", ("open", "upheld", "rejected")),
)

#: What an upheld dispute proved: evidence of one register seen by the operator.
corrections = Table(
    "corrections",
    metadata,
    Column("draw_id", ForeignKey("draws.id"), primary_key=True),
    Column("number", Number, primary_key=True),
    Column("kind", String(20), primary_key=True),
)

#: Pickup slots of a draw, with the places taken: a place is had by raising `taken`, never beyond `capacity`.
slots = Table(
    "slots",
    metadata,
    Column("draw_id", ForeignKey("draws.id"), primary_key=True),
    Column("store", Slug, primary_key=True),
    Column("slot", Slug, primary_key=True),
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("capacity", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False, server_default="0"),
    Column("is_closed", Boolean, nullable=False, server_default="0"),
    CheckConstraint("starts_at < ends_at", name="starts_before_it_ends"),
    CheckConstraint("capacity >= 1", name="capacity_positive"),
    CheckConstraint("taken >= 0 AND taken <= capacity", name="taken_within_capacity"),
)

#: The draw order, as published in result.csv.
results = Table(
    "results",
    metadata,
    Column("draw_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Number, primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("stratum", Slug, nullable=False),
    Column("ticket", bytewise(16), nullable=False),
    Column("outcome", String(8), nullable=False),
    one_of("outcome", ("won", "waiting")),
)
#: Who still waits before a rank; whoever won is never looked for by it.
Index(
    "ix_results_waiting",
    results.c.draw_id,
    results.c.stratum,
    results.c.rank,
    sqlite_where=text("outcome = 'waiting'"),
    postgresql_where=text("outcome = 'waiting'"),
)

#: A batch of places: published before it takes effect.
batches = Table(
    "batches",
    metadata,
    Column("draw_id", ForeignKey("draws.id"), primary_key=True),
    Column("batch", Integer, primary_key=True),
    Column("released", Text, nullable=False),
    Column("published_at", UtcTime, nullable=False),
)

#: Places that came free and waiting numbers withdrawn, each waiting for the batch that publishes it.
batch_changes = Table(
    "batch_changes",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("draw_id", ForeignKey("draws.id"), nullable=False),
    Column("number", Number, nullable=False),
    Column("cause", String(20), nullable=False),
    Column("batch", Integer),
    Column("changed_at", UtcTime, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("reason", Text),
)
Index("ix_batch_changes_number", batch_changes.c.draw_id, batch_changes.c.number)
