"""Merkle trees: published roots, every proof of every tree up to 70 leaves, and no proof with a bit changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import CheckFailed
from maskres.ledger import merkle

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "rfc6962_merkle.json").read_text(encoding="utf-8")
)
LEAVES = [merkle.leaf_hash(b"leaf %d" % i) for i in range(71)]
ROOTS = [merkle.root(LEAVES[:size]) for size in range(71)]


def naive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, word for word: split at the largest power of two below the size."""
    if len(leaves) < 2:
        return leaves[0] if leaves else merkle.EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size):
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaf_inputs_hex"][:size]]
    assert merkle.root(leaves).hex() == VECTORS["root_by_size"][size]
    assert merkle.Frontier(leaves).root().hex() == VECTORS["root_by_size"][size]


@pytest.mark.parametrize("size", range(71))
def test_root_is_that_of_the_definition(size):
    assert merkle.root(LEAVES[:size]) == naive_root(LEAVES[:size])


def test_frontier_has_every_root_on_its_way():
    frontier = merkle.Frontier()
    for size, leaf in enumerate(LEAVES[:70]):
        assert (frontier.size, frontier.root()) == (size, ROOTS[size])
        frontier.append(leaf)


@pytest.mark.parametrize("size", range(1, 71))
def test_every_leaf_is_included(size):
    tree = merkle.tree(LEAVES[:size])
    for index in range(size):
        proof = tree.inclusion_proof(index)
        assert len(proof) <= (size - 1).bit_length()
        merkle.verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])


@pytest.mark.parametrize("size", range(71))
def test_every_older_tree_is_consistent(size):
    for old in range(size + 1):
        proof = merkle.consistency_proof(old, LEAVES[:size])
        merkle.verify_consistency(old, size, ROOTS[old], ROOTS[size], proof)


@given(st.data())
def test_no_altered_inclusion_holds(data):
    size = data.draw(st.integers(2, 70))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, LEAVES[:size])
    merkle.verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])
    parts = [LEAVES[index], ROOTS[size], *proof]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flip(parts[which], data.draw(st.integers(0, 255)))
    with pytest.raises(CheckFailed) as refused:
        merkle.verify_inclusion(index, size, parts[0], parts[2:], parts[1])
    assert refused.value.code == "not-included"


@given(st.data())
def test_no_inclusion_holds_elsewhere(data):
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, 71).filter(lambda place: place != index))
    proof = merkle.inclusion_proof(index, LEAVES[:size])
    with pytest.raises(CheckFailed):
        merkle.verify_inclusion(other, size, LEAVES[index], proof, ROOTS[size])


@given(st.data())
def test_no_altered_consistency_holds(data):
    size = data.draw(st.integers(2, 70))
    old = data.draw(st.integers(1, size - 1))
    proof = merkle.consistency_proof(old, LEAVES[:size])
    merkle.verify_consistency(old, size, ROOTS[old], ROOTS[size], proof)
    parts = [ROOTS[old], ROOTS[size], *proof]
    which = data.draw(st.integers(0, len(parts) - 1))
    parts[which] = flip(parts[which], data.draw(st.integers(0, 255)))
    with pytest.raises(CheckFailed) as refused:
        merkle.verify_consistency(old, size, parts[0], parts[1], parts[2:])
    assert refused.value.code == "not-consistent"


@given(st.data())
def test_no_rewritten_history_is_consistent(data):
    size = data.draw(st.integers(2, 70))
    old = data.draw(st.integers(1, size - 1))
    rewritten = list(LEAVES[:size])
    place = data.draw(st.integers(0, old - 1))
    rewritten[place] = flip(rewritten[place], 0)
    proof = merkle.consistency_proof(old, rewritten)
    with pytest.raises(CheckFailed):
        merkle.verify_consistency(old, size, ROOTS[old], merkle.root(rewritten), proof)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 8, 11])
def test_longer_and_shorter_proofs_fail(size):
    for index in range(size):
        proof = merkle.inclusion_proof(index, LEAVES[:size])
        for wrong in ([*proof, LEAVES[70]], [LEAVES[70], *proof], proof[:-1] if proof else [LEAVES[70]]):
            with pytest.raises(CheckFailed):
                merkle.verify_inclusion(index, size, LEAVES[index], wrong, ROOTS[size])
    for old in range(1, size):
        proof = merkle.consistency_proof(old, LEAVES[:size])
        for wrong in ([*proof, LEAVES[70]], [LEAVES[70], *proof], proof[:-1]):
            with pytest.raises(CheckFailed):
                merkle.verify_consistency(old, size, ROOTS[old], ROOTS[size], wrong)


def test_a_larger_trees_proof_does_not_hold_for_smaller_sizes():
    with pytest.raises(CheckFailed):
        merkle.verify_inclusion(0, 1, LEAVES[1], [LEAVES[0]], ROOTS[2])
    proof = merkle.consistency_proof(7, LEAVES[:8])
    with pytest.raises(CheckFailed):
        merkle.verify_consistency(3, 4, ROOTS[7], ROOTS[8], proof)


def test_hashes_of_a_wrong_length_fail():
    joined = LEAVES[1] + LEAVES[2]
    with pytest.raises(CheckFailed):
        merkle.verify_inclusion(0, 2, LEAVES[0], [joined], merkle.node_hash(LEAVES[0], joined))
    with pytest.raises(CheckFailed):
        merkle.verify_consistency(1, 2, LEAVES[0], merkle.node_hash(LEAVES[0], joined), [joined])


@pytest.mark.parametrize(
    ("old", "new", "old_root", "new_root", "proof"),
    [
        (3, 2, ROOTS[3], ROOTS[2], []),
        (-1, 2, ROOTS[2], ROOTS[2], []),
        (0, 2, ROOTS[2], ROOTS[2], []),
        (0, 0, ROOTS[0], ROOTS[1], []),
        (2, 2, ROOTS[2], ROOTS[1], []),
        (2, 2, ROOTS[2], ROOTS[2], [ROOTS[1]]),
        (0, 2, ROOTS[0], ROOTS[2], [ROOTS[1]]),
        (2, 5, ROOTS[2], ROOTS[5], []),
        (1, 2, ROOTS[1], ROOTS[2], [LEAVES[1]] * 65),
    ],
)
def test_impossible_growth_fails(old, new, old_root, new_root, proof):
    with pytest.raises(CheckFailed):
        merkle.verify_consistency(old, new, old_root, new_root, proof)


def test_a_leaf_is_not_a_node():
    assert merkle.leaf_hash(LEAVES[0] + LEAVES[1]) != merkle.node_hash(LEAVES[0], LEAVES[1])


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_proof_of_a_leaf_that_is_not(index):
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(index, LEAVES[:3])


@pytest.mark.parametrize("old", [-1, 4])
def test_there_is_no_proof_from_a_tree_that_was_not(old):
    with pytest.raises(ValueError, match="no tree"):
        merkle.consistency_proof(old, LEAVES[:3])
