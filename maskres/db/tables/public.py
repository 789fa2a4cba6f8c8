"""The record: published files, the ledger with its checkpoints, and the audit log. All append-only."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from maskres.db.tables.base import metadata
from maskres.db.types import Number, RowId, Sha256, Slug, UtcTime, bytewise

#: What this database is: one deployment, one ledger. Always exactly one row.
deployment = Table(
    "deployment",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)

#: A file as published: its name in its draw, and the digest by which its bytes are found.
artifacts = Table(
    "artifacts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("round_id", ForeignKey("rounds.id"), nullable=False),
    Column("draw_id", ForeignKey("draws.id")),
    Column("name", bytewise(60), nullable=False),
    Column("sha256", Sha256, nullable=False),
    #: Lines without the header, for CSV files; 0 for others.
    Column("entries", Integer, nullable=False),
    Column("published_at", UtcTime, nullable=False),
)
Index("uq_artifacts_name", artifacts.c.draw_id, artifacts.c.name, unique=True)

#: The bytes of published files, cut in pieces, stored once for each digest.
artifact_chunks = Table(
    "artifact_chunks",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

#: The public ledger: the exact bytes of each line, without its LF.
ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("round", Slug, nullable=False),
    Column("draw", Integer),
    Column("line", LargeBinary, nullable=False),
)

#: A signed statement of the ledger's size and root.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", Sha256, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", UtcTime, nullable=False),
)

#: Signatures of notary and witness under a checkpoint, as they handed them in.
cosignatures = Table(
    "cosignatures",
    metadata,
    Column("size", ForeignKey("checkpoints.size"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("cosigned_at", UtcTime, nullable=False),
)

#: Who did what when, and who read whose personal data.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", String(40), nullable=False),
    Column("round", Slug),
    Column("draw", Integer),
    Column("number", Number),
    Column("detail", Text, nullable=False),
)
#: What one account or till read on a day is counted before it may read more.
Index("ix_audit_log_actor", audit_log.c.actor, audit_log.c.act, audit_log.c.at)
