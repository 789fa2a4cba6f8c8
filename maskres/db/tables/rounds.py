"""Rounds, their stores and draws, and the registration files that came in whole."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from maskres.db.tables.base import metadata, one_of
from maskres.db.types import RowId, Sha256, Slug, UtcTime
from maskres.rounds.status import DrawStatus, RoundStatus

#: A round: its rules as the exact bytes that are published.
rounds = Table(
    "rounds",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("slug", Slug, nullable=False, unique=True),
    Column("status", String(10), nullable=False),
    Column("rules", LargeBinary, nullable=False),
    #: Who cosigns the ledger in this round, as JSON: role and verifier key of notary and witness.
    Column("cosigners", Text, nullable=False),
    #: Announced registration times of the first draw, until the round opens and the draw has its own.
    Column("opens_at", UtcTime),
    Column("closes_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("opened_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("erased_at", UtcTime),
    CheckConstraint("opens_at < closes_at", name="opens_before_closing"),
    one_of("status", RoundStatus),
)

#: A partner store of a round.
stores = Table(
    "stores",
    metadata,
    Column("round_id", ForeignKey("rounds.id"), primary_key=True),
    Column("store", Slug, primary_key=True),
    Column("district", Slug, nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("opens", String(5), nullable=False),
    Column("closes", String(5), nullable=False),
)

#: A draw of a round, numbered from 1; nothing ever replaces one.
draws = Table(
    "draws",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("round_id", ForeignKey("rounds.id"), nullable=False),
    Column("draw", Integer, nullable=False),
    Column("status", String(10), nullable=False),
    #: Announced: from when and until when people register; opened_at and closed_at are when the operator acted.
    Column("opens_at", UtcTime),
    Column("closes_at", UtcTime),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("decided_at", UtcTime),
    Column("committed_at", UtcTime),
    Column("committed_by", Text),
    Column("drawn_at", UtcTime),
    Column("published_at", UtcTime),
    Column("finished_at", UtcTime),
    #: The rolls, "missing", or nothing as yet; and drand's randomness. The seed follows from the two.
    Column("dice", Text),
    Column("beacon", Text),
    Column("seed", Sha256),
    UniqueConstraint("round_id", "draw"),
    CheckConstraint("draw >= 1", name="draw_from_one"),
    CheckConstraint("opens_at < closes_at", name="opens_before_closing"),
    one_of("status", DrawStatus),
)
#: Registering goes into the one draw that is open.
Index(
    "uq_draws_open",
    draws.c.round_id,
    unique=True,
    sqlite_where=text("status = 'open'"),
    postgresql_where=text("status = 'open'"),
)

#: A registration file taken whole: the same bytes are not taken twice.
registration_files = Table(
    "registration_files",
    metadata,
    Column("round_id", ForeignKey("rounds.id"), primary_key=True),
    Column("sha256", Sha256, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
    Column("imported_by", Text, nullable=False),
)
