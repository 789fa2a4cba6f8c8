"""The worked example of docs/spec/draw.md, made from the specification alone: nothing of maskres is used.

Everything follows from the constants of spec_city, so it is the same bytes on every machine.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from tests.support.plain_bundle import sha256, tree_root
from tests.support.spec_city import (
    COSIGNERS,
    DRAND,
    ORIGIN,
    PEOPLE,
    RANDOMNESS,
    README,
    ROUND,
    SIGNATURE,
    SIZES,
    VOID_REASON,
)
from tests.support.spec_draw import ExampleDraw, Key, base64_of, digest_of, dumps, second_of


class Example(ExampleDraw):
    """The whole example: ledger, checkpoints, receipt and bundle besides."""

    @cached_property
    def lines(self) -> list[bytes]:
        files = {name: digest_of(data) for name, data in self.drawn_files.items()}
        batch = {
            "batch": 1,
            "files": {kind: files[f"{kind}-1.csv"] for kind in ("changes", "room", "wishes", "promotion")},
            "released": self.released,
        }
        beacon = {"round": DRAND["round"], "signature": SIGNATURE, "randomness": RANDOMNESS}
        audited = {"audit_sha256": files["audit.json"]["sha256"], "sample": len(self.audited), "unsound": 0}
        pledged = {"number_key_sha256": sha256(self.number_key), "seal_key_sha256": sha256(self.seal_key)}
        drawn = {"seed": self.seed, "result": files["result.csv"], "cutoffs": self.cutoffs}
        placed = {"allocation": files["allocation.csv"], "wishes": files["wishes.csv"]}
        later: list[tuple[str, str, int | None, dict[str, Any]]] = [
            ("2023-09-15T02:00:00Z", "draw-committed", 1, {"commitment_sha256": sha256(self.commitment)}),
            ("2023-09-15T10:40:00Z", "dice", 1, {"source": "notary-dice", "rolls": self.rolls}),
            ("2023-09-15T11:02:00Z", "beacon", 1, {"source": "drand", **beacon}),
            ("2023-09-15T11:05:00Z", "drawn", 1, drawn),
            ("2023-09-15T11:10:00Z", "allocated", 1, placed),
            ("2023-09-16T09:00:00Z", "audited", 1, audited),
            ("2023-09-18T01:00:00Z", "batch", 1, batch),
            ("2023-09-21T01:00:00Z", "draw-finished", 1, {}),
            ("2023-09-21T02:00:00Z", "draw-voided", 2, {"commitment_sha256": None, "reason": VOID_REASON}),
            ("2023-09-22T01:00:00Z", "round-finished", None, {}),
            ("2024-01-02T01:00:00Z", "erased", None, pledged),
        ]
        return [
            *self.entries,
            *(self.line(*entry, seq) for seq, entry in enumerate(later, start=len(self.entries))),
        ]

    # Checkpoints

    def checkpoint_text(self, size: int) -> bytes:
        root = base64_of(tree_root(self.lines[:size]))
        return f"{ORIGIN}\n{size}\n{root}\n".encode()

    @staticmethod
    def signature_line(key: Key, raw: bytes) -> bytes:
        return f"\u2014 {key.name} {base64_of(key.id + raw)}\n".encode()

    def cosigned_message(self, size: int, second: int) -> bytes:
        return b"cosignature/v1\ntime %d\n" % second + self.checkpoint_text(size)

    def checkpoint(self, size: int) -> bytes:
        """Signed by the operator; notary and witness cosign five and six minutes later."""
        operator = self.keys["operator"]
        text = self.checkpoint_text(size)
        note = text + b"\n" + self.signature_line(operator, operator.private.sign(text))
        for role, minutes in COSIGNERS.items():
            key, second = self.keys[role], self.cosigned_second(size, minutes)
            signed = key.private.sign(self.cosigned_message(size, second))
            note += self.signature_line(key, second.to_bytes(8, "big") + signed)
        return note

    def cosigned_second(self, size: int, minutes: int) -> int:
        return second_of(json.loads(self.lines[size - 1])["at"]) + 60 * minutes

    # Receipt and bundle

    @cached_property
    def receipt_body(self) -> dict[str, Any]:
        number = self.number_of(PEOPLE[0])
        holder_salt, wish_salt = self.salts_of(number)
        return {
            "round": ROUND,
            "draw": 1,
            "number": number,
            "holder_salt": holder_salt,
            "wish_salt": wish_salt,
            "district": PEOPLE[0].district,
            "reach": PEOPLE[0].reach,
            "choices": PEOPLE[0].choices,
            "at": "2023-09-11T03:04:05Z",
            "status": "registered",
            "ledger": {"size": 1, "root": tree_root(self.lines[:1]).hex()},
            "signed_by": ORIGIN,
        }

    @property
    def receipt_signed(self) -> bytes:
        return b"maskres-receipt-1\n" + dumps(self.receipt_body)

    @property
    def receipt(self) -> bytes:
        signature = base64_of(self.keys["operator"].private.sign(self.receipt_signed))
        return dumps({"protocol": "maskres-receipt-1", "receipt": self.receipt_body, "signature": signature})

    @cached_property
    def bundle(self) -> dict[str, bytes]:
        keys = {role: key.text for role, key in self.keys.items()}
        files = {
            "rules.json": self.rules,
            **self.committed,
            "commitment.json": self.commitment,
            "beacon.json": self.beacon,
            "seed.txt": self.seed_file,
            **self.drawn_files,
            "ledger.jsonl": b"".join(line + b"\n" for line in self.lines),
            **{f"checkpoints/{size}": self.checkpoint(size) for size in SIZES},
            "keys.json": dumps({"origin": ORIGIN, "round": ROUND, "keys": keys}),
            "README": README,
        }
        sums = "".join(f"{sha256(data)}  {name}\n" for name, data in sorted(files.items()))
        return {**files, "SHA256SUMS": sums.encode("ascii")}
