"""The first tables and their guards.

Revision: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from maskres.db import types
from maskres.db.guards import counting_function, guard_removals, guard_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and set their guards."""
    op.create_table(
        "artifact_chunks",
        sa.Column("sha256", types.bytewise(64), nullable=False),
        sa.Column("piece", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "piece", name=op.f("pk_artifact_chunks")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("round", types.bytewise(40), nullable=True),
        sa.Column("draw", sa.Integer(), nullable=True),
        sa.Column("number", types.bytewise(12), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_actor", "audit_log", ["actor", "act", "at"], unique=False)
    op.create_table(
        "checkpoints",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", types.bytewise(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_deployment_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "entries",
        sa.Column("draw_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("id_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(length=8), nullable=False),
        sa.Column("age", sa.SmallInteger(), nullable=True),
        sa.Column("district", types.bytewise(40), nullable=False),
        sa.Column("reach", sa.String(length=8), nullable=False),
        sa.Column("choices", types.bytewise(820), nullable=False),
        sa.Column("seal", types.bytewise(40), nullable=False),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_entries")),
    )
    op.create_table(
        "facts",
        sa.Column("draw_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("mask", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_facts")),
    )
    op.create_table(
        "identity_links",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("id_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("group_digest", sa.LargeBinary(length=16), nullable=False),
    )
    op.create_index("ix_identity_links_document", "identity_links", ["id_digest"], unique=False)
    op.create_index("ix_identity_links_group", "identity_links", ["version_id", "group_digest"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("round", types.bytewise(40), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=True),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_entries")),
    )
    op.create_table(
        "places",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("draw_id", sa.BigInteger(), nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("store", types.bytewise(40), nullable=True),
        sa.Column("slot", types.bytewise(40), nullable=True),
        sa.Column("choice", sa.String(length=2), nullable=False),
        sa.Column("code_version", sa.SmallInteger(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("collected_nonce", types.bytewise(64), nullable=True),
        sa.Column("collected_store", types.bytewise(40), nullable=True),
        sa.Column("collected_till", sa.Text(), nullable=True),
        sa.Column("collected_at", types.UtcTime(), nullable=True),
        sa.Column("collected_from", sa.String(length=12), nullable=True),
        sa.CheckConstraint(
            "(status = 'collected') = (collected_nonce IS NOT NULL)",
            name=op.f("ck_places_collected_by_nonce"),
        ),
        sa.CheckConstraint(
            "status IN ('assigned', 'collected', 'forfeited', 'cancelled', 'disqualified', 'displaced', 'unplaced', 'lapsed')",
            name=op.f("ck_places_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('assigned', 'collected') OR slot IS NOT NULL",
            name=op.f("ck_places_placed_has_slot"),
        ),
        sa.CheckConstraint("(code_digest IS NULL) = (slot IS NULL)", name=op.f("ck_places_code_with_slot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_places_code_digest")),
        sa.UniqueConstraint("draw_id", "number", name=op.f("uq_places_draw_id_number")),
    )
    op.create_index("ix_places_collected", "places", ["collected_store", "collected_at"], unique=False)
    op.create_index("ix_places_slot", "places", ["draw_id", "store", "slot"], unique=False)
    op.create_table(
        "register_rows",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("id_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(length=8), nullable=False),
        sa.Column("valid_from", sa.Integer(), nullable=True),
        sa.Column("valid_until", sa.Integer(), nullable=True),
        sa.Column("months", sa.BigInteger(), nullable=False),
        sa.Column("is_deceased", sa.Boolean(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
    )
    op.create_index("ix_register_rows_person", "register_rows", ["version_id", "id_digest"], unique=False)
    op.create_table(
        "register_versions",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", types.bytewise(64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("as_of", types.bytewise(10), nullable=False),
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("imported_at", types.UtcTime(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_versions")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_register_versions_kind_version")),
    )
    op.create_table(
        "results",
        sa.Column("draw_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("stratum", types.bytewise(40), nullable=False),
        sa.Column("ticket", types.bytewise(16), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.CheckConstraint("outcome IN ('won', 'waiting')", name=op.f("ck_results_outcome_known")),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_results")),
    )
    op.create_index("ix_results_order", "results", ["draw_id", "outcome", "stratum", "rank"], unique=False)
    op.create_table(
        "repeats",
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "phone_digest", "number", name=op.f("pk_repeats")),
    )
    op.create_table(
        "rounds",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("slug", types.bytewise(40), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.Column("cosigners", sa.Text(), nullable=False),
        sa.Column("opens_at", types.UtcTime(), nullable=True),
        sa.Column("closes_at", types.UtcTime(), nullable=True),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("opened_at", types.UtcTime(), nullable=True),
        sa.Column("finished_at", types.UtcTime(), nullable=True),
        sa.Column("erased_at", types.UtcTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'open', 'finished', 'erased')", name=op.f("ck_rounds_status_known")
        ),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_rounds_opens_before_closing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("slug", name=op.f("uq_rounds_slug")),
    )
    op.create_table(
        "cosignatures",
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("cosigned_at", types.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["checkpoints.size"], name=op.f("fk_cosignatures_size")),
        sa.PrimaryKeyConstraint("size", "name", name=op.f("pk_cosignatures")),
    )
    op.create_table(
        "draws",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("round_id", types.RowId, nullable=False),
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("opens_at", types.UtcTime(), nullable=True),
        sa.Column("closes_at", types.UtcTime(), nullable=True),
        sa.Column("opened_at", types.UtcTime(), nullable=False),
        sa.Column("closed_at", types.UtcTime(), nullable=True),
        sa.Column("decided_at", types.UtcTime(), nullable=True),
        sa.Column("committed_at", types.UtcTime(), nullable=True),
        sa.Column("committed_by", sa.Text(), nullable=True),
        sa.Column("drawn_at", types.UtcTime(), nullable=True),
        sa.Column("published_at", types.UtcTime(), nullable=True),
        sa.Column("finished_at", types.UtcTime(), nullable=True),
        sa.Column("dice", sa.Text(), nullable=True),
        sa.Column("beacon", sa.Text(), nullable=True),
        sa.Column("seed", types.bytewise(64), nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'closed', 'decided', 'committed', 'diced', 'drawn', 'published', 'collecting', 'finished', 'void')",
            name=op.f("ck_draws_status_known"),
        ),
        sa.CheckConstraint("draw >= 1", name=op.f("ck_draws_draw_from_one")),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("ck_draws_opens_before_closing")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_draws_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draws")),
        sa.UniqueConstraint("round_id", "draw", name=op.f("uq_draws_round_id_draw")),
    )
    op.create_index(
        "uq_draws_open",
        "draws",
        ["round_id"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "handovers",
        sa.Column("nonce", types.bytewise(64), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=True),
        sa.Column("store", types.bytewise(40), nullable=False),
        sa.Column("till", sa.Text(), nullable=False),
        sa.Column("claimed_at", types.UtcTime(), nullable=False),
        sa.Column("received_at", types.UtcTime(), nullable=False),
        sa.Column("is_offline", sa.Boolean(), nullable=False),
        sa.Column("has_code", sa.Boolean(), nullable=False),
        sa.Column("is_proxy", sa.Boolean(), nullable=False),
        sa.Column("undoes", types.bytewise(64), nullable=True),
        sa.Column("answer", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("answer_at", types.UtcTime(), nullable=True),
        sa.Column("answer_till", sa.Text(), nullable=True),
        sa.Column("answer_store", types.bytewise(40), nullable=True),
        sa.CheckConstraint(
            "answer IN ('valid', 'handed-out', 'undone', 'already-handed-out', 'other-store', 'other-day', 'unknown', 'given-back', 'forfeited', 'disqualified', 'displaced', 'not-placed', 'lapsed', 'conflict', 'nonce-reused', 'bad-nonce', 'card-limit', 'undo-too-late', 'nothing-to-undo')",
            name=op.f("ck_handovers_answer_known"),
        ),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_handovers")),
    )
    op.create_index("ix_handovers_day", "handovers", ["round_id", "store", "received_at"], unique=False)
    op.create_table(
        "registration_files",
        sa.Column("round_id", types.RowId, nullable=False),
        sa.Column("sha256", types.bytewise(64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("imported_at", types.UtcTime(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_registration_files_round_id")),
        sa.PrimaryKeyConstraint("round_id", "sha256", name=op.f("pk_registration_files")),
    )
    op.create_table(
        "stock_counts",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("round_id", types.RowId, nullable=False),
        sa.Column("store", types.bytewise(40), nullable=False),
        sa.Column("day", types.bytewise(10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("counted_at", types.UtcTime(), nullable=False),
        sa.Column("counted_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('delivered', 'damaged', 'left')", name=op.f("ck_stock_counts_kind_known")
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_stock_counts_quantity_not_negative")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_stock_counts_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
    )
    op.create_index("uq_stock_counts_day", "stock_counts", ["round_id", "store", "day", "kind"], unique=True)
    op.create_table(
        "store_states",
        sa.Column("round_id", types.RowId, nullable=False),
        sa.Column("store", types.bytewise(40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("said_at", types.UtcTime(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'sold-out', 'closed', 'device-down')", name=op.f("ck_store_states_state_known")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_store_states_round_id")),
        sa.PrimaryKeyConstraint("round_id", "store", name=op.f("pk_store_states")),
    )
    op.create_table(
        "stores",
        sa.Column("round_id", types.RowId, nullable=False),
        sa.Column("store", types.bytewise(40), nullable=False),
        sa.Column("district", types.bytewise(40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("opens", sa.String(length=5), nullable=False),
        sa.Column("closes", sa.String(length=5), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_stores_round_id")),
        sa.PrimaryKeyConstraint("round_id", "store", name=op.f("pk_stores")),
    )
    op.create_table(
        "tills",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("round_id", types.RowId, nullable=False),
        sa.Column("store", types.bytewise(40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enrolled_at", types.UtcTime(), nullable=False),
        sa.Column("reported_at", types.UtcTime(), nullable=True),
        sa.Column("revoked_at", types.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_tills_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tills")),
    )
    op.create_index("uq_tills_name", "tills", ["round_id", "store", "name"], unique=True)
    op.create_table(
        "artifacts",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("round_id", types.RowId, nullable=False),
        sa.Column("draw_id", types.RowId, nullable=True),
        sa.Column("name", types.bytewise(60), nullable=False),
        sa.Column("sha256", types.bytewise(64), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("published_at", types.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_artifacts_draw_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_artifacts_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifacts")),
    )
    op.create_index("uq_artifacts_name", "artifacts", ["draw_id", "name"], unique=True)
    op.create_table(
        "batch_changes",
        sa.Column("id", types.RowId, nullable=False),
        sa.Column("draw_id", types.RowId, nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("changed_at", types.UtcTime(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_batch_changes_draw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_changes")),
    )
    op.create_index("ix_batch_changes_number", "batch_changes", ["draw_id", "number"], unique=False)
    op.create_table(
        "batches",
        sa.Column("draw_id", types.RowId, nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("released", sa.Text(), nullable=False),
        sa.Column("published_at", types.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_batches_draw_id")),
        sa.PrimaryKeyConstraint("draw_id", "batch", name=op.f("pk_batches")),
    )
    op.create_table(
        "corrections",
        sa.Column("draw_id", types.RowId, nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_corrections_draw_id")),
        sa.PrimaryKeyConstraint("draw_id", "number", "kind", name=op.f("pk_corrections")),
    )
    op.create_table(
        "disputes",
        sa.Column("draw_id", types.RowId, nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("lodged_at", types.UtcTime(), nullable=False),
        sa.Column("resolved_at", types.UtcTime(), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("is_kept", sa.Boolean(), server_default="0", nullable=False),
        sa.CheckConstraint("status IN ('open', 'upheld', 'rejected')", name=op.f("ck_disputes_status_known")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_disputes_draw_id")),
        sa.PrimaryKeyConstraint("draw_id", "number", name=op.f("pk_disputes")),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_win_at", types.UtcTime(), nullable=True),
        sa.Column("last_win_draw_id", types.RowId, nullable=True),
        sa.Column("rounds_waited", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("bonus_tickets", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("kept_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("kept_contact", sa.LargeBinary(), nullable=True),
        sa.Column("kept_wishes", sa.Text(), nullable=True),
        sa.Column("retained_until", types.bytewise(10), nullable=True),
        sa.CheckConstraint(
            "rounds_waited >= 0 AND bonus_tickets >= 0", name=op.f("ck_persons_counts_not_negative")
        ),
        sa.ForeignKeyConstraint(["last_win_draw_id"], ["draws.id"], name=op.f("fk_persons_last_win_draw_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
    )
    op.create_table(
        "pinned_registers",
        sa.Column("draw_id", types.RowId, nullable=False),
        sa.Column("version_id", types.RowId, nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_pinned_registers_draw_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["register_versions.id"], name=op.f("fk_pinned_registers_version_id")
        ),
        sa.PrimaryKeyConstraint("draw_id", "version_id", name=op.f("pk_pinned_registers")),
    )
    op.create_table(
        "slots",
        sa.Column("draw_id", types.RowId, nullable=False),
        sa.Column("store", types.bytewise(40), nullable=False),
        sa.Column("slot", types.bytewise(40), nullable=False),
        sa.Column("starts_at", types.UtcTime(), nullable=False),
        sa.Column("ends_at", types.UtcTime(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_closed", sa.Boolean(), server_default="0", nullable=False),
        sa.CheckConstraint("capacity >= 1", name=op.f("ck_slots_capacity_positive")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_slots_starts_before_it_ends")),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_slots_taken_within_capacity")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_slots_draw_id")),
        sa.PrimaryKeyConstraint("draw_id", "store", "slot", name=op.f("pk_slots")),
    )
    op.create_table(
        "verdicts",
        sa.Column("draw_id", types.RowId, nullable=False),
        sa.Column("mask", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_eligible", sa.Boolean(), nullable=False),
        sa.Column("stratum", types.bytewise(40), nullable=False),
        sa.Column("tickets", sa.SmallInteger(), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("coarse_reason", sa.String(length=30), nullable=True),
        sa.CheckConstraint("tickets BETWEEN 1 AND 10", name=op.f("ck_verdicts_tickets_in_range")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_verdicts_draw_id")),
        sa.PrimaryKeyConstraint("draw_id", "mask", name=op.f("pk_verdicts")),
    )
    op.create_table(
        "documents",
        sa.Column("id_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("data_version", sa.SmallInteger(), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_documents_person_id")),
        sa.PrimaryKeyConstraint("id_digest", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_person_id"), "documents", ["person_id"], unique=False)
    op.create_index("ix_documents_versions", "documents", ["key_version", "data_version"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("number", types.bytewise(12), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("id_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name_digest", sa.LargeBinary(length=8), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("key_version", sa.SmallInteger(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("age", sa.SmallInteger(), nullable=True),
        sa.Column("sex", sa.String(length=1), nullable=True),
        sa.Column("for_whom", sa.String(length=6), nullable=False),
        sa.Column("is_keeping", sa.Boolean(), nullable=False),
        sa.Column("district", types.bytewise(40), nullable=False),
        sa.Column("reach", sa.String(length=8), nullable=False),
        sa.Column("choices", types.bytewise(820), nullable=False),
        sa.Column("seal", types.bytewise(40), nullable=False),
        sa.Column("registered_at", types.UtcTime(), nullable=False),
        sa.Column("changed_at", types.UtcTime(), nullable=False),
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("ledger_size", sa.Integer(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "for_whom IN ('self', 'child', 'parent', 'other')", name=op.f("ck_registrations_for_whom_known")
        ),
        sa.CheckConstraint(
            "reach IN ('city', 'district', 'choices')", name=op.f("ck_registrations_reach_known")
        ),
        sa.CheckConstraint("status IN ('standing', 'withdrawn')", name=op.f("ck_registrations_status_known")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_registrations_person_id")),
        sa.PrimaryKeyConstraint("round_id", "number", name=op.f("pk_registrations")),
        sa.UniqueConstraint("round_id", "person_id", name=op.f("uq_registrations_round_id_person_id")),
    )
    op.create_index("ix_registrations_document", "registrations", ["id_digest"], unique=False)
    op.create_index("ix_registrations_person", "registrations", ["person_id"], unique=False)
    op.create_index("ix_registrations_phone", "registrations", ["round_id", "phone_digest"], unique=False)
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        # Published files are stored as they are: compressing them again costs time at every reading.
        op.execute("ALTER TABLE artifact_chunks ALTER COLUMN data SET STORAGE EXTERNAL")
        op.execute(counting_function())
    for statement in guard_statements(dialect):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    dialect = op.get_bind().dialect.name
    for statement in guard_removals(dialect):
        op.execute(statement)
    if dialect == "postgresql":
        op.execute("DROP FUNCTION count_table")
    op.drop_index("ix_registrations_phone", table_name="registrations")
    op.drop_index("ix_registrations_person", table_name="registrations")
    op.drop_index("ix_registrations_document", table_name="registrations")
    op.drop_table("registrations")
    op.drop_index("ix_documents_versions", table_name="documents")
    op.drop_index(op.f("ix_documents_person_id"), table_name="documents")
    op.drop_table("documents")
    op.drop_table("verdicts")
    op.drop_table("slots")
    op.drop_table("pinned_registers")
    op.drop_table("persons")
    op.drop_table("disputes")
    op.drop_table("corrections")
    op.drop_table("batches")
    op.drop_index("ix_batch_changes_number", table_name="batch_changes")
    op.drop_table("batch_changes")
    op.drop_index("uq_artifacts_name", table_name="artifacts")
    op.drop_table("artifacts")
    op.drop_index("uq_tills_name", table_name="tills")
    op.drop_table("tills")
    op.drop_table("stores")
    op.drop_table("store_states")
    op.drop_index("uq_stock_counts_day", table_name="stock_counts")
    op.drop_table("stock_counts")
    op.drop_table("registration_files")
    op.drop_index("ix_handovers_day", table_name="handovers")
    op.drop_table("handovers")
    op.drop_index(
        "uq_draws_open",
        table_name="draws",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_table("draws")
    op.drop_table("cosignatures")
    op.drop_table("rounds")
    op.drop_table("repeats")
    op.drop_index("ix_results_order", table_name="results")
    op.drop_table("results")
    op.drop_table("register_versions")
    op.drop_index("ix_register_rows_person", table_name="register_rows")
    op.drop_table("register_rows")
    op.drop_index("ix_places_slot", table_name="places")
    op.drop_index("ix_places_collected", table_name="places")
    op.drop_table("places")
    op.drop_table("ledger_entries")
    op.drop_index("ix_identity_links_group", table_name="identity_links")
    op.drop_index("ix_identity_links_document", table_name="identity_links")
    op.drop_table("identity_links")
    op.drop_table("facts")
    op.drop_table("entries")
    op.drop_table("deployment")
    op.drop_table("checkpoints")
    op.drop_table("audit_log")
    op.drop_table("artifact_chunks")
