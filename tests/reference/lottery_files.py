"""Small files of the protocol for tests, written by hand from draw.md (nothing of maskres is used)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SEED = hashlib.sha256(b"a seed for tests").hexdigest()


def check_symbol(body: str) -> str:
    """Spec N4: double every second symbol from the right, the rightmost first; add quotients and remainders."""
    total = 0
    for position, symbol in enumerate(reversed(body)):
        value = ALPHABET.index(symbol)
        if position % 2 == 0:
            value = 2 * value // 32 + 2 * value % 32
        total += value
    return ALPHABET[-total % 32]


def number(index: int) -> str:
    """Make the registration number of the index-th person."""
    bits = int(hashlib.sha256(b"person %d" % index).hexdigest(), 16) >> (256 - 55)
    body = "".join(ALPHABET[bits >> shift & 31] for shift in range(50, -1, -5))
    return body + check_symbol(body)


def csv(header: str, rows: Sequence[tuple[object, ...]]) -> bytes:
    return "".join(line + "\n" for line in [header, *(",".join(map(str, row)) for row in rows)]).encode(
        "ascii"
    )


def seal(index: int) -> str:
    return hashlib.sha256(b"seal %d" % index).hexdigest()[:40]


def pool_file(entries: list[tuple[str, str, int]]) -> bytes:
    rows = [(number, stratum, tickets, seal(tickets)) for number, stratum, tickets in sorted(entries)]
    return csv("number,stratum,tickets,seal", rows)


def slots_file(slots: list[tuple[str, str, str, str, str, int]]) -> bytes:
    ordered = sorted(slots, key=lambda slot: (slot[1], slot[3], slot[2]))
    return csv("district,store,slot,starts_at,ends_at,capacity", ordered)


def wishes_file(wishes: dict[str, tuple[str, str, tuple[str, ...]]]) -> bytes:
    rows = [
        (number, "ab" * 32, "cd" * 16, district, reach, "|".join(choices))
        for number, (district, reach, choices) in sorted(wishes.items())
    ]
    return csv("number,holder,salt,district,reach,choices", rows)


def changes_file(changes: dict[str, str]) -> bytes:
    return csv("number,cause", sorted(changes.items()))


def result_file(lines: list[tuple[int, str, str, str, str]]) -> bytes:
    return csv("rank,number,stratum,ticket,outcome", lines)


def allocation_file(lines: list[tuple[int, str, str, str, str]]) -> bytes:
    return csv("place,number,store,slot,choice", lines)
