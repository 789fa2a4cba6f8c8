"""Persons and their documents across rounds, and their registrations in each.

No ID number, name or phone stands here in clear: they are encrypted, and found by keyed digests whose key is
not in the database.
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
)

from maskres.db.tables.base import metadata, one_of
from maskres.db.types import Digest8, Digest16, Number, Slug, UtcTime, bytewise

#: What outlives a round, with its own published retention date.
persons = Table(
    "persons",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("last_win_at", UtcTime),
    # PostgreSQL has no key here: draws are never deleted, and a win is noted of hundreds of thousands at once.
    Column("last_win_draw_id", ForeignKey("draws.id")),
    Column("rounds_waited", SmallInteger, nullable=False, server_default="0"),
    Column("bonus_tickets", SmallInteger, nullable=False, server_default="0"),
    #: The document that the kept contact is bound to.
    Column("kept_digest", Digest16),
    Column("kept_contact", LargeBinary),
    Column("kept_wishes", Text),
    Column("retained_until", bytewise(10)),
    CheckConstraint("rounds_waited >= 0 AND bonus_tickets >= 0", name="counts_not_negative"),
    # A city's draw changes a fifth of the rows: with room in their own pages no index has to be told.
    postgresql_with={"fillfactor": 75},
)

# On PostgreSQL guards stand in for the keys of documents and registrations to persons (guards.person_guards).

#: A document of a person: its canonical id encrypted, its digest under one version of the index key.
documents = Table(
    "documents",
    metadata,
    Column("id_digest", Digest16, primary_key=True),
    Column("key_version", SmallInteger, nullable=False),
    Column("person_id", ForeignKey("persons.id"), nullable=False, index=True),
    Column("data_version", SmallInteger, nullable=False),
    Column("canonical", LargeBinary, nullable=False),
)
Index("ix_documents_versions", documents.c.key_version, documents.c.data_version)

#: One entry of one person in one round; the number is theirs for the whole round.
registrations = Table(
    "registrations",
    metadata,
    # No foreign key: rounds are never deleted, and checking it for every line of a file takes as long as inserting.
    Column("round_id", BigInteger, primary_key=True),
    Column("number", Number, primary_key=True),
    Column("person_id", ForeignKey("persons.id"), nullable=False),
    Column("status", String(10), nullable=False),
    Column("id_digest", Digest16, nullable=False),
    Column("name_digest", Digest8, nullable=False),
    Column("phone_digest", Digest16),
    Column("key_version", SmallInteger, nullable=False),
    Column("contact", LargeBinary, nullable=False),
    Column("age", SmallInteger),
    Column("sex", String(1)),
    Column("for_whom", String(6), nullable=False),
    Column("is_keeping", Boolean, nullable=False),
    Column("district", Slug, nullable=False),
    Column("reach", String(8), nullable=False),
    Column("choices", bytewise(820), nullable=False),
    Column("seal", bytewise(40), nullable=False),
    Column("registered_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    #: The draw that was open and the ledger's size when last changed: so a receipt signed again is the same bytes.
    Column("draw", Integer, nullable=False),
    Column("ledger_size", Integer, nullable=False),
    Column("entered_by", Text, nullable=False),
    one_of("status", ("standing", "withdrawn")),
    one_of("reach", ("city", "district", "choices")),
    one_of("for_whom", ("self", "child", "parent", "other")),
)
#: A phone that tried to register somebody whom another had: it counts for that phone as if it had.
repeats = Table(
    "repeats",
    metadata,
    Column("round_id", BigInteger, primary_key=True),
    Column("phone_digest", Digest16, primary_key=True),
    Column("number", Number, primary_key=True),
)
#: Who collects for a winner, encrypted, as they stand; the times of naming are in the audit log.
proxies = Table(
    "proxies",
    metadata,
    Column("round_id", BigInteger, primary_key=True),
    Column("number", Number, primary_key=True),
    Column("words", LargeBinary, nullable=False),
    Column("named_at", UtcTime, nullable=False),
)
# One entry a person a round. A document is looked up by its person: each index costs a large file a sixth of its time.
Index("uq_registrations_person", registrations.c.person_id, registrations.c.round_id, unique=True)
# What differs stands first: with the round first, the same for all of a file, PostgreSQL sorts three times as long.
Index("ix_registrations_by_phone", registrations.c.phone_digest, registrations.c.round_id)
