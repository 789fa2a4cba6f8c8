"""The only chance in the synthetic city: SHA-256 in counter mode.

One digest of `<root>/<label>/<index>` gives sixteen words of 16 bits, from which fields are taken by integer
arithmetic alone. So the same seed text gives the same bytes on every machine and every version of Python, and
nothing about one resident depends on how many others there are or in what order they are made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WORDS = 16
"""Words of 16 bits that one digest gives."""

_SPAN = 1 << 16
_ROOT = "maskres-city-1/"


class Chance:
    """All randomness of one city.

    The seed is hashed first, so that a counter block is one block of SHA-256 however long the seed is.

    Args:
        seed: any text.
    """

    __slots__ = ("_root",)

    def __init__(self, seed: str) -> None:
        self._root = hashlib.sha256((_ROOT + seed).encode("utf-8")).digest()

    def digest(self, label: str) -> bytes:
        """Give the 32 bytes that stand for a label."""
        return hashlib.sha256(self._root + b"/" + label.encode("utf-8")).digest()

    def number(self, label: str, bound: int) -> int:
        """Give a whole number for a label, from 0 up to but without the bound (1 to 2**64)."""
        return int.from_bytes(self.digest(label)[:16], "big") % bound

    def digests(self, label: str, indices: Iterable[int]) -> list[bytes]:
        """Give the digests of `<label>/<index>` for many indices."""
        copy = hashlib.sha256(self._root + b"/" + label.encode("utf-8") + b"/").copy
        found = []
        for index in indices:
            state = copy()
            state.update(b"%d" % index)
            found.append(state.digest())
        return found

    def words(self, label: str, indices: Ints) -> Ints:
        """Give sixteen words of 16 bits for each index, as rows."""
        joined = b"".join(self.digests(label, indices.tolist()))
        return np.frombuffer(joined, dtype=">u2").astype(np.int64).reshape(-1, WORDS)


def derive_key(seed: str, purpose: str) -> bytes:
    """Derive a key of a rehearsal from the seed: known to all who know the seed, so never for a real round.

    Args:
        seed: the seed text.
        purpose: what the key is for, e.g. "xiamen-2020-1/number".

    Returns:
        32 raw bytes.
    """
    return Chance(seed).digest(f"key/{purpose}")


def scaled(words: Ints, bound: int | Ints) -> Ints:
    """Map words of 16 bits evenly to 0 … bound - 1."""
    return (words * bound) >> 16


def in_band(words: Ints, start: int, stop: int) -> Flags:
    """Tell which words fall into a band, its edges in ten-thousandths; bands that do not overlap exclude each other."""
    return (words >= start * _SPAN // 10_000) & (words < stop * _SPAN // 10_000)
