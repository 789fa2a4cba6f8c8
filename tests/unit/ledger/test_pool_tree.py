"""The pool cut into leaves: the definition recomputed line by line, odd block sizes, hostile lines."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskres.errors import CheckFailed, InputError
from maskres.formats.symbols import ALPHABET, from_digest
from maskres.ledger import merkle
from maskres.ledger import pool_tree as pools
from maskres.ledger.pool_tree import HEADER, pool_tree, symbols_for, verify_leaf

NUMBERS = sorted(from_digest(i.to_bytes(2, "big") * 16) for i in range(0, 65536, 97))
LINES = [f"{number},general,{1 + i % 3},{i:040x}\n".encode() for i, number in enumerate(NUMBERS)]
FILE = HEADER + b"".join(LINES)


def leaves_by_definition(lines: list[bytes], symbols: int) -> list[bytes]:
    prefixes = ["".join(prefix).encode() for prefix in product(ALPHABET, repeat=symbols)]
    by_prefix: dict[bytes, bytes] = dict.fromkeys(prefixes, b"")
    for line in lines:
        by_prefix[line[:symbols]] += line
    return [merkle.leaf_hash(by_prefix[prefix]) for prefix in prefixes]


@pytest.mark.parametrize(
    ("entries", "symbols"),
    [
        (0, 0),
        (1, 0),
        (128, 0),
        (129, 1),
        (4096, 1),
        (4097, 2),
        (131072, 2),
        (131073, 3),
        (4194304, 3),
        (10**9, 3),
    ],
)
def test_symbols_leave_128_entries_a_leaf(entries, symbols):
    assert symbols_for(entries) == symbols


@pytest.mark.parametrize("symbols", [0, 1, 2, 3])
def test_tree_is_that_of_the_definition(symbols):
    tree = pool_tree([FILE], symbols)
    expected = leaves_by_definition(LINES, symbols)
    assert list(tree.leaf_hashes) == expected
    assert tree.root == merkle.root(expected).hex()
    assert (tree.symbols, tree.entries) == (symbols, len(LINES))


@pytest.mark.parametrize("symbols", [0, 1, 2])
def test_an_empty_pool_has_empty_leaves(symbols):
    tree = pool_tree([HEADER], symbols)
    assert list(tree.leaf_hashes) == [merkle.leaf_hash(b"")] * 32**symbols
    assert tree.entries == 0


@pytest.mark.parametrize("symbols", [0, 1, 3])
def test_every_leaf_is_where_it_says(symbols):
    tree = pool_tree([FILE], symbols)
    assert tree.offsets[0] == len(HEADER)
    assert tree.offsets[-1] == len(FILE)
    for index in range(0, 32**symbols, 7):
        assert (
            merkle.leaf_hash(FILE[tree.offsets[index] : tree.offsets[index + 1]]) == tree.leaf_hashes[index]
        )


@given(cuts=st.lists(st.integers(0, len(FILE)), max_size=8), block=st.integers(1, 4000))
def test_how_the_bytes_come_in_does_not_matter(cuts, block):
    whole = pool_tree([FILE], 2)
    marks = [0, *sorted(cuts), len(FILE)]
    pieces = [FILE[start:end] for start, end in pairwise(marks)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pools, "_BLOCK_BYTES", block)
        assert pool_tree(pieces, 2) == whole
        assert pool_tree(BytesIO(FILE), 2) == whole


def test_a_path_is_read(tmp_path):
    path = tmp_path / "pool.csv"
    path.write_bytes(FILE)
    assert pool_tree(path, 1) == pool_tree([FILE], 1)


@pytest.mark.parametrize("symbols", [0, 1, 2, 3])
def test_a_line_is_proved_to_be_in_the_pool(symbols):
    tree = pool_tree([FILE], symbols)
    for number in NUMBERS[::50]:
        proof = tree.leaf_proof(number)
        lines = FILE[proof.start : proof.end]
        assert number.encode() in lines
        verify_leaf(lines, proof, tree.root)


def test_a_number_that_is_not_in_the_pool_is_proved_not_to_be():
    tree = pool_tree([FILE], 3)
    absent = next(
        p
        for p in ("".join(t) for t in product(ALPHABET, repeat=3))
        if not any(number.startswith(p) for number in NUMBERS)
    )
    proof = tree.leaf_proof(absent)
    assert proof.start == proof.end
    verify_leaf(b"", proof, tree.root)
    with pytest.raises(CheckFailed):
        verify_leaf(LINES[0], proof, tree.root)


def test_changed_lines_and_proofs_of_other_leaves_fail():
    tree = pool_tree([FILE], 2)
    proof = tree.leaf_proof(NUMBERS[300])
    lines = FILE[proof.start : proof.end]
    with pytest.raises(CheckFailed):
        verify_leaf(lines.replace(b",1,", b",2,"), proof, tree.root)
    with pytest.raises(CheckFailed):
        verify_leaf(lines[: lines.index(b"\n") + 1], proof, pool_tree([FILE], 1).root)
    for wrong in (
        replace(proof, index=proof.index + 1),
        replace(proof, leaves=32),
        replace(proof, prefix="00"),
    ):
        with pytest.raises(InputError) as refused:
            verify_leaf(lines, wrong, tree.root)
        assert refused.value.code == "bad-prefix"


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "bad-header", 1),
        (HEADER[:-1], "bad-header", 1),
        (b"number,stratum\n" + LINES[0] * 3, "bad-header", 1),
        (b"\xef\xbb\xbf" + FILE, "bad-header", 1),
        (HEADER + LINES[0] + LINES[1][:-1], "missing-last-lf", 3),
        (HEADER + LINES[0][:-1], "missing-last-lf", 2),
        (HEADER + LINES[400] + LINES[3], "not-sorted", 3),
        (HEADER + LINES[0] + b"\n", "bad-number", 3),
        (HEADER + LINES[0] + b"0\n" + LINES[1], "bad-number", 3),
        (HEADER + LINES[0].lower().replace(b"0", b"o"), "bad-number", 2),
        (HEADER + LINES[0].replace(b"\n", b"\r\n") + b"\r\n", "bad-number", 3),
    ],
)
def test_a_file_that_cannot_be_cut_is_refused(data, code, line):
    with pytest.raises(InputError) as refused:
        pool_tree([data], 2)
    assert (refused.value.code, refused.value.line, refused.value.file) == (code, line, "pool.csv")


def test_a_fall_between_two_blocks_is_refused():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pools, "_BLOCK_BYTES", 64)
        with pytest.raises(InputError) as refused:
            pool_tree(BytesIO(HEADER + b"".join([*LINES[:600], LINES[0]])), 2)
    assert (refused.value.code, refused.value.line) == ("not-sorted", 602)


@pytest.mark.parametrize("prefix", ["", "7", "7o", "o0", "７0"])
def test_a_prefix_of_another_kind_is_refused(prefix):
    with pytest.raises(InputError) as refused:
        pool_tree([FILE], 2).leaf_proof(prefix)
    assert refused.value.code == "bad-prefix"


@pytest.mark.parametrize("symbols", [-1, 4])
def test_no_other_cut_is_known(symbols):
    with pytest.raises(ValueError, match="0 to 3"):
        pool_tree([FILE], symbols)
