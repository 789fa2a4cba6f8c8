"""A second draw, written from draw.md alone: standard library, no cleverness, imports nothing of maskres.

Entries are tuples (number, stratum, tickets); results are lists of tuples in draw order.
"""

from __future__ import annotations

import hashlib


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def value_of(seed: str, number: str, tickets: int) -> str:
    return min(sha256(f"{seed}/{number}/{ticket}") for ticket in range(1, tickets + 1))


def draw(
    entries: list[tuple[str, str, int]], quotas: dict[str, int], seed: str
) -> tuple[list[tuple[int, str, str, str, str]], dict[str, str]]:
    """Spec T6: lines of result.csv, and the cutoffs."""
    ordered = sorted(
        (value_of(seed, number, tickets), number, stratum) for number, stratum, tickets in entries
    )
    won = dict.fromkeys(quotas, 0)
    cutoffs: dict[str, str] = {}
    lines = []
    for rank, (value, number, stratum) in enumerate(ordered, start=1):
        outcome = "waiting"
        if won[stratum] < quotas[stratum]:
            outcome = "won"
            won[stratum] += 1
            cutoffs[stratum] = value
        lines.append((rank, number, stratum, value[:16], outcome))
    return lines, cutoffs


def result_file(lines: list[tuple[int, str, str, str, str]]) -> bytes:
    text = "rank,number,stratum,ticket,outcome\n"
    for line in lines:
        text += ",".join(str(field) for field in line) + "\n"
    return text.encode("ascii")


def audit(winners: list[str], seed: str, size: int) -> list[str]:
    """Spec U1: the sample."""
    return sorted(winners, key=lambda number: (sha256(f"{seed}/{number}/audit"), number))[:size]
