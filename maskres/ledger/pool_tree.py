"""The pool cut into leaves small enough for a phone: a Merkle tree over pool.csv by the numbers' first symbols.

For every prefix of `symbols` symbols, in order of the alphabet, there is one leaf: the bytes of the lines whose
number begins so, with their LFs, perhaps none. Whoever fetches one leaf and its proof has checked that their line
stands in the committed pool. The file is read once, block by block, whatever its length.

Source: spec M1 to M3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.formats.symbols import ALPHABET
from maskres.ledger import merkle

MOST_SYMBOLS = 3
MOST_ENTRIES_A_LEAF = 128
HEADER = b"number,stratum,tickets,seal\n"

_BLOCK_BYTES = 4 << 20
_LF = 10
_NO_SYMBOL = 255
_VALUES = np.full(256, _NO_SYMBOL, dtype=np.uint8)
_VALUES[np.frombuffer(ALPHABET.encode(), dtype=np.uint8)] = np.arange(32, dtype=np.uint8)


def symbols_for(entries: int) -> int:
    """Choose how many symbols of the number a leaf is cut by.

    Args:
        entries: lines of the pool, without header.

    Returns:
        The smallest of 0 to 3 that leaves at most 128 entries a leaf on average, at most 3.

    Source: spec M1.
    """
    for symbols in range(MOST_SYMBOLS):
        if entries <= MOST_ENTRIES_A_LEAF * 32**symbols:
            return symbols
    return MOST_SYMBOLS


@dataclass(frozen=True, slots=True)
class LeafProof:
    """One leaf of a pool tree and the way from it to the root.

    Attributes:
        prefix: the symbols its numbers begin with.
        index: its place among the leaves, from 0.
        leaves: leaves of the tree, 32 to the power of the symbols.
        start: where its lines begin in pool.csv, in bytes.
        end: where they end; the same as start where there are none.
        hashes: sibling hashes from the leaf upwards, 64 lower-case hex digits each.
    """

    prefix: str
    index: int
    leaves: int
    start: int
    end: int
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PoolTree:
    """The tree over one pool.csv.

    Attributes:
        symbols: symbols of the number a leaf is cut by, 0 to 3.
        entries: lines of the pool, without header.
        tree: one leaf a prefix, in order of the alphabet.
        offsets: where each leaf's lines begin in the file, in bytes, and last where the file ends.
    """

    symbols: int
    entries: int
    tree: merkle.Tree
    offsets: tuple[int, ...]

    @property
    def root(self) -> str:
        """Root of the tree, 64 lower-case hex digits."""
        return self.tree.root.hex()

    @property
    def leaf_hashes(self) -> tuple[bytes, ...]:
        """Hashes of the leaves, 32 bytes each."""
        return self.tree.leaf_hashes

    def leaf_proof(self, number: str) -> LeafProof:
        """Give the proof of the leaf that holds, or would hold, a number.

        Args:
            number: a registration number, or at least its first symbols.

        Raises:
            InputError: "bad-prefix".
        """
        prefix = number[: self.symbols]
        index = prefix_index(prefix, self.symbols)
        return LeafProof(
            prefix=prefix,
            index=index,
            leaves=self.tree.size,
            start=self.offsets[index],
            end=self.offsets[index + 1],
            hashes=tuple(one.hex() for one in self.tree.inclusion_proof(index)),
        )


def prefix_index(prefix: str, symbols: int) -> int:
    """Tell which leaf a prefix has.

    Raises:
        InputError: "bad-prefix" where it is not that many symbols of the alphabet.
    """
    if len(prefix) != symbols or not all(symbol in ALPHABET for symbol in prefix):
        raise InputError(
            "bad-prefix", f"A leaf of this pool is named by {symbols} symbols of a number.", field="prefix"
        )
    index = 0
    for symbol in prefix:
        index = index * 32 + ALPHABET.index(symbol)
    return index


def pool_tree(source: Path | BinaryIO | Iterable[bytes], symbols: int, *, file: str = "pool.csv") -> PoolTree:
    """Build the tree over a pool.

    Args:
        source: the bytes of pool.csv, header included: a path, an open binary file, or blocks cut anywhere.
        symbols: symbols of the number a leaf is cut by, 0 to 3 (see symbols_for).
        file: the name to give in errors.

    Raises:
        InputError: "bad-header", "bad-number" (a line that does not begin with enough symbols), "not-sorted",
            "missing-last-lf", all with the line. Everything else about the lines is the strict CSV reader's to say.

    Source: spec M2, M3.
    """
    if not 0 <= symbols <= MOST_SYMBOLS:
        raise ValueError(f"a pool tree is cut by 0 to {MOST_SYMBOLS} symbols, not {symbols}")
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return pool_tree(stream, symbols, file=file)
    cutter = _Cutter(symbols, file)
    for block in _whole_lines(source, file):
        cutter.add(block)
    return cutter.finish()


def verify_leaf(lines: bytes, proof: LeafProof, root: str) -> None:
    """Check that lines of a pool are one leaf of a committed tree, whole and unchanged.

    Args:
        lines: the leaf's lines with their LFs, perhaps none.
        proof: its proof.
        root: the commitment's pool_tree root, 64 lower-case hex digits.

    Raises:
        CheckFailed: "not-included".
        InputError: "bad-prefix" where the proof's prefix is not the name of its place.

    Source: spec M2, M3.
    """
    if prefix_index(proof.prefix, len(proof.prefix)) != proof.index or proof.leaves != 32 ** len(
        proof.prefix
    ):
        raise InputError("bad-prefix", "The proof belongs to another leaf than it says.", field="prefix")
    hashes = [bytes.fromhex(one) for one in proof.hashes]
    leaf = merkle.leaf_hash(lines)
    merkle.verify_inclusion(proof.index, proof.leaves, leaf, hashes, bytes.fromhex(root))


def _whole_lines(source: BinaryIO | Iterable[bytes], file: str) -> Iterator[memoryview]:
    """Take the header off and cut the rest anew into large blocks of whole lines."""
    rest = b""
    header_bytes = len(HEADER)
    lines = 1
    for block in _large_blocks(source):
        data = rest + block if rest else block
        if header_bytes:
            if len(data) < header_bytes:
                rest = data
                continue
            if not data.startswith(HEADER):
                break
        cut = data.rfind(b"\n") + 1
        if cut > header_bytes:
            yield memoryview(data)[header_bytes:cut]
        lines += data.count(b"\n", header_bytes, cut)
        header_bytes = 0
        rest = data[cut:]
    if header_bytes:
        raise InputError(
            "bad-header", f"The first line must be {HEADER.decode().strip()}.", file=file, line=1
        )
    if rest:
        raise InputError("missing-last-lf", "The last line does not end with LF.", file=file, line=lines + 1)


def _large_blocks(source: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    if isinstance(source, Iterable) and not hasattr(source, "read"):
        gathered: list[bytes] = []
        waiting = 0
        for piece in source:
            gathered.append(piece)
            waiting += len(piece)
            if waiting >= _BLOCK_BYTES:
                yield b"".join(gathered)
                gathered, waiting = [], 0
        yield b"".join(gathered)
    else:
        while block := source.read(_BLOCK_BYTES):
            yield block


class _Cutter:
    """Cuts sorted lines at each change of prefix and hashes what lies between."""

    def __init__(self, symbols: int, file: str) -> None:
        self._symbols = symbols
        self._file = file
        self._leaf_hashes: list[bytes] = []
        self._offsets: list[int] = [len(HEADER)]
        self._open = hashlib.sha256(b"\x00")
        self._position = len(HEADER)
        self._entries = 0

    def add(self, block: memoryview) -> None:
        """Take a block of whole lines."""
        text = np.frombuffer(block, dtype=np.uint8)
        line_ends = np.flatnonzero(text == _LF) + 1
        line_starts = np.concatenate((np.zeros(1, dtype=line_ends.dtype), line_ends[:-1]))
        prefixes = self._prefixes(text, line_starts)
        changes = np.flatnonzero(np.diff(prefixes)) + 1
        run_starts = line_starts[np.concatenate((np.zeros(1, dtype=changes.dtype), changes))]
        run_prefixes = prefixes[np.concatenate((np.zeros(1, dtype=changes.dtype), changes))]
        starts = run_starts.tolist()
        ends = [*starts[1:], len(block)]
        for prefix, start, end in zip(run_prefixes.tolist(), starts, ends, strict=True):
            self._close_up_to(prefix, self._position + start)
            self._open.update(block[start:end])
        self._position += len(block)
        self._entries += len(line_starts)

    def finish(self) -> PoolTree:
        """Close the leaves that are left."""
        self._close_up_to(32**self._symbols, self._position)
        return PoolTree(
            symbols=self._symbols,
            entries=self._entries,
            tree=merkle.tree(self._leaf_hashes),
            offsets=tuple(self._offsets),
        )

    def _close_up_to(self, prefix: int, position: int) -> None:
        while len(self._leaf_hashes) < prefix:
            self._leaf_hashes.append(self._open.digest())
            self._offsets.append(position)
            self._open = hashlib.sha256(b"\x00")

    def _prefixes(self, text: NDArray[np.uint8], line_starts: NDArray[np.intp]) -> NDArray[np.int32]:
        prefixes = np.zeros(len(line_starts), dtype=np.int32)
        for symbol in range(self._symbols):
            # A line too short to hold the symbol meets its own LF, which is no symbol, before the block's end.
            values = _VALUES[text[np.minimum(line_starts + symbol, len(text) - 1)]]
            self._refuse_first(values == _NO_SYMBOL, "bad-number", "The line does not begin with a number.")
            prefixes = prefixes * 32 + values
        falls = np.diff(prefixes, prepend=np.int32(len(self._leaf_hashes))) < 0
        self._refuse_first(
            falls, "not-sorted", "The line's number comes before the number of an earlier line."
        )
        return prefixes

    def _refuse_first(self, is_bad: NDArray[np.bool_], code: str, message: str) -> None:
        if is_bad.any():
            line = self._entries + int(is_bad.argmax()) + 2
            raise InputError(code, message, file=self._file, line=line)
