"""Inputs for the benchmarks of the draw, made by a hash counter: the same on every machine."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskres.formats.symbols import ALPHABET

SEED = hashlib.sha256(b"maskres benchmark").hexdigest()
STRATA = ("elderly", "general", "frontline-workers", "others")
_SYMBOLS = np.frombuffer(ALPHABET.encode("ascii"), dtype=np.uint8)


def count_hashes(label: str, count: int) -> NDArray[np.uint8]:
    """Hash `<label>/0`, `<label>/1` …: an array of shape (count, 32)."""
    state = hashlib.sha256(label.encode("ascii") + b"/")
    digests = []
    for index in range(count):
        hashed = state.copy()
        hashed.update(b"%d" % index)
        digests.append(hashed.digest())
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 32)


def make_numbers(count: int, label: str = "number") -> NDArray[np.bytes_]:
    """Make distinct registration numbers, sorted, dtype S12."""
    bits = np.ascontiguousarray(count_hashes(label, count)[:, :8]).view(">u8").ravel() >> np.uint64(9)
    bits = np.unique(bits.astype(np.uint64))
    body = np.stack([bits >> np.uint64(5 * (10 - place)) & np.uint64(31) for place in range(11)], axis=1)
    doubled = body[:, 0::2] * np.uint64(2)
    total = (doubled // np.uint64(32) + doubled % np.uint64(32)).sum(axis=1) + body[:, 1::2].sum(axis=1)
    check = (np.uint64(32) - total % np.uint64(32)) % np.uint64(32)
    symbols = _SYMBOLS[np.concatenate([body, check[:, None]], axis=1).astype(np.int64)]
    return np.ascontiguousarray(symbols).view("S12").ravel()


def write_pool(path: Path, count: int, *, tickets: int = 1) -> NDArray[np.bytes_]:
    """Write a pool of `count` numbers over four strata, up to `tickets` tickets each."""
    numbers = make_numbers(count)
    digests = count_hashes("entry", len(numbers))
    strata = (digests[:, 0] % len(STRATA)).tolist()
    extra = (digests[:, 1] % tickets + 1).tolist()
    with path.open("wb") as stream:
        stream.write(b"number,stratum,tickets,seal\n")
        names = [name.encode("ascii") for name in STRATA]
        seals = digests[:, 2:22].tobytes().hex().encode("ascii")
        stream.writelines(
            b"%b,%b,%d,%b\n" % (number, names[stratum], count, seals[40 * row : 40 * row + 40])
            for row, (number, stratum, count) in enumerate(zip(numbers.tolist(), strata, extra, strict=True))
        )
    return numbers


def write_slots(path: Path, *, stores: int = 300, days: int = 10, slots_a_day: int = 16, places: int) -> None:
    """Write slots.csv: half-hour slots from 9 o'clock in Xiamen, capacities that differ, `places` in all at least."""
    capacity = -(-places // (stores * days * slots_a_day))
    lines = [b"district,store,slot,starts_at,ends_at,capacity\n"]
    for store in range(stores):
        for day in range(days):
            for slot in range(slots_a_day):
                minutes = 60 + 30 * slot
                starts = f"2020-02-{15 + day}T{minutes // 60:02}:{minutes % 60:02}:00Z"
                minutes += 30
                ends = f"2020-02-{15 + day}T{minutes // 60:02}:{minutes % 60:02}:00Z"
                more = (store * 7 + day * 3 + slot) % 5
                lines.append(
                    f"d{store % 6},store-{store:03},{day}-{slot:02},{starts},{ends},{capacity + more}\n".encode()
                )
    path.write_bytes(b"".join(lines))


def write_wishes(path: Path, numbers: NDArray[np.bytes_], *, stores: int = 300) -> None:
    """Write wishes of all numbers: up to five choices, a third of them crowding into thirty stores."""
    numbers = np.sort(numbers)
    digests = count_hashes("wish", len(numbers))
    texts = digests.tobytes().hex().encode("ascii")
    reaches = (b"city", b"district", b"choices")
    with path.open("wb") as stream:
        stream.write(b"number,holder,salt,district,reach,choices\n")
        for row, (number, digest) in enumerate(zip(numbers.tolist(), digests.tolist(), strict=True)):
            holder = texts[64 * row : 64 * row + 64]
            crowd = 30 if digest[0] % 3 == 0 else stores
            chosen = dict.fromkeys(
                (digest[2 * k + 2] * 256 + digest[2 * k + 3]) % crowd for k in range(digest[1] % 6)
            )
            choices = b"|".join(b"store-%03d" % store for store in chosen)
            reach = reaches[0 if digest[20] < 180 else 1 + digest[20] % 2]
            stream.write(
                b"%b,%b,%b,d%d,%b,%b\n" % (number, holder, holder[:32], digest[21] % 6, reach, choices)
            )
