"""Proofs about the ledger as files: that an entry stands in it, that it has only grown.

Source: spec L6, L7; RFC 6962, section 2.1; in JSON, hashes in hex.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.ledger import members, merkle


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a line of the ledger is a leaf of its tree.

    Attributes:
        entry: place of the line, from 0.
        size: lines of the tree.
        leaf: hash of the line, 32 bytes.
        root: of the tree, 32 bytes.
        hashes: from the leaf upwards.
    """

    entry: int
    size: int
    leaf: bytes
    root: bytes
    hashes: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        """Write the proof as an object of JSON."""
        return {
            "entry": self.entry,
            "size": self.size,
            "leaf": self.leaf.hex(),
            "root": self.root.hex(),
            "hashes": [each.hex() for each in self.hashes],
        }

    def verify(self, line: bytes | None = None) -> None:
        """Check the proof, and that it is about a line's bytes (without LF), if they are given.

        Raises:
            CheckFailed: "not-included".
        """
        leaf = self.leaf if line is None else merkle.leaf_hash(line)
        merkle.verify_inclusion(self.entry, self.size, leaf, self.hashes, self.root)


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That a ledger holds an older one, unchanged.

    Attributes:
        old_size: lines of the older tree.
        size: lines of the newer tree.
        old_root: of the older tree, 32 bytes.
        root: of the newer tree, 32 bytes.
        hashes: in the order of RFC 6962.
    """

    old_size: int
    size: int
    old_root: bytes
    root: bytes
    hashes: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        """Write the proof as an object of JSON."""
        return {
            "old_size": self.old_size,
            "size": self.size,
            "old_root": self.old_root.hex(),
            "root": self.root.hex(),
            "hashes": [each.hex() for each in self.hashes],
        }

    def verify(self) -> None:
        """Check the proof.

        Raises:
            CheckFailed: "not-consistent".
        """
        merkle.verify_consistency(self.old_size, self.size, self.old_root, self.root, self.hashes)


def prove_inclusion(lines: Sequence[bytes], entry: int, size: int) -> InclusionProof:
    """Prove that a line stands in a ledger.

    Args:
        lines: the ledger's lines without LF, at least `size`.
        entry: place of the line, from 0.
        size: lines of the tree it is to be proved in.

    Raises:
        InputError: "unknown-entry", "unknown-size".
    """
    _require_size(lines, size, "size")
    if not 0 <= entry < size:
        raise InputError("unknown-entry", f"A ledger of {size} lines has no line {entry}.", field="entry")
    tree = merkle.tree(merkle.leaf_hash(line) for line in lines[:size])
    hashes = tuple(tree.inclusion_proof(entry))
    return InclusionProof(entry, size, tree.leaf_hashes[entry], tree.root, hashes)


def prove_consistency(lines: Sequence[bytes], old_size: int, size: int) -> ConsistencyProof:
    """Prove that a ledger has only grown.

    Args:
        lines: the ledger's lines without LF, at least `size`.
        old_size: lines of the older tree, at least 1.
        size: lines of the newer tree.

    Raises:
        InputError: "unknown-size".
    """
    _require_size(lines, size, "size")
    _require_size(lines[:size], old_size, "old_size")
    leaves = [merkle.leaf_hash(line) for line in lines[:size]]
    tree = merkle.tree(leaves)
    hashes = tuple(tree.consistency_proof(old_size))
    return ConsistencyProof(old_size, size, merkle.root(leaves[:old_size]), tree.root, hashes)


def read_proof(data: bytes, *, file: str) -> InclusionProof | ConsistencyProof:
    """Read a proof of either kind; it is not checked yet.

    Args:
        data: one JSON object, as to_json gives it.
        file: the name to give in errors.

    Raises:
        InputError: "bad-json", "bad-member".
    """
    value = strict_json.loads(data, file=file)
    is_inclusion = "entry" in value
    shape: dict[str, members.Check] = {
        "size": members.integer(lowest=1),
        "root": members.sha256,
        "hashes": members.list_of(members.sha256, highest=64),
    }
    if is_inclusion:
        shape |= {"entry": members.integer(), "leaf": members.sha256}
    else:
        shape |= {"old_size": members.integer(lowest=1), "old_root": members.sha256}
    try:
        members.object_of(shape)(value, "")
    except InputError as error:
        error.file = file
        raise
    hashes = tuple(bytes.fromhex(each) for each in value["hashes"])
    root = bytes.fromhex(value["root"])
    if is_inclusion:
        return InclusionProof(value["entry"], value["size"], bytes.fromhex(value["leaf"]), root, hashes)
    return ConsistencyProof(value["old_size"], value["size"], bytes.fromhex(value["old_root"]), root, hashes)


def _require_size(lines: Sequence[bytes], size: int, field: str) -> None:
    if not 1 <= size <= len(lines):
        raise InputError("unknown-size", f"The ledger has {len(lines)} lines, not {size}.", field=field)
