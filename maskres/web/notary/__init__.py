"""The door of notary and witness: figures and digests, cosignatures, dice, the audit."""
