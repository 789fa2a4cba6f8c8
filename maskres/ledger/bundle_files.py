"""The names that may stand in a bundle, and what each file is.

Source: spec Z1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from maskres.errors import InputError

SUMS, README, KEYS, LEDGER = "SHA256SUMS", "README", "keys.json", "ledger.jsonl"
VERIFIER = "verify_draw.py"
VERIFIER_PATH = Path(__file__).with_name(VERIFIER)
"""The verifier that goes into every bundle: a program of its own, nothing here imports it and it imports nothing."""
BESIDE = frozenset({"fairness.json"})
"""Published of a draw, but no part of its bundle: statements of the operator that nobody can recompute."""


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A name, or a pattern of names, that may stand in a bundle.

    Attributes:
        name: as it is shown; N stands for the number of a batch, SIZE for that of a checkpoint.
        english: what it is.
        chinese: what it is.
        pattern: what its names look like where there can be several; None where the name is the name.
        is_growing: whether a later bundle may hold more of it, its earlier bytes unchanged.
        is_renewed: whether a later bundle may hold another one: it follows from the other files.
        is_gathering: whether a later bundle may hold more signatures under it, or leave it out while nobody but
            the operator has signed: the longer ledger has a checkpoint of its own.
    """

    name: str
    english: str
    chinese: str
    pattern: str | None = None
    is_growing: bool = False
    is_renewed: bool = False
    is_gathering: bool = False

    def matches(self, name: str) -> bool:
        """Tell whether a file of a bundle is this one."""
        if self.pattern is None:
            return name == self.name
        return re.fullmatch(self.pattern, name) is not None


_BATCH = "[1-9][0-9]{0,3}"

KNOWN_FILES = (
    KnownFile("rules.json", "the rules of the round, published when it opened", "本轮规则，开放登记时公布"),
    KnownFile("registered.csv", "every number registered at closing", "截止时的全部登记号"),
    KnownFile(
        "pool.csv", "who takes part: number, stratum, tickets, seal", "参加摇号者：登记号、组别、签数、封印"
    ),
    KnownFile("excluded.csv", "who does not, and the coarse reason", "未参加者及大类原因"),
    KnownFile("disputed.csv", "numbers of the pool under dispute", "存在异议的登记号"),
    KnownFile("slots.csv", "stores, times and how many winners each takes", "门店、时段及各自容量"),
    KnownFile("commitment.json", "what was fixed before the randomness was known", "随机数产生之前的承诺"),
    KnownFile("beacon.json", "what the public beacon published", "公共随机信标的公布值"),
    KnownFile("seed.txt", "the seed's text; the seed is its SHA-256", "种子文本；其 SHA-256 即种子"),
    KnownFile("result.csv", "everyone of the pool in draw order", "全部参加者的摇号次序与结果"),
    KnownFile("wishes.csv", "the winners' opened wishes and salts", "中签者公开的意愿与盐值"),
    KnownFile("allocation.csv", "each winner's store and slot", "中签者的门店与时段"),
    KnownFile(
        "changes-N.csv",
        "batch N: whose place came free, and why",
        "第 N 批：空出的名额及原因",
        rf"changes-{_BATCH}\.csv",
    ),
    KnownFile("room-N.csv", "batch N: places on offer", "第 N 批：可分配的时段", rf"room-{_BATCH}\.csv"),
    KnownFile(
        "wishes-N.csv",
        "batch N: opened wishes and salts",
        "第 N 批：公开的意愿与盐值",
        rf"wishes-{_BATCH}\.csv",
    ),
    KnownFile(
        "promotion-N.csv",
        "batch N: who was placed, and where",
        "第 N 批：递补结果",
        rf"promotion-{_BATCH}\.csv",
    ),
    KnownFile("audit.json", "the audit's findings, number by number", "抽查结果"),
    KnownFile(LEDGER, "the public ledger, one event a line", "公开账本，一行一事", is_growing=True),
    KnownFile(
        "checkpoints/SIZE",
        "the ledger's first SIZE lines, signed and cosigned",
        "账本前 SIZE 行的签名与见证",
        r"checkpoints/[1-9][0-9]{0,11}",
        is_gathering=True,
    ),
    KnownFile(KEYS, "whose signatures count", "有效签名者的公钥"),
    KnownFile(VERIFIER, "a program that checks everything here", "核对程序", is_renewed=True),
    KnownFile(README, "this text", "本说明", is_renewed=True),
    KnownFile(SUMS, "the SHA-256 of every other file", "其余各文件的 SHA-256", is_renewed=True),
)


def find_known(name: str) -> KnownFile:
    """Give what a file of a bundle is, by its name.

    Args:
        name: relative, with `/` as in a zip.

    Raises:
        InputError: "unknown-file": no other name may stand in a bundle.
    """
    for known in KNOWN_FILES:
        if known.matches(name):
            return known
    raise InputError("unknown-file", "A file of this name does not belong in a bundle.", file=name[:80])


def present_files(names: frozenset[str]) -> list[KnownFile]:
    """Give the known files that a bundle with these names has, in the order people read them."""
    return [known for known in KNOWN_FILES if any(known.matches(name) for name in names)]
