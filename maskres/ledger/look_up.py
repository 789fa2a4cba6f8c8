"""Look-up files: a bundle cut into small pieces by the first symbols of the number, so that a whole city can look at
once, and check, without touching the database.

From a bundle's folder follow

    draw.json              commitment, seed, the ledger's lines that fix and tell the draw, each with its inclusion
                           proof to one checkpoint, and the keys
    pool/<prefix>.json     the lines of one leaf of the pool tree, and its inclusion proof (spec M1 to M3)
    result/<prefix>.csv    number, rank, stratum, outcome and place of everyone whose number begins so

Everything in them is in the bundle too; whoever has a bundle can make them again.

Source: spec J1 to J3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, product
from pathlib import Path
from typing import Any

import numpy as np

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.formats.strict_csv import write_table
from maskres.formats.symbols import ALPHABET
from maskres.formats.values import format_time
from maskres.ledger import merkle
from maskres.ledger.body_shapes import Kind
from maskres.ledger.checkpoints import read_checkpoint
from maskres.ledger.commitment import read_commitment
from maskres.ledger.entries import Entry, read_ledger
from maskres.ledger.folders import move_in, staged
from maskres.ledger.keyring import Keyring, read_keys
from maskres.ledger.pool_tree import pool_tree
from maskres.lottery.placements import read_allocation
from maskres.lottery.results import Result, read_result
from maskres.lottery.slots import read_slots

PROTOCOL = "maskres-look-up-1"
MOST_RESULTS_A_FILE = 64
MOST_SYMBOLS = 4
RESULT_HEADER = ("number", "rank", "stratum", "outcome", "batch", "store", "slot", "starts_at")
_TOLD = (Kind.DRAW_COMMITTED, Kind.DICE, Kind.BEACON, Kind.DRAWN, Kind.ALLOCATED)


@dataclass(frozen=True, slots=True)
class LookUp:
    """What was written.

    Attributes:
        pool_symbols: symbols in the names of pool files, 0 to 3.
        result_symbols: symbols in the names of result files, 0 to 4; None before the draw.
        files: how many there are.
    """

    pool_symbols: int
    result_symbols: int | None
    files: int


def result_symbols_for(entries: int) -> int:
    """Choose how many symbols of the number result files are named by.

    Args:
        entries: lines of result.csv, without header.

    Returns:
        The smallest of 0 to 4 that leaves at most 64 lines a file on average, at most 4.
    """
    for symbols in range(MOST_SYMBOLS):
        if entries <= MOST_RESULTS_A_FILE * 32**symbols:
            return symbols
    return MOST_SYMBOLS


def write_look_up(bundle: Path, folder: Path) -> LookUp:
    """Write the look-up files of a bundle that holds a commitment.

    Args:
        bundle: the bundle's folder.
        folder: where; what stands there is replaced as a whole.

    Raises:
        InputError: "no-such-file" where the bundle has no commitment yet; a file of it breaks a rule.
    """
    if not (bundle / "commitment.json").exists():
        raise InputError("no-such-file", "The bundle holds no commitment yet.", file="commitment.json")
    commitment = read_commitment((bundle / "commitment.json").read_bytes())
    result = read_result(bundle / "result.csv") if (bundle / "result.csv").exists() else None
    symbols = None if result is None else result_symbols_for(len(result))
    with staged(folder) as staging:
        files = 1 + _write_pool(bundle / "pool.csv", commitment.pool_symbols, staging / "pool")
        if result is not None and symbols is not None:
            files += _write_results(bundle, result, symbols, staging / "result")
        told = _draw_file(bundle, commitment.round, commitment.draw, commitment.pool_symbols, symbols)
        (staging / "draw.json").write_bytes(strict_json.dumps(told))
        staging.chmod(0o755)
        move_in(staging, folder)
    return LookUp(commitment.pool_symbols, symbols, files)


def _write_pool(pool: Path, symbols: int, folder: Path) -> int:
    folder.mkdir()
    tree = pool_tree(pool, symbols)
    with pool.open("rb") as stream:
        for prefix in prefixes(symbols):
            proof = tree.leaf_proof(prefix)
            stream.seek(proof.start)
            lines = stream.read(proof.end - proof.start).decode("ascii")
            told = {"prefix": prefix, "lines": lines, "proof": list(proof.hashes)}
            (folder / f"{prefix or 'all'}.json").write_bytes(strict_json.dumps(told))
    return tree.tree.size


def _write_results(bundle: Path, result: Result, symbols: int, folder: Path) -> int:
    folder.mkdir()
    places = _places(bundle)
    order = np.argsort(result.numbers)
    rows = zip(
        result.numbers[order].astype(str).tolist(),
        (order + 1).tolist(),
        result.strata[order].tolist(),
        result.has_won[order].tolist(),
        strict=True,
    )
    lines = (
        (
            number,
            rank,
            result.stratum_names[stratum],
            "won" if has_won else "waiting",
            *places.get(number, ("", "", "", "")),
        )
        for number, rank, stratum, has_won in rows
    )
    by_prefix = groupby(lines, key=lambda line: line[0][:symbols])
    prefix, group = next(by_prefix, (None, iter(())))
    count = 0
    for name in prefixes(symbols):
        is_there = prefix == name
        with (folder / f"{name or 'all'}.csv").open("wb") as stream:
            write_table(stream, RESULT_HEADER, group if is_there else ())
        if is_there:
            prefix, group = next(by_prefix, (None, iter(())))
        count += 1
    return count


def _places(bundle: Path) -> dict[str, tuple[int, str, str, str]]:
    """Give the last published place of every number that was given one: batch, store, slot, its beginning."""
    found: dict[str, tuple[int, str, str, str]] = {}
    batches = sorted(int(path.stem.removeprefix("promotion-")) for path in bundle.glob("promotion-*.csv"))
    for batch in (0, *batches):
        placed, offered = (
            ("allocation.csv", "slots.csv") if batch == 0 else (f"promotion-{batch}.csv", f"room-{batch}.csv")
        )
        if not (bundle / placed).exists():
            continue
        starts = {(slot.store, slot.slot): slot.starts_at for slot in read_slots(bundle / offered)}
        for placement in read_allocation(bundle / placed):
            if placement.is_placed:
                at = starts[placement.store, placement.slot]
                found[placement.number] = (batch, placement.store, placement.slot, format_time(at))
            else:
                found.pop(placement.number, None)
    return found


def _draw_file(
    bundle: Path, round_: str, draw: int, pool_symbols: int, symbols: int | None
) -> dict[str, Any]:
    _, keys = read_keys((bundle / "keys.json").read_bytes())
    with (bundle / "ledger.jsonl").open("rb") as stream:
        entries = read_ledger(stream)
    told = [entry for entry in entries if (entry.round, entry.draw) == (round_, draw) and entry.kind in _TOLD]
    size, note = _choose_checkpoint(bundle, keys, told, len(entries))
    tree = merkle.tree(merkle.leaf_hash(entry.line) for entry in entries[:size])
    seed = bundle / "seed.txt"
    return {
        "protocol": PROTOCOL,
        "commitment": (bundle / "commitment.json").read_text("utf-8"),
        "seed": seed.read_text("utf-8") if seed.exists() else None,
        "keys": (bundle / "keys.json").read_text("utf-8"),
        "pool_symbols": pool_symbols,
        "result_symbols": symbols,
        "checkpoint": note,
        "ledger": [
            {
                "line": entry.line.decode("utf-8"),
                "seq": entry.seq,
                "proof": [one.hex() for one in tree.inclusion_proof(entry.seq)],
            }
            for entry in told
            if entry.seq < size
        ],
    }


def _choose_checkpoint(bundle: Path, keys: Keyring, told: list[Entry], whole: int) -> tuple[int, str]:
    """Choose the smallest checkpoint that notary and witness cosigned over all that is told, else the last one."""
    needed = max(entry.seq for entry in told) + 1
    for size in sorted(int(path.name) for path in (bundle / "checkpoints").iterdir()):
        data = (bundle / "checkpoints" / str(size)).read_bytes()
        signed = read_checkpoint(data, keys.all, origin=keys.origin)
        if size >= needed and all(signed.is_signed_by(key) for key in keys.cosigners):
            return size, data.decode("utf-8")
    return whole, (bundle / "checkpoints" / str(whole)).read_text("utf-8")


def prefixes(symbols: int) -> Iterator[str]:
    """Give every prefix of so many symbols, in the order of the alphabet."""
    return ("".join(one) for one in product(ALPHABET, repeat=symbols))
