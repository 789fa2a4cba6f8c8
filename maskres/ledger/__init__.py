"""The public ledger: entries, Merkle tree, checkpoints and bundles."""
