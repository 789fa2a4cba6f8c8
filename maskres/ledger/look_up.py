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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.formats.csv_lines import encode_names, spell_columns, spell_whole
from maskres.formats.number_arrays import KEY_BITS, keys_of
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
from maskres.lottery.results import OUTCOMES, Result, read_result
from maskres.lottery.slots import read_slots

PROTOCOL = "maskres-look-up-1"
MOST_RESULTS_A_FILE = 64
MOST_SYMBOLS = 4
RESULT_HEADER = ("number", "rank", "stratum", "outcome", "batch", "store", "slot", "starts_at")
_HEADER_LINE = ",".join(RESULT_HEADER).encode() + b"\n"
#: Whose lines are spelled together: some 50,000 lines.
_FILES_AT_ONCE = 1024
_NO_KEY = np.uint64(1 << KEY_BITS)
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
    keys = keys_of(result.numbers)
    order = np.argsort(keys)
    places = _find_places(bundle, keys[order])
    names, bounds = list(prefixes(symbols)), _bounds(keys[order], symbols)
    strata, outcomes = encode_names(result.stratum_names), encode_names(OUTCOMES)
    for first in range(0, len(names), _FILES_AT_ONCE):
        some = names[first : first + _FILES_AT_ONCE]
        ends = bounds[first : first + len(some) + 1]
        rows = slice(ends[0], ends[-1])
        chosen = order[rows]
        columns = [
            result.numbers[chosen],
            spell_whole(chosen + 1),
            strata[result.strata[chosen]],
            outcomes[result.has_won[chosen].astype(np.int64)],
            *(texts[places.codes[rows]] for texts in places.texts),
        ]
        lines = spell_columns(columns).splitlines(keepends=True)
        for name, start, end in zip(some, ends - ends[0], ends[1:] - ends[0], strict=False):
            (folder / f"{name or 'all'}.csv").write_bytes(_HEADER_LINE + b"".join(lines[start:end]))
    return len(names)


def _bounds(keys: NDArray[np.uint64], symbols: int) -> NDArray[np.int64]:
    """Tell where the rows of every prefix begin among sorted keys, and last where all end."""
    first_keys = np.arange(32**symbols, dtype=np.uint64) << np.uint64(KEY_BITS - 5 * symbols)
    return np.append(np.searchsorted(keys, first_keys), len(keys))


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """The last published place of everyone.

    Attributes:
        codes: of each row, an index into every one of `texts`.
        texts: batch, store, slot and its beginning of each place; the first of each is empty.
    """

    codes: NDArray[np.int64]
    texts: Sequence[NDArray[np.bytes_]]


def _find_places(bundle: Path, keys: NDArray[np.uint64]) -> _Places:
    """Find the last published place of every number, given as sorted keys."""
    codes = np.zeros(len(keys), dtype=np.int64)
    known = [("", "", "", "")]
    batches = sorted(int(path.stem.removeprefix("promotion-")) for path in bundle.glob("promotion-*.csv"))
    for batch in (0, *batches):
        placed, offered = (
            ("allocation.csv", "slots.csv") if batch == 0 else (f"promotion-{batch}.csv", f"room-{batch}.csv")
        )
        if not (bundle / placed).exists():
            continue
        starts = {(slot.store, slot.slot): slot.starts_at for slot in read_slots(bundle / offered)}
        placements = read_allocation(bundle / placed)
        pairs = placements.stores.astype(np.int64) * len(placements.slot_names) + placements.slots
        distinct, pair_of = np.unique(pairs, return_inverse=True)
        new_codes = np.zeros(len(distinct), dtype=np.int64)
        for nth, pair in enumerate(distinct.tolist()):
            store, slot = divmod(pair, len(placements.slot_names))
            place = placements.store_names[store], placements.slot_names[slot]
            if place[0]:
                new_codes[nth] = len(known)
                known.append((str(batch), *place, format_time(starts[place])))
        placed_keys = keys_of(placements.numbers)
        rows = np.searchsorted(keys, placed_keys)
        is_drawn = np.append(keys, _NO_KEY)[rows] == placed_keys
        codes[rows[is_drawn]] = new_codes[pair_of[is_drawn]]
    return _Places(codes, [encode_names(texts) for texts in zip(*known, strict=True)])


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
