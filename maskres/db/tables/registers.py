"""Registers: an authority's lists, in immutable versions, holding keyed digests and never ID numbers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from maskres.db.tables.base import metadata
from maskres.db.types import Digest8, Digest16, RowId, Sha256, UtcTime, bytewise

#: One import of one register. A version that is not complete is seen by nobody.
register_versions = Table(
    "register_versions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", Sha256, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("as_of", bytewise(10), nullable=False),
    Column("key_version", SmallInteger, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
    Column("imported_by", Text, nullable=False),
    UniqueConstraint("kind", "version"),
)

#: A row as facts: in force from and until (days since 1970-01-01), months paid as bits back from as_of's month.
register_rows = Table(
    "register_rows",
    metadata,
    # No foreign key: a register comes in whole, in the transaction that makes its version.
    Column("version_id", BigInteger, nullable=False),
    Column("id_digest", Digest16, nullable=False),
    Column("name_digest", Digest8, nullable=False),
    Column("valid_from", Integer),
    Column("valid_until", Integer),
    Column("months", BigInteger, nullable=False),
    Column("is_deceased", Boolean, nullable=False),
    #: Line of the imported file, for the audit's look at the evidence.
    Column("line", Integer, nullable=False),
)
Index("ix_register_rows_person", register_rows.c.version_id, register_rows.c.id_digest)

#: Documents that a register knows to be one person's: all that share a group.
identity_links = Table(
    "identity_links",
    metadata,
    Column("version_id", BigInteger, nullable=False),
    Column("id_digest", Digest16, nullable=False),
    Column("group_digest", Digest16, nullable=False),
)
Index("ix_identity_links_document", identity_links.c.id_digest)
Index("ix_identity_links_group", identity_links.c.version_id, identity_links.c.group_digest)
