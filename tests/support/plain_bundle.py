"""A published bundle read and recomputed plainly, from draw.md alone: nothing of maskres is used."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.reference import plain_allocation, plain_batch, plain_draw
from tests.reference.lottery_files import ALPHABET, allocation_file

Wish = plain_allocation.Wish
Line = plain_batch.Line


def sha256(data: bytes | str) -> str:
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode("ascii")).hexdigest()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    half = 1
    while 2 * half < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + tree_root(leaves[:half]) + tree_root(leaves[half:])).digest()


class PlainBundle:
    """The files of a bundle, whether in a folder or handed in by name."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    @classmethod
    def of_folder(cls, folder: Path) -> PlainBundle:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return cls({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})

    def rows(self, name: str) -> list[list[str]]:
        """Give the lines of a CSV file, without its header."""
        lines = list(csv.reader(self.files[name].decode("ascii").split("\n")[:-1]))
        return lines[1:]

    def document(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.files[name])
        return found

    @property
    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files["ledger.jsonl"].split(b"\n")[:-1]]

    def entry(self, kind: str) -> dict[str, Any]:
        """Give the last entry of a kind about this bundle's draw."""
        about = (self.document("commitment.json")["round"], self.document("commitment.json")["draw"])
        return [
            each for each in self.ledger if (each["kind"], each["round"], each["draw"]) == (kind, *about)
        ][-1]

    def ledger_root(self, size: int) -> bytes:
        return tree_root(self.files["ledger.jsonl"].split(b"\n")[:size])

    @property
    def seed(self) -> str:
        return sha256(self.files["seed.txt"])

    @property
    def result(self) -> list[Line]:
        return [(int(rank), *rest) for rank, *rest in self.rows("result.csv")]  # type: ignore[misc]

    def draw(self) -> bytes:
        """Draw again: result.csv as it must be."""
        entries = [(number, stratum, int(tickets)) for number, stratum, tickets, _ in self.rows("pool.csv")]
        lines, _ = plain_draw.draw(entries, self.document("commitment.json")["quotas"], self.seed)
        return plain_draw.result_file(lines)

    def cutoffs(self) -> dict[str, str | None]:
        entries = [(number, stratum, int(tickets)) for number, stratum, tickets, _ in self.rows("pool.csv")]
        quotas = self.document("commitment.json")["quotas"]
        _, cutoffs = plain_draw.draw(entries, quotas, self.seed)
        return {stratum: cutoffs.get(stratum) for stratum in quotas}

    def winners(self) -> list[str]:
        return [number for _, number, _, _, outcome in self.result if outcome == "won"]

    def slots(self, name: str) -> list[plain_allocation.Slot]:
        return [(*slot, int(capacity)) for *slot, capacity in self.rows(name)]  # type: ignore[misc]

    def wishes(self, name: str) -> dict[str, Wish]:
        return {
            number: (district, reach, tuple(choices.split("|")) if choices else ())
            for number, _, _, district, reach, choices in self.rows(name)
        }

    def allocate(self) -> bytes:
        """Place the winners again: allocation.csv as it must be."""
        lines = plain_allocation.place(
            [self.winners()], self.wishes("wishes.csv"), self.slots("slots.csv"), self.seed
        )
        return allocation_file(lines)

    def placements(self, name: str) -> list[Line]:
        return [(int(place), *rest) for place, *rest in self.rows(name)]  # type: ignore[misc]

    def batch_count(self) -> int:
        return sum(name.startswith("changes-") for name in self.files)

    def promote(self) -> list[bytes]:
        """Follow the batches again: every promotion-N.csv as it must be."""
        story = plain_batch.Story(self.result, self.placements("allocation.csv"))
        released, has_ended = self._released()
        promotions = []
        for number in range(1, self.batch_count() + 1):
            changes = dict(self.rows(f"changes-{number}.csv"))
            groups = list(story.batch(changes, released[number - 1], has_ended=has_ended[number - 1]))
            wishes, room = self.wishes(f"wishes-{number}.csv"), self.slots(f"room-{number}.csv")
            lines = plain_allocation.place(groups, wishes, room, self.seed)
            story.finish(lines)
            promotions.append(allocation_file(lines))
        return promotions

    def _released(self) -> tuple[list[dict[str, int]], list[bool]]:
        """Give what each batch released, and whether the waiting list had ended before it."""
        about = self.entry("drawn")
        committed: set[int] = set()
        released, has_ended = [], []
        for each in self.ledger:
            if each["round"] != about["round"] or each["draw"] is None or each["draw"] < about["draw"]:
                continue
            if each["draw"] > about["draw"]:
                if each["kind"] == "draw-committed":
                    committed.add(each["draw"])
                if each["kind"] == "draw-voided":
                    committed.discard(each["draw"])
            elif each["kind"] == "batch":
                released.append(each["body"]["released"])
                has_ended.append(bool(committed))
        return released, has_ended

    def unsealed(self, name: str) -> dict[str, str]:
        """Compute the seals that opened wishes lead to."""
        found = {}
        for number, holder, salt, district, reach, choices in self.rows(name):
            wish = sha256(f"{salt}/{district}/{reach}/{choices}")
            found[number] = sha256(f"{number}/{holder}/{wish}")[:40]
        return found

    def seals(self) -> dict[str, str]:
        return {number: seal for number, _, _, seal in self.rows("pool.csv")}

    def pool_root(self) -> str:
        """Compute the root of the pool's tree, cut by as many symbols as the commitment says."""
        symbols = self.document("commitment.json")["pool_tree"]["symbols"]
        prefixes = [""]
        for _ in range(symbols):
            prefixes = [prefix + symbol for prefix in prefixes for symbol in ALPHABET]
        leaves = dict.fromkeys(prefixes, b"")
        for line in self.files["pool.csv"].split(b"\n")[1:-1]:
            leaves[line[:symbols].decode("ascii")] += line + b"\n"
        return tree_root(list(leaves.values())).hex()

    def checkpoint(self, size: int) -> tuple[str, int, bytes, list[str]]:
        """Give a checkpoint's origin, size, root, and the names that signed it."""
        text, _, signatures = self.files[f"checkpoints/{size}"].decode().partition("\n\n")
        origin, said, root = text.split("\n")
        names = [line.split(" ")[1] for line in signatures.splitlines()]
        return origin, int(said), base64.b64decode(root, validate=True), names
