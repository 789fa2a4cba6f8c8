"""What the doors and their work need: accounts, tokens, codes, idempotency keys, tasks, uploads, messages.

Revision: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maskres.db import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_tokens",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("name", types.bytewise(40), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("store", types.bytewise(40), nullable=True),
        sa.Column("token_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", types.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "(role = 'counter') = (store IS NOT NULL)", name=op.f("ck_api_tokens_counter_has_store")
        ),
        sa.CheckConstraint("role IN ('counter', 'helper')", name=op.f("ck_api_tokens_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_api_tokens_name")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_api_tokens_token_digest")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", types.bytewise(80), nullable=False),
        sa.Column("key", types.bytewise(80), nullable=False),
        sa.Column("request_sha256", types.bytewise(64), nullable=False),
        sa.Column("held_until", types.UtcTime(), nullable=False),
        sa.Column("holder", types.bytewise(32), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("data_version", sa.SmallInteger(), nullable=True),
        sa.Column("expires_at", types.UtcTime(), nullable=False),
        sa.CheckConstraint(
            "(status IS NULL) = (answer IS NULL)", name=op.f("ck_idempotency_keys_answer_has_status")
        ),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_expiry", "idempotency_keys", ["expires_at"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", types.bytewise(32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("data_version", sa.SmallInteger(), nullable=False),
        sa.Column("once", types.bytewise(200), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("due_at", types.UtcTime(), nullable=False),
        sa.Column("expires_at", types.UtcTime(), nullable=True),
        sa.Column("sent_at", types.UtcTime(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status <> 'waiting' OR content IS NOT NULL", name=op.f("ck_messages_waiting_has_content")
        ),
        sa.CheckConstraint("status IN ('waiting', 'sent', 'failed')", name=op.f("ck_messages_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("once", name=op.f("uq_messages_once")),
    )
    op.create_index("ix_messages_due", "messages", ["status", "due_at"], unique=False)
    op.create_index("ix_messages_phone", "messages", ["phone_digest"], unique=False)
    op.create_table(
        "phone_codes",
        sa.Column("id", types.bytewise(32), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("expires_at", types.UtcTime(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("used_at", types.UtcTime(), nullable=True),
        sa.Column("is_decoy", sa.Boolean(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_codes")),
    )
    op.create_index("ix_phone_codes_expiry", "phone_codes", ["expires_at"], unique=False)
    op.create_index("ix_phone_codes_phone", "phone_codes", ["phone_digest", "created_at"], unique=False)
    op.create_table(
        "staff_accounts",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("name", types.bytewise(40), nullable=False),
        sa.Column("shown_name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("store", types.bytewise(40), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("data_version", sa.SmallInteger(), nullable=True),
        sa.Column("totp_since", types.UtcTime(), nullable=True),
        sa.Column("totp_step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("session_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("is_disabled", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(role = 'counter') = (store IS NOT NULL)", name=op.f("ck_staff_accounts_counter_has_store")
        ),
        sa.CheckConstraint(
            "role IN ('operator', 'notary', 'witness', 'counter', 'helper', 'auditor')",
            name=op.f("ck_staff_accounts_role_known"),
        ),
        sa.CheckConstraint(
            "(totp_secret IS NULL) = (data_version IS NULL)",
            name=op.f("ck_staff_accounts_secret_has_version"),
        ),
        sa.CheckConstraint(
            "totp_since IS NULL OR totp_secret IS NOT NULL",
            name=op.f("ck_staff_accounts_factor_has_secret"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_accounts")),
        sa.UniqueConstraint("name", name=op.f("uq_staff_accounts_name")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", types.bytewise(32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("round", types.bytewise(40), nullable=True),
        sa.Column("draw", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", types.UtcTime(), nullable=False),
        sa.Column("once", types.bytewise(200), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("enqueued_at", types.UtcTime(), nullable=True),
        sa.Column("not_before", types.UtcTime(), nullable=True),
        sa.Column("lease", types.bytewise(32), nullable=True),
        sa.Column("lease_until", types.UtcTime(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("rows_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_total", sa.BigInteger(), nullable=True),
        sa.Column("steps", sa.Text(), server_default="{}", nullable=False),
        sa.Column("started_at", types.UtcTime(), nullable=True),
        sa.Column("ended_at", types.UtcTime(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'running') = (lease IS NOT NULL)", name=op.f("ck_tasks_running_is_leased")
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_tasks_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_status", "tasks", ["status", "requested_at"], unique=False)
    op.create_index(
        "uq_tasks_once",
        "tasks",
        ["once"],
        unique=True,
        sqlite_where=sa.text("status IN ('waiting', 'running')"),
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", types.bytewise(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", types.bytewise(64), nullable=False),
        sa.Column("uploaded_at", types.UtcTime(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_table(
        "upload_pieces",
        sa.Column("upload_id", types.bytewise(32), nullable=False),
        sa.Column("piece", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_upload_pieces_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "piece", name=op.f("pk_upload_pieces")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("upload_pieces")
    op.drop_table("uploads")
    op.drop_index(
        "uq_tasks_once",
        table_name="tasks",
        sqlite_where=sa.text("status IN ('waiting', 'running')"),
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.drop_index("ix_tasks_status", table_name="tasks")
    op.drop_table("tasks")
    op.drop_table("staff_accounts")
    op.drop_index("ix_phone_codes_phone", table_name="phone_codes")
    op.drop_index("ix_phone_codes_expiry", table_name="phone_codes")
    op.drop_table("phone_codes")
    op.drop_index("ix_messages_phone", table_name="messages")
    op.drop_index("ix_messages_due", table_name="messages")
    op.drop_table("messages")
    op.drop_index("ix_idempotency_keys_expiry", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("api_tokens")
