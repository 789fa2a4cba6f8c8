"""RFC 6962 Merkle trees: roots, proofs that a leaf is in, proofs that a tree only grew.

A tree is known by the hashes of its leaves, in order. Level 0 holds them; each next level holds one node a pair,
and a last node without partner goes up as it is, so `level[k][i]` is the root over leaves i·2^k up to (i+1)·2^k
or the end. Every hash here is 32 raw bytes; hex and base64 are the business of files and notes.

Source: spec L5, L6; RFC 6962, section 2.1; verification as in RFC 9162, section 2.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maskres.errors import CheckFailed

HASH_LENGTH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

_MOST_PROOF_HASHES = 64  # of a tree of 2^64 leaves; nobody sends more in good faith


def leaf_hash(data: bytes) -> bytes:
    """Hash the bytes of a leaf: SHA-256 of 0x00 and the bytes. Source: RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two nodes into their parent: SHA-256 of 0x01, left, right. Source: RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole tree, hashed once, for many proofs.

    Attributes:
        levels: from the leaves to the root; one empty level where there are no leaves.
    """

    levels: tuple[tuple[bytes, ...], ...]

    @property
    def size(self) -> int:
        """Leaves of the tree."""
        return len(self.levels[0])

    @property
    def leaf_hashes(self) -> tuple[bytes, ...]:
        """Hashes of the leaves in order, 32 bytes each."""
        return self.levels[0]

    @property
    def root(self) -> bytes:
        """Root of the tree, 32 bytes; SHA-256 of nothing for the empty tree."""
        return self.levels[-1][0] if self.levels[0] else EMPTY_ROOT

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Give the hashes that lead from one leaf to the root.

        Args:
            index: the leaf's place, from 0, below the tree's size.

        Returns:
            Sibling hashes from the leaf upwards; none in a tree of one leaf.

        Raises:
            ValueError: there is no such leaf.

        Source: RFC 6962, section 2.1.1.
        """
        if not 0 <= index < self.size:
            raise ValueError(f"no leaf {index} in a tree of {self.size}")
        proof = []
        for level in self.levels[:-1]:
            if index ^ 1 < len(level):
                proof.append(level[index ^ 1])
            index >>= 1
        return proof

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Give the hashes that show the first leaves unchanged.

        Args:
            old_size: leaves of the older tree, 0 to the present size.

        Returns:
            Hashes in the order of RFC 6962; none where the older tree is empty or is the present one.

        Raises:
            ValueError: the older size is negative or above the present one.

        Source: RFC 6962, section 2.1.2.
        """
        size = self.size
        if not 0 <= old_size <= size:
            raise ValueError(f"no tree of {old_size} leaves in one of {size}")
        if old_size in (0, size):
            return []
        # SUBPROOF(m, D[start:start+size], b) without recursion; its hashes come out from the root downwards.
        proof: list[bytes] = []
        start, old, is_whole = 0, old_size, True
        while old != size:
            height = (size - 1).bit_length() - 1
            half = 1 << height
            if old <= half:
                proof.append(self.levels[height][(start + half) >> height])
                size = half
            else:
                proof.append(self.levels[height][start >> height])
                start, old, size, is_whole = start + half, old - half, size - half, False
        if not is_whole:
            height = (size - 1).bit_length()
            proof.append(self.levels[height][start >> height])
        proof.reverse()
        return proof


def tree(leaf_hashes: Iterable[bytes]) -> Tree:
    """Hash a whole tree.

    Args:
        leaf_hashes: hashes of the leaves in order, 32 bytes each, perhaps none.

    Source: RFC 6962, section 2.1.
    """
    levels = [tuple(leaf_hashes)]
    while len(levels[-1]) > 1:
        level = levels[-1]
        pairs = len(level) - len(level) % 2
        parents = [node_hash(level[i], level[i + 1]) for i in range(0, pairs, 2)]
        levels.append((*parents, *level[pairs:]))
    return Tree(tuple(levels))


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Compute the root of a tree, 32 bytes (see Tree.root)."""
    return tree(leaf_hashes).root


class Frontier:
    """A tree that only grows, kept as the roots of its complete subtrees: one hash a set bit of its size."""

    __slots__ = ("_peaks", "_size")

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._peaks: list[bytes] = []
        self._size = 0
        for leaf in leaf_hashes:
            self.append(leaf)

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add a leaf at the end.

        Args:
            leaf: its hash, 32 bytes.
        """
        node, size = leaf, self._size
        while size & 1:
            node = node_hash(self._peaks.pop(), node)
            size >>= 1
        self._peaks.append(node)
        self._size += 1

    def root(self) -> bytes:
        """Compute the root over the leaves so far, 32 bytes."""
        if not self._peaks:
            return EMPTY_ROOT
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_hash(peak, node)
        return node


def inclusion_proof(index: int, leaf_hashes: Iterable[bytes]) -> list[bytes]:
    """Give the hashes that lead from one leaf to the root (see Tree.inclusion_proof)."""
    return tree(leaf_hashes).inclusion_proof(index)


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], expected_root: bytes
) -> None:
    """Check that a leaf stands at its place in a tree.

    Args:
        index: the leaf's place, from 0.
        size: leaves of the tree.
        leaf: the leaf's hash.
        proof: sibling hashes from the leaf upwards.
        expected_root: the tree's root, 32 bytes.

    Raises:
        CheckFailed: "not-included".

    Source: RFC 9162, section 2.1.3.2.
    """
    if not (0 <= index < size and len(proof) <= _MOST_PROOF_HASHES and _are_hashes((leaf, *proof))):
        raise _not_included(index, size)
    node, place, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            raise _not_included(index, size)
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:  # levels this node went up through without a partner
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or node != expected_root:
        raise _not_included(index, size)


def consistency_proof(old_size: int, leaf_hashes: Iterable[bytes]) -> list[bytes]:
    """Give the hashes that show the first leaves unchanged in a grown tree (see Tree.consistency_proof)."""
    return tree(leaf_hashes).consistency_proof(old_size)


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree is an older tree with leaves added at its end.

    Args:
        old_size: leaves of the older tree.
        new_size: leaves of the newer tree, not below old_size.
        old_root: root of the older tree, 32 bytes.
        new_root: root of the newer tree, 32 bytes.
        proof: hashes in the order of RFC 6962.

    Raises:
        CheckFailed: "not-consistent".

    Source: RFC 9162, section 2.1.4.2.
    """
    refusal = CheckFailed(
        "not-consistent",
        f"The list of {new_size} entries is not the list of {old_size} entries with more added at its end: "
        "something already published was changed or taken away.",
    )
    if not 0 <= old_size <= new_size or len(proof) > _MOST_PROOF_HASHES or not _are_hashes(proof):
        raise refusal
    if old_size in (0, new_size):
        known_root = new_root if old_size else EMPTY_ROOT
        if proof or old_root != known_root or (new_size == 0 and new_root != EMPTY_ROOT):
            raise refusal
        return
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    hashes = list(proof)
    if place == 0:  # the older tree is complete: its own root is where the path begins
        hashes.insert(0, old_root)
    if not hashes:
        raise refusal
    old_node = new_node = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise refusal
        if place & 1 or place == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or old_node != old_root or new_node != new_root:
        raise refusal


def _are_hashes(hashes: Iterable[bytes]) -> bool:
    return all(len(one) == HASH_LENGTH for one in hashes)


def _not_included(index: int, size: int) -> CheckFailed:
    return CheckFailed(
        "not-included", f"The proof does not lead from leaf {index} to the root of {size} leaves."
    )
