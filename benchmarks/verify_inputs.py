"""A whole bundle for the benchmark of the verifiers, made from a hash counter: pool, draw, and the places won."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.draw_inputs import STRATA, make_numbers, write_slots
from maskres.formats import strict_json
from maskres.ledger import bodies, merkle
from maskres.ledger.body_shapes import Kind
from maskres.ledger.bundle import write_bundle
from maskres.ledger.checkpoints import cosign, sign_checkpoint
from maskres.ledger.commitment import COMMITTED_FILES, Commitment, write_commitment
from maskres.ledger.entries import entry_line
from maskres.ledger.keyring import keyring
from maskres.ledger.note_keys import Algorithm, signing_key
from maskres.ledger.notes import add_signatures
from maskres.ledger.pool_tree import pool_tree, symbols_for
from maskres.lottery.allocation import allocate
from maskres.lottery.draw import draw
from maskres.lottery.placements import write_allocation
from maskres.lottery.pool import read_pool
from maskres.lottery.results import write_result
from maskres.lottery.seed import seed_file, seed_of
from maskres.lottery.slots import read_slots
from maskres.lottery.sources import Dice
from maskres.lottery.wishes import Wish, read_wishes, write_wishes

ROUND, ORIGIN = "bench", "rehearsal/bench"
OPENED_AT = datetime(2020, 2, 1, tzinfo=UTC)
ROLLS = ("3141592653" * 4)[:39]
STORES = 300
RULES: Mapping[str, Any] = {
    "protocol": "maskres-rules-1",
    "round": ROUND,
    "zone": "Asia/Shanghai",
    "goods": "masks",
    "quantity": 5,
    "reference_date": "2020-02-01",
    "bases": [{"register": "household"}],
    "min_age": 0,
    "wait_days": 0,
    "bonus": {"tickets_per_round_waited": 0, "max_tickets": 1},
    "strata": [*({"stratum": each, "min_age": 1} for each in STRATA[:-1]), {"stratum": STRATA[-1]}],
    "draws": 1,
    "challenge_hours": 0,
    "lead_hours": 0,
    "audit_size": 300,
    "entries_per_phone": 6,
    "districts": [f"d{place}" for place in range(6)],
    "personal_data_until": "2020-06-30",
    "person_data_until": "2021-06-30",
}


def write_bench_bundle(folder: Path, size: int, winners: int, *, excluded: int) -> None:
    """Write the bundle of a draw that has given its places.

    Args:
        folder: where; the files are made beside it.
        size: numbers in the pool.
        winners: how many of them win.
        excluded: numbers besides that registered and are not in the pool.
    """
    made = folder.with_name("made")
    made.mkdir()
    everyone = make_numbers(size + excluded)
    is_out = np.zeros(len(everyone), dtype=np.bool_)
    is_out[:: max(len(everyone) // excluded, 1)] = True
    _write_lists(made, everyone, is_out)
    write_slots(made / "slots.csv", stores=STORES, places=winners)
    rules = strict_json.dumps(dict(RULES))
    (made / "rules.json").write_bytes(rules)
    ledger = _Ledger()
    key = hashlib.sha256(b"a key nobody has").hexdigest()
    ledger.enter(Kind.ROUND_OPENED, bodies.round_opened(_sha256(made, "rules.json"), key, key, ledger.keys))
    ledger.enter(Kind.DRAW_CLOSED, bodies.draw_closed(_digest(made, "registered.csv")))
    pool = read_pool(made / "pool.csv")
    out = int(is_out.sum())
    ledger.enter(Kind.DRAW_DECIDED, bodies.draw_decided(pool.count_by_stratum(), {"too-young": out}, []))
    tree = pool_tree(made / "pool.csv", symbols_for(len(pool)))
    dice = Dice("dice", 10, 39, ledger.now + timedelta(hours=2))
    commitment = Commitment(
        origin=ORIGIN, round=ROUND, draw=1, committed_at=ledger.now, zone=RULES["zone"],
        rules_sha256=_sha256(made, "rules.json"), number_key_sha256=key, registers=(),
        quotas=dict.fromkeys(STRATA, winners // len(STRATA)),
        files={name: _digest(made, name) for name in COMMITTED_FILES},
        pool_symbols=tree.symbols, pool_root=tree.root, sources=(dice,),
        ledger_size=len(ledger.lines), ledger_root=ledger.root.hex(),
    )  # fmt: skip
    (made / "commitment.json").write_bytes(write_commitment(commitment))
    ledger.enter(Kind.DRAW_COMMITTED, bodies.draw_committed(_sha256(made, "commitment.json")))
    ledger.enter(Kind.DICE, bodies.dice(dice.name, ROLLS))
    text = seed_file(_sha256(made, "commitment.json"), [dice], {dice.name: ROLLS})
    (made / "seed.txt").write_bytes(text)
    result = draw(pool, commitment.quotas, seed_of(text))
    with (made / "result.csv").open("wb") as stream:
        write_result(result, stream)
    cutoffs = {stratum: (result.cutoffs or {}).get(stratum) for stratum in commitment.quotas}
    ledger.enter(Kind.DRAWN, bodies.drawn(seed_of(text), _digest(made, "result.csv"), cutoffs))
    with (made / "wishes.csv").open("wb") as stream:
        write_wishes((_wish(number.decode()) for number in result.winners.tolist()), stream)
    wishes, slots = read_wishes(made / "wishes.csv"), read_slots(made / "slots.csv")
    with (made / "allocation.csv").open("wb") as stream:
        write_allocation(allocate(result.winners, wishes, slots, seed_of(text)), stream)
    allocated = bodies.allocated(_digest(made, "allocation.csv"), _digest(made, "wishes.csv"))
    ledger.enter(Kind.ALLOCATED, allocated)
    contents: dict[str, bytes | Path] = {path.name: path for path in made.iterdir()}
    contents |= {"ledger.jsonl": b"".join(line + b"\n" for line in ledger.lines), **ledger.notes}
    write_bundle(folder, contents, round_=ROUND, draw=1, keys=ledger.keys)


class _Ledger:
    """A ledger in the making, cosigned at every line."""

    def __init__(self) -> None:
        self.now = OPENED_AT
        self.lines: list[bytes] = []
        self.notes: dict[str, bytes] = {}
        names = {"operator": ORIGIN, "notary": "bench/notary", "witness": "bench/witness"}
        kinds = {role: Algorithm.NOTE if role == "operator" else Algorithm.COSIGNATURE for role in names}
        self._signing = [
            signing_key(name, kinds[role], hashlib.sha256(name.encode()).digest())
            for role, name in names.items()
        ]
        self.keys = keyring(*(key.verifier for key in self._signing))

    @property
    def root(self) -> bytes:
        return merkle.root(map(merkle.leaf_hash, self.lines))

    def enter(self, kind: Kind, body: bodies.Body) -> None:
        is_of_round = kind is Kind.ROUND_OPENED
        draw_number = None if is_of_round else 1
        self.lines.append(entry_line(len(self.lines), self.now, kind, ROUND, draw_number, body))
        size = len(self.lines)
        note = sign_checkpoint(ORIGIN, size, self.root, self._signing[0])
        lines = [cosign(note, key, self.now + timedelta(minutes=2)) for key in self._signing[1:]]
        self.notes[f"checkpoints/{size}"] = add_signatures(note, lines)
        self.now += timedelta(hours=1)


def _write_lists(made: Path, everyone: NDArray[np.bytes_], is_out: NDArray[np.bool_]) -> None:
    with (made / "registered.csv").open("wb") as stream:
        stream.write(b"number\n" + b"".join(number + b"\n" for number in everyone.tolist()))
    with (made / "excluded.csv").open("wb") as stream:
        stream.write(b"number,reason\n")
        stream.write(b"".join(number + b",too-young\n" for number in everyone[is_out].tolist()))
    (made / "disputed.csv").write_bytes(b"number\n")
    names = [stratum.encode() for stratum in STRATA]
    with (made / "pool.csv").open("wb") as stream:
        stream.write(b"number,stratum,tickets,seal\n")
        stream.writelines(
            b"%b,%b,1,%b\n" % (number, names[number[0] % len(names)], _wish(number.decode()).seal.encode())
            for number in everyone[~is_out].tolist()
        )


def _wish(number: str) -> Wish:
    """Give somebody's wishes: up to four stores, by the number's own digest."""
    digest = hashlib.sha256(number.encode()).hexdigest()
    places = dict.fromkeys(
        int(digest[at : at + 4], 16) % STORES for at in range(0, 4 * (ord(number[5]) % 5), 4)
    )
    stores = tuple(f"store-{place:03}" for place in places)
    reach = ("city", "district", "choices")[ord(number[6]) % 3]
    return Wish(number, digest, digest[:32], f"d{ord(number[7]) % 6}", reach, stores)


def _sha256(made: Path, name: str) -> str:
    with (made / name).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest(made: Path, name: str) -> bodies.FileDigest:
    with (made / name).open("rb") as stream:
        return bodies.FileDigest(_sha256(made, name), sum(1 for _ in stream) - 1)
