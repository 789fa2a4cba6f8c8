"""Numbers, seals, files and the draw of the worked example of docs/spec/draw.md: nothing of maskres is used."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.reference import plain_allocation, plain_batch, plain_draw
from tests.reference.lottery_files import ALPHABET, allocation_file, check_symbol, csv
from tests.support.plain_bundle import sha256, tree_root
from tests.support.spec_city import (
    DRAND,
    DRAW,
    NAMES,
    ORIGIN,
    PEOPLE,
    QUOTAS,
    RANDOMNESS,
    RELEASED_TOTAL,
    ROLLS,
    ROOM,
    ROUND,
    RULES,
    SIGNATURE,
    SLOTS,
    Person,
    Slot,
)

NOTE, COSIGNATURE = 1, 4


def secret(label: str) -> bytes:
    """Make a key of the example: SHA-256 of a text. Real keys are random."""
    return hashlib.sha256(f"maskres specification example, {label}".encode("ascii")).digest()


def hmac_sha256(key: bytes, message: str) -> bytes:
    return hmac.digest(key, message.encode("ascii"), "sha256")


def dumps(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def digest_of(data: bytes) -> dict[str, Any]:
    return {"sha256": sha256(data), "entries": data.count(b"\n") - 1}


def second_of(time: str) -> int:
    return int(datetime.fromisoformat(time.removesuffix("Z")).replace(tzinfo=UTC).timestamp())


class Key:
    """An Ed25519 key of a role, with its name and id in notes."""

    def __init__(self, role: str) -> None:
        self.role, self.name = role, NAMES[role]
        self.seed = secret(f"{role}'s key")
        self.private = Ed25519PrivateKey.from_private_bytes(self.seed)
        self.public = self.private.public_key().public_bytes_raw()
        self.kind = NOTE if role == "operator" else COSIGNATURE
        self.id_preimage = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        self.id = hashlib.sha256(self.id_preimage).digest()[:4]

    @property
    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64_of(bytes([self.kind]) + self.public)}"


class ExampleDraw:
    """Numbers, files and the draw of the example; every attribute follows from the constants of spec_city."""

    def __init__(self, rolls: str = ROLLS) -> None:
        self.rolls = rolls
        self.number_key, self.seal_key = secret("number key"), secret("seal key")
        self.keys = {role: Key(role) for role in NAMES}
        self.numbers = {self.number_of(person): person for person in PEOPLE}

    # Numbers and seals

    def number_of(self, person: Person) -> str:
        return self.spell_number(hmac_sha256(self.number_key, person.canonical))

    @staticmethod
    def spell_number(digest: bytes) -> str:
        bits = int.from_bytes(digest, "big") >> (256 - 55)
        body = "".join(ALPHABET[bits >> shift & 31] for shift in range(50, -1, -5))
        return body + check_symbol(body)

    def salts_of(self, number: str) -> tuple[str, str]:
        holder, wish = (
            hmac_sha256(self.seal_key, f"{number}/{what}").hex()[:32] for what in ("holder", "wish")
        )
        return holder, wish

    def digests_of(self, number: str) -> tuple[str, str, str]:
        person, (holder_salt, wish_salt) = self.numbers[number], self.salts_of(number)
        holder = sha256(f"{holder_salt}/{person.canonical}")
        wish = sha256(f"{wish_salt}/{person.wish_text}")
        return holder, wish, sha256(f"{number}/{holder}/{wish}")[:40]

    @cached_property
    def pool(self) -> list[tuple[str, str, int]]:
        return sorted((number, p.stratum, p.tickets) for number, p in self.numbers.items() if p.tickets)

    # Files

    @cached_property
    def committed(self) -> dict[str, bytes]:
        out = [(number, p.reason) for number, p in sorted(self.numbers.items()) if not p.tickets]
        disputed = [(number,) for number, p in sorted(self.numbers.items()) if p.is_disputed]
        lines = [(*entry, self.digests_of(entry[0])[2]) for entry in self.pool]
        return {
            "registered.csv": csv("number", [(number,) for number in sorted(self.numbers)]),
            "pool.csv": csv("number,stratum,tickets,seal", lines),
            "excluded.csv": csv("number,reason", out),
            "disputed.csv": csv("number", disputed),
            "slots.csv": self.slots_file(SLOTS),
        }

    @staticmethod
    def slots_file(slots: list[Slot]) -> bytes:
        ordered = sorted(slots, key=lambda slot: (slot[1], slot[3], slot[2]))
        return csv("district,store,slot,starts_at,ends_at,capacity", ordered)

    def wishes_file(self, numbers: list[str]) -> bytes:
        lines = []
        for number in sorted(numbers):
            person = self.numbers[number]
            wishes = (person.district, person.reach, person.choices)
            lines.append((number, self.digests_of(number)[0], self.salts_of(number)[1], *wishes))
        return csv("number,holder,salt,district,reach,choices", lines)

    @cached_property
    def registers(self) -> list[dict[str, Any]]:
        return [
            {
                "kind": kind,
                "version": 1,
                "sha256": sha256(f"the {kind} register of the example"),
                "rows": rows,
            }
            for kind, rows in (("household", 9), ("insurance", 7))
        ]

    @cached_property
    def sources(self) -> list[dict[str, Any]]:
        return [
            {"name": "notary-dice", "kind": "dice", "sides": 10, "rolls": 39, "by": "2023-09-15T10:55:00Z"},
            {"name": "drand", "kind": "drand", **DRAND, "successor": None},
        ]

    @cached_property
    def pool_leaf(self) -> bytes:
        return self.committed["pool.csv"].split(b"\n", 1)[1]

    def pool_leaves(self, symbols: int) -> dict[str, bytes]:
        """The leaves of the pool's tree cut by so many symbols."""
        prefixes = [""]
        for _ in range(symbols):
            prefixes = [prefix + symbol for prefix in prefixes for symbol in ALPHABET]
        leaves = dict.fromkeys(prefixes, b"")
        for line in self.pool_leaf.splitlines(keepends=True):
            leaves[line[:symbols].decode()] += line
        return leaves

    @cached_property
    def commitment(self) -> bytes:
        """Made when the ledger has its first entries, up to `draw-decided`."""
        return dumps(
            {
                "protocol": "maskres-draw-1",
                "origin": ORIGIN,
                "round": ROUND,
                "draw": DRAW,
                "committed_at": "2023-09-15T02:00:00Z",
                "zone": RULES["zone"],
                "rules_sha256": sha256(self.rules),
                "number_key_sha256": sha256(self.number_key),
                "registers": self.registers,
                "quotas": QUOTAS,
                "files": {name: digest_of(data) for name, data in self.committed.items()},
                "pool_tree": {"symbols": 0, "root": tree_root([self.pool_leaf]).hex()},
                "sources": self.sources,
                "ledger": {"size": 3, "root": tree_root(self.entries[:3]).hex()},
            }
        )

    @property
    def rules(self) -> bytes:
        return dumps(RULES)

    @cached_property
    def beacon(self) -> bytes:
        return dumps({"round": DRAND["round"], "signature": SIGNATURE, "randomness": RANDOMNESS})

    @cached_property
    def seed_file(self) -> bytes:
        lines = ["maskres-draw-1", f"commitment {sha256(self.commitment)}"]
        lines += [f"notary-dice {self.rolls}", f"drand {RANDOMNESS}"]
        return "".join(line + "\n" for line in lines).encode("ascii")

    @cached_property
    def seed(self) -> str:
        return sha256(self.seed_file)

    # The draw and what follows

    @cached_property
    def result(self) -> list[plain_batch.Line]:
        return plain_draw.draw(self.pool, QUOTAS, self.seed)[0]

    @cached_property
    def cutoffs(self) -> dict[str, str]:
        return plain_draw.draw(self.pool, QUOTAS, self.seed)[1]

    @cached_property
    def winners(self) -> list[str]:
        return [number for _, number, _, _, outcome in self.result if outcome == "won"]

    def wishes_of(self, numbers: list[str]) -> dict[str, plain_allocation.Wish]:
        people = {number: self.numbers[number] for number in numbers}
        return {
            number: (p.district, p.reach, tuple(p.choices.split("|")) if p.choices else ())
            for number, p in people.items()
        }

    @cached_property
    def allocation(self) -> list[plain_batch.Line]:
        return plain_allocation.place([self.winners], self.wishes_of(self.winners), SLOTS, self.seed)

    @cached_property
    def audited(self) -> list[str]:
        return plain_draw.audit(self.winners, self.seed, RULES["audit_size"])

    @cached_property
    def changes(self) -> dict[str, str]:
        """The quay closes, an elderly winner elsewhere does not come, and the first elderly who waits withdraws."""
        at = {number: store for _, number, store, _, _ in self.allocation}
        stratum = {number: stratum for _, number, stratum, _, _ in self.result}
        missed = next(n for n in at if stratum[n] == "elderly" and at[n] not in ("", "quay"))
        waiting = next(n for _, n, s, _, outcome in self.result if (s, outcome) == ("elderly", "waiting"))
        displaced = {number: "displaced" for number, store in at.items() if store == "quay"}
        return displaced | {missed: "forfeited", waiting: "withdrawn"}

    @cached_property
    def released(self) -> dict[str, int]:
        return plain_batch.share(RELEASED_TOTAL, QUOTAS)

    @cached_property
    def batch_groups(self) -> tuple[list[str], list[str]]:
        story = plain_batch.Story(self.result, self.allocation)
        return story.batch(self.changes, self.released)

    @cached_property
    def promotion(self) -> list[plain_batch.Line]:
        groups = list(self.batch_groups)
        return plain_allocation.place(groups, self.wishes_of(groups[0] + groups[1]), ROOM, self.seed)

    @cached_property
    def drawn_files(self) -> dict[str, bytes]:
        sound = dict.fromkeys(self.audited, True)
        groups = self.batch_groups
        return {
            "result.csv": plain_draw.result_file(self.result),
            "wishes.csv": self.wishes_file(self.winners),
            "allocation.csv": allocation_file(self.allocation),
            "audit.json": dumps({"round": ROUND, "draw": DRAW, "sound": sound}),
            "changes-1.csv": csv("number,cause", sorted(self.changes.items())),
            "room-1.csv": self.slots_file(ROOM),
            "wishes-1.csv": self.wishes_file(groups[0] + groups[1]),
            "promotion-1.csv": allocation_file(self.promotion),
        }

    # The first lines of the ledger

    def line(self, at: str, kind: str, draw: int | None, body: dict[str, Any], seq: int) -> bytes:
        entry = {"seq": seq, "at": at, "kind": kind, "round": ROUND, "draw": draw, "body": body}
        return dumps(entry).removesuffix(b"\n")

    @cached_property
    def entries(self) -> list[bytes]:
        """The first entries, up to the deciding: what the commitment's `ledger` speaks of."""
        pledged = {
            "number_key_sha256": sha256(self.number_key),
            "seal_key_sha256": sha256(self.seal_key),
        }
        keys = {role: key.text for role, key in self.keys.items()}
        opened = {"rules_sha256": sha256(self.rules), **pledged, "keys": keys}
        strata = {name: sum(entry[1] == name for entry in self.pool) for name in QUOTAS}
        decided = {
            "pool": len(self.pool),
            "strata": strata,
            "excluded": 2,
            "reasons": {"not-registered-here": 1, "withdrawn": 1},
            "registers": self.registers,
        }
        return [
            self.line("2023-09-10T01:00:00Z", "round-opened", None, opened, 0),
            self.line(
                "2023-09-13T10:00:00Z", "draw-closed", 1,
                {"registered": digest_of(self.committed["registered.csv"])}, 1,
            ),
            self.line("2023-09-13T12:00:00Z", "draw-decided", 1, decided, 2),
        ]  # fmt: skip
