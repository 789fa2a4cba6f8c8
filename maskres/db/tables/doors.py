"""What the doors need besides the round itself: staff accounts, tokens, one-time codes, idempotency keys."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from maskres.db.tables.base import metadata, one_of
from maskres.db.types import Digest16, RowId, Sha256, Slug, UtcTime, bytewise
from maskres.rounds.roles import TOKEN_ROLES, StaffRole

#: A member of staff. Never deleted, since the audit log names them; a disabled account stops at once.
staff_accounts = Table(
    "staff_accounts",
    metadata,
    Column("id", RowId, primary_key=True),
    #: By which they log in and the audit log knows them, in lower case.
    Column("name", Slug, nullable=False, unique=True),
    Column("shown_name", Text, nullable=False),
    Column("role", String(10), nullable=False),
    Column("store", Slug),
    Column("password_hash", Text, nullable=False),
    #: Secret of the second factor, encrypted under the data key; none until setting it up begins.
    Column("totp_secret", LargeBinary),
    Column("data_version", SmallInteger),
    #: When its first code came: only from then on is it asked for.
    Column("totp_since", UtcTime),
    #: Last time step whose code was taken: none is taken twice.
    Column("totp_step", Integer, nullable=False, server_default="0"),
    #: Sessions begun under an older version have ended.
    Column("session_version", Integer, nullable=False, server_default="1"),
    Column("is_disabled", Boolean, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", Text, nullable=False),
    one_of("role", StaffRole),
    CheckConstraint("(role = 'counter') = (store IS NOT NULL)", name="counter_has_store"),
    CheckConstraint("(totp_secret IS NULL) = (data_version IS NULL)", name="secret_has_version"),
    CheckConstraint("totp_since IS NULL OR totp_secret IS NOT NULL", name="factor_has_secret"),
)

#: What a partner's system or a till shows instead of a password; only its digest is kept.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Slug, nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    Column("store", Slug),
    Column("token_digest", Digest16, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("revoked_at", UtcTime),
    one_of("role", TOKEN_ROLES),
    CheckConstraint("(role = 'counter') = (store IS NOT NULL)", name="counter_has_store"),
)

#: What makes a device at a counter a till, once and within the hour; its code is kept nowhere.
#: Taken, it has become the token of the same name.
till_invitations = Table(
    "till_invitations",
    metadata,
    Column("name", Slug, primary_key=True),
    Column("store", Slug, nullable=False),
    Column("code_digest", Digest16, nullable=False, unique=True),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("taken_at", UtcTime),
)

#: A one-time code sent to a phone; its digest and the phone's are keyed, neither is kept in clear.
phone_codes = Table(
    "phone_codes",
    metadata,
    Column("id", bytewise(32), primary_key=True),
    Column("phone_digest", Digest16, nullable=False),
    #: Encrypted: whoever types the code has proved this phone.
    Column("phone", LargeBinary, nullable=False),
    Column("code_digest", Digest16, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("used_at", UtcTime),
    #: Nothing was sent, since too much was already: nobody outside can tell.
    Column("is_decoy", Boolean, nullable=False, server_default="0"),
)
Index("ix_phone_codes_phone", phone_codes.c.phone_digest, phone_codes.c.created_at)
Index("ix_phone_codes_expiry", phone_codes.c.expires_at)

#: A request that must not be done twice: what was asked, and the answer once there is one, encrypted.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    #: Who asks: nobody is answered with what somebody else was.
    Column("scope", bytewise(80), primary_key=True),
    Column("key", bytewise(80), primary_key=True),
    Column("request_sha256", Sha256, nullable=False),
    #: While the holder works, until when; a killed holder expires.
    Column("held_until", UtcTime, nullable=False),
    Column("holder", bytewise(32), nullable=False),
    Column("status", SmallInteger),
    Column("answer", LargeBinary),
    Column("data_version", SmallInteger),
    Column("expires_at", UtcTime, nullable=False),
    CheckConstraint("(status IS NULL) = (answer IS NULL)", name="answer_has_status"),
)
Index("ix_idempotency_keys_expiry", idempotency_keys.c.expires_at)
