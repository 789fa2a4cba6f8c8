"""Registration numbers by the million: the check symbol and the order, on whole arrays.

The scalar rules live in `symbols`; here they stand once more as tables over pairs of symbols, so that
two million numbers are checked in a fraction of a second. A test compares the two on random input.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskres.formats.symbols import ALPHABET, LENGTH

Numbers = NDArray[np.bytes_]
"""Registration numbers as an array of dtype S12."""

#: Bits of what keys_of gives, five a symbol.
KEY_BITS = 5 * LENGTH

_NO_SYMBOL = 255
_BAD_PAIR = 1 << 10


def _pair_tables() -> tuple[NDArray[np.uint16], NDArray[np.uint64]]:
    """Tabulate, for two neighbouring bytes (an even position, then an odd one), sum and value.

    The body has eleven symbols and the rightmost is doubled, so the doubled ones stand at the even
    positions 0, 2 … 10; the odd ones and the check symbol (position 11) count as they are.
    """
    value = np.full(256, _NO_SYMBOL, dtype=np.int64)
    for index, symbol in enumerate(ALPHABET):
        value[ord(symbol)] = index
    doubled = (2 * value) // 32 + (2 * value) % 32
    # A little-endian 16-bit word has the first byte in its low half.
    first = np.arange(65536) & 255
    second = np.arange(65536) >> 8
    is_bad = (value[first] == _NO_SYMBOL) | (value[second] == _NO_SYMBOL)
    sums = np.where(is_bad, _BAD_PAIR, (doubled[first] + value[second]) % 32)
    values = np.where(is_bad, 0, value[first] * 32 + value[second])
    return sums.astype(np.uint16), values.astype(np.uint64)


_PAIR_SUM, _PAIR_VALUE = _pair_tables()

_SYMBOLS = np.frombuffer(ALPHABET.encode("ascii"), dtype=np.uint8)
_DOUBLED = np.array([sum(divmod(2 * value, 32)) for value in range(32)], dtype=np.uint8)
#: How far a digest's first 64 bits are shifted for each of the eleven symbols of a body.
_SHIFTS = np.arange(59, 8, -5, dtype=np.uint64)


def _pairs(numbers: Numbers) -> NDArray[np.uint16]:
    contiguous = np.ascontiguousarray(numbers, dtype=f"S{LENGTH}")
    return contiguous.view("<u2").reshape(-1, LENGTH // 2)


def are_numbers(numbers: Numbers) -> NDArray[np.bool_]:
    """Tell for each entry whether it is twelve symbols of the alphabet with a right check symbol.

    Args:
        numbers: array of dtype S12; shorter texts are padded with NUL, which no number holds.

    Returns:
        One boolean an entry.

    Source: spec N4.
    """
    pairs = _pairs(numbers)
    total = np.zeros(len(pairs), dtype=np.uint16)
    for column in range(LENGTH // 2):
        total += _PAIR_SUM[pairs[:, column]]
    is_right: NDArray[np.bool_] = (total < _BAD_PAIR) & (total % 32 == 0)
    return is_right


def keys_of(numbers: Numbers) -> NDArray[np.uint64]:
    """Pack valid numbers into KEY_BITS each, so that integers stand in the order of the numbers' bytes.

    Args:
        numbers: valid numbers, dtype S12.

    Returns:
        One unsigned integer a number; equal only for equal numbers.
    """
    pairs = _pairs(numbers)
    keys = np.zeros(len(pairs), dtype=np.uint64)
    for column in range(LENGTH // 2):
        keys <<= np.uint64(10)
        keys |= _PAIR_VALUE[pairs[:, column]]
    return keys


def spell_digests(digests: Sequence[bytes]) -> list[str]:
    """Write digests of 32 bytes as numbers, each as symbols.from_digest does.

    Source: spec N3, N4.
    """
    bits = np.frombuffer(b"".join(digests), dtype=">u8")[::4].astype(np.uint64)
    values = (bits[:, np.newaxis] >> _SHIFTS & np.uint64(31)).astype(np.uint8)
    total = _DOUBLED[values[:, ::2]].sum(axis=1, dtype=np.int64) + values[:, 1::2].sum(axis=1, dtype=np.int64)
    spelled = np.empty((len(bits), LENGTH), dtype=np.uint8)
    spelled[:, :-1] = _SYMBOLS[values]
    spelled[:, -1] = _SYMBOLS[-total % 32]
    numbers: list[str] = spelled.view(f"S{LENGTH}").ravel().astype(f"U{LENGTH}").tolist()
    return numbers
