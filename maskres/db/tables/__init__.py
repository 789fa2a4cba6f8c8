"""Every table, in the order data flows: rounds, people, registers, draws, pickup, and the public record."""

from __future__ import annotations

from maskres.db.tables.base import metadata
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
from maskres.db.tables.people import documents, persons, registrations
from maskres.db.tables.pickup import handovers, places, stock_counts, tills
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

__all__ = [
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
    "identity_links",
    "ledger_entries",
    "metadata",
    "persons",
    "pinned_registers",
    "places",
    "register_rows",
    "register_versions",
    "registration_files",
    "registrations",
    "results",
    "rounds",
    "slots",
    "stock_counts",
    "stores",
    "tills",
    "verdicts",
]
