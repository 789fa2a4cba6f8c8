"""The door of the auditor: the audit log, the ledger and its checkpoints."""
