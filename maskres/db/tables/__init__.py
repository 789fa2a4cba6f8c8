"""Every table, in the order data flows: rounds, people, registers, draws, pickup, public record, doors, work."""

from __future__ import annotations

from maskres.db.tables.base import metadata
from maskres.db.tables.doors import (
    api_tokens,
    idempotency_keys,
    phone_codes,
    staff_accounts,
    till_invitations,
)
from maskres.db.tables.draws import (
    batch_changes,
    batches,
    corrections,
    disputes,
    entries,
    facts,
    pinned_registers,
    results,
    slots,
    verdicts,
)
from maskres.db.tables.people import documents, persons, proxies, registrations, repeats
from maskres.db.tables.pickup import handovers, places, stock_counts, store_states, tills
from maskres.db.tables.public import (
    artifact_chunks,
    artifacts,
    audit_log,
    checkpoints,
    cosignatures,
    deployment,
    ledger_entries,
)
from maskres.db.tables.registers import identity_links, register_rows, register_versions
from maskres.db.tables.rounds import draws, registration_files, rounds, stores
from maskres.db.tables.work import messages, part_outputs, task_parts, tasks, upload_pieces, uploads

__all__ = [
    "api_tokens",
    "artifact_chunks",
    "artifacts",
    "audit_log",
    "batch_changes",
    "batches",
    "checkpoints",
    "corrections",
    "cosignatures",
    "deployment",
    "disputes",
    "documents",
    "draws",
    "entries",
    "facts",
    "handovers",
    "idempotency_keys",
    "identity_links",
    "ledger_entries",
    "messages",
    "metadata",
    "part_outputs",
    "persons",
    "phone_codes",
    "pinned_registers",
    "places",
    "proxies",
    "register_rows",
    "register_versions",
    "registration_files",
    "registrations",
    "repeats",
    "results",
    "rounds",
    "slots",
    "staff_accounts",
    "stock_counts",
    "store_states",
    "stores",
    "task_parts",
    "tasks",
    "till_invitations",
    "tills",
    "upload_pieces",
    "uploads",
    "verdicts",
]
