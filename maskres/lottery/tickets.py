"""Tickets and the other hashes of a number, and the order they put numbers in (spec T1 to T3, P1, U1).

Every order of the protocol is by the SHA-256 of `<seed>/<number>/<purpose>`, where the purpose is a ticket
(`1`, `2` …), `place` or `audit`; ties are broken by the number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.formats.number_arrays import Numbers
from maskres.formats.symbols import LENGTH
from maskres.formats.values import is_sha256

HashNumbers = Callable[[str, Numbers, str], NDArray[np.uint8]]
"""(seed, numbers, purpose) → one digest of 32 bytes a row; tests hand in one that makes ties."""

BLOCK_ROWS = 1 << 16


def require_seed(seed: str) -> str:
    """Give a seed back, or raise InputError "bad-seed" where it is not 64 lower-case hex digits."""
    if not is_sha256(seed):
        raise InputError("bad-seed", "The seed must be 64 lower-case hex digits.", field="seed")
    return seed


def hash_numbers(seed: str, numbers: Numbers, purpose: str) -> NDArray[np.uint8]:
    """Compute the SHA-256 of `<seed>/<number>/<purpose>` for every number.

    Args:
        seed: 64 lower-case hex digits.
        numbers: registration numbers, dtype S12.
        purpose: a ticket from "1" to "10", "place" or "audit".

    Returns:
        Digests, shape (count, 32).

    Source: spec T1.
    """
    # The seed is exactly one block of SHA-256, so its state is computed once and copied.
    copy_state = hashlib.sha256(seed.encode("ascii")).copy
    digests: list[bytes] = []
    append = digests.append
    for message in _messages(numbers, purpose):
        state = copy_state()
        state.update(message)
        append(state.digest())
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 32)


def _messages(numbers: Numbers, purpose: str) -> list[bytes]:
    """Write `/<number>/<purpose>` for every number."""
    tail = f"/{purpose}".encode("ascii")
    rows = np.empty((len(numbers), 1 + LENGTH + len(tail)), dtype=np.uint8)
    rows[:, 0] = ord("/")
    rows[:, 1 : 1 + LENGTH] = np.ascontiguousarray(numbers).view(np.uint8).reshape(-1, LENGTH)
    rows[:, 1 + LENGTH :] = np.frombuffer(tail, dtype=np.uint8)
    messages: list[bytes] = rows.view(f"S{rows.shape[1]}").ravel().tolist()
    return messages


def prefixes_of(digests: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Read the first eight bytes of each digest as a big-endian integer."""
    heads = np.ascontiguousarray(digests[:, :8]).view(">u8").ravel()
    return heads.astype(np.uint64)


def blocks(count: int) -> Iterator[slice]:
    """Cut `count` rows into blocks, so that a million Python objects never live at once."""
    for start in range(0, count, BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, count))


def order_by_value(
    prefixes: NDArray[np.uint64], numbers: Numbers, value_of: Callable[[int], bytes]
) -> NDArray[np.intp]:
    """Order rows by (value, number), by all 256 bits of the value.

    Args:
        prefixes: the first 64 bits of each row's value.
        numbers: the rows' registration numbers.
        value_of: gives the whole value of a row; asked only where prefixes are equal.

    Returns:
        The rows' indices, the smallest value first.
    """
    order = np.argsort(prefixes)
    placed = prefixes[order]
    is_tied = placed[1:] == placed[:-1]
    start = 0
    for last in np.flatnonzero(is_tied).tolist():
        if last < start:
            continue  # inside the run that was just put in order
        start = last
        end = last + 2
        while end < len(order) and is_tied[end - 1]:
            end += 1
        run = sorted(order[start:end].tolist(), key=lambda row: (value_of(row), bytes(numbers[row])))
        order[start:end] = run
        start = end
    return order


def order_by_hash(
    seed: str, numbers: Numbers, purpose: str, hash_numbers: HashNumbers = hash_numbers
) -> NDArray[np.intp]:
    """Order numbers by the hash for a purpose, ties by number.

    Args:
        seed: 64 lower-case hex digits.
        numbers: registration numbers, dtype S12.
        purpose: "place" or "audit".
        hash_numbers: computes the digests.

    Returns:
        The indices of `numbers`, the smallest hash first.

    Source: spec P1, U1.
    """
    prefixes = np.empty(len(numbers), dtype=np.uint64)
    for block in blocks(len(numbers)):
        prefixes[block] = prefixes_of(hash_numbers(seed, numbers[block], purpose))

    def value_of(row: int) -> bytes:
        return hash_numbers(seed, numbers[row : row + 1], purpose).tobytes()

    return order_by_value(prefixes, numbers, value_of)
