"""Forging bundles: whoever holds all the keys bends one thing and makes everything else fit again.

What a verifier must find in such a bundle is that one thing; digests, roots and signatures are all in order.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from datetime import UTC, datetime
from typing import Any

from maskres.formats.values import format_time, parse_time
from maskres.ledger.checkpoints import cosign, sign_checkpoint
from maskres.ledger.note_keys import Algorithm, SigningKey, signing_key
from maskres.ledger.notes import add_signatures
from maskres.lottery.draw import draw
from maskres.lottery.pool import read_pool
from maskres.lottery.results import write_result
from maskres.rehearsal.parts import SeededKeys, cosigner_keys
from tests.support.draw_vectors import Files, read_base
from tests.support.plain_bundle import PlainBundle, sha256, tree_root
from tests.support.spec_city import NAMES
from tests.support.spec_draw import Key
from tests.support.vector_bases import REHEARSED_SEED
from tests.support.world import SEED

Json = dict[str, Any]
Times = dict[str, int]


def write_json(value: Json) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


class Forged:
    """A base under the hands of someone who holds every key.

    Attributes:
        files: name → bytes.
        commitment: commitment.json, or empty.
        entries: the ledger's lines, each an object; `seq` follows from the place.
        times: size → signer → POSIX time of the cosignature; what is taken away is not signed again.
    """

    def __init__(self, base: str) -> None:
        self.files: Files = read_base(base)
        self.commitment: Json = json.loads(self.files.get("commitment.json", b"{}"))
        self.entries: list[Json] = [json.loads(line) for line in self.lines("ledger.jsonl")]
        origin = json.loads(self.files["keys.json"])["origin"]
        self.ledger_key, self.cosigners = _keys_of(base, origin)
        names = [name for name in self.files if name.startswith("checkpoints/")]
        self.times = {int(name.removeprefix("checkpoints/")): self._times(name) for name in names}

    def lines(self, name: str) -> list[bytes]:
        return self.files[name].split(b"\n")[:-1]

    def write_lines(self, name: str, lines: list[bytes]) -> None:
        self.files[name] = b"".join(line + b"\n" for line in lines)

    def entry(self, kind: str, nth: int = -1) -> Json:
        """Give the last entry of a kind, or the nth."""
        return [one for one in self.entries if one["kind"] == kind][nth]

    def line_of(self, kind: str, nth: int = -1) -> int:
        """Give the line of an entry in ledger.jsonl."""
        return self.entries.index(self.entry(kind, nth)) + 1

    def move(self, kind: str, seconds: int) -> Json:
        """Let an entry, and the cosignatures under its checkpoint, come later or earlier."""
        entry = self.entry(kind)
        entry["at"] = shifted(entry["at"], seconds)
        size = self.entries.index(entry) + 1
        self.times[size] = {name: time + seconds for name, time in self.times.get(size, {}).items()}
        return entry

    def move_cosigning(self, kind: str, seconds: int) -> None:
        """Let the cosignatures of a milestone come later or earlier."""
        size = self.line_of(kind)
        self.times[size] = {name: time + seconds for name, time in self.times[size].items()}

    def cut_after(self, kind: str) -> None:
        """Go back to the moment at which an entry had just been made and nobody had cosigned it."""
        size = self.line_of(kind)
        del self.entries[size:]
        self.times = {at: times for at, times in self.times.items() if at < size}
        for name in ("beacon.json", "seed.txt", "result.csv"):
            self.files.pop(name, None)

    def recommit(self) -> None:
        """Make the commitment fit its files, and the ledger fit the commitment."""
        for name, said in self.commitment["files"].items():
            said["sha256"] = sha256(self.files[name])
            said["entries"] = len(self.lines(name)) - 1
        self.commitment["pool_tree"]["root"] = PlainBundle(
            self.files | {"commitment.json": write_json(self.commitment)}
        ).pool_root()
        self.pledge()

    def pledge(self, data: bytes | None = None) -> None:
        """Write the commitment and name its digest in the ledger."""
        size = self.commitment["ledger"]["size"]
        self.commitment["ledger"]["root"] = tree_root(self._ledger_lines()[:size]).hex()
        self.files["commitment.json"] = write_json(self.commitment) if data is None else data
        self.entry("draw-committed")["body"]["commitment_sha256"] = sha256(self.files["commitment.json"])

    def redraw(self) -> None:
        """Draw again from what is committed and rolled, and enter it."""
        values = {}
        for source in self.commitment["sources"]:
            kind = {"dice": "dice", "drand": "beacon"}[source["kind"]]
            body = [one["body"] for one in self.entries if one["kind"] == kind][-1]
            values[source["name"]] = body.get("rolls", body.get("randomness"))
        lines = ["maskres-draw-1", f"commitment {sha256(self.files['commitment.json'])}"]
        lines += [f"{name} {value}" for name, value in values.items()]
        self.write_lines("seed.txt", [line.encode() for line in lines])
        self.draw_from(sha256(self.files["seed.txt"]))

    def draw_from(self, seed: str) -> None:
        """Draw with a seed, and enter it."""
        result = draw(read_pool(self.files["pool.csv"]), self.commitment["quotas"], seed)
        out = io.BytesIO()
        write_result(result, out)
        self.files["result.csv"] = out.getvalue()
        cutoffs = {stratum: (result.cutoffs or {}).get(stratum) for stratum in self.commitment["quotas"]}
        self.entry("drawn")["body"] = {"seed": seed, "result": self.digest("result.csv"), "cutoffs": cutoffs}

    def digest(self, name: str) -> Json:
        return {"sha256": sha256(self.files[name]), "entries": len(self.lines(name)) - 1}

    def finish(self) -> Files:
        """Write the ledger and sign every checkpoint anew."""
        lines = self._ledger_lines()
        self.write_lines("ledger.jsonl", lines)
        for name in [name for name in self.files if name.startswith("checkpoints/")]:
            del self.files[name]
        self.times.setdefault(len(lines), {})
        for size, times in self.times.items():
            if size <= len(lines):
                self.files[f"checkpoints/{size}"] = self.checkpoint(size, tree_root(lines[:size]), times)
        return self.files

    def checkpoint(self, size: int, root: bytes, times: Times) -> bytes:
        """Sign a checkpoint as the ledger, and as every cosigner who has a time."""
        note = sign_checkpoint(self.ledger_key.name, size, root, self.ledger_key)
        signers = [key for key in self.cosigners if key.name in times]
        return add_signatures(
            note, [cosign(note, key, datetime.fromtimestamp(times[key.name], UTC)) for key in signers]
        )

    def _ledger_lines(self) -> list[bytes]:
        return [write_json(entry | {"seq": seq})[:-1] for seq, entry in enumerate(self.entries)]

    def _times(self, name: str) -> Times:
        found = {}
        for line in self.files[name].decode().partition("\n\n")[2].splitlines():
            _dash, signer, raw = line.split(" ")
            if signer != self.ledger_key_name:
                found[signer] = int.from_bytes(base64.b64decode(raw)[4:12], "big")
        return found

    @property
    def ledger_key_name(self) -> str:
        return self.ledger_key.name


def _keys_of(base: str, origin: str) -> tuple[SigningKey, list[SigningKey]]:
    """Give the secret keys of a base's ledger, and of those who cosign it."""
    if base == "real-beacon":
        keys = [Key(role) for role in NAMES]
        ledger, *cosigners = (signing_key(key.name, Algorithm(key.kind), key.seed) for key in keys)
        return ledger, cosigners
    seed = REHEARSED_SEED if base == "whole" else SEED
    return signing_key(origin, Algorithm.NOTE, SeededKeys(seed).deployment.ledger), cosigner_keys(seed)


def shifted(time: str, seconds: int) -> str:
    """Give a time some seconds later."""
    moment = parse_time(time, field="at")
    return format_time(datetime.fromtimestamp(moment.timestamp() + seconds, UTC))


def new_number(label: str) -> bytes:
    """Make a registration number that nobody has."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    values = [byte % 32 for byte in hashlib.sha256(label.encode()).digest()[:11]]
    total = 0
    for place, value in enumerate(reversed(values)):
        factor = 2 if place % 2 == 0 else 1
        total += value * factor // 32 + value * factor % 32
    return "".join(alphabet[value] for value in [*values, -total % 32]).encode()
