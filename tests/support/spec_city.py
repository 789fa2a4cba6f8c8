"""The constants of the worked example of docs/spec/draw.md: people, rules, slots, sources, times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.reference import plain_allocation

ORIGIN, ROUND, DRAW = "rehearsal/spec-example", "masks-1", 1
NAMES = {"operator": ORIGIN, "notary": "rehearsal/notary", "witness": "rehearsal/witness"}

# A real round of drand's network quicknet, of 15 September 2023, 11:00:03 UTC (tests/vectors/drand_facts.json).
DRAND: dict[str, Any] = {
    "chain": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    "public_key": "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    "genesis": 1692803367,
    "period": 3,
    "round": 657413,
}
SIGNATURE = "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"
RANDOMNESS = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
ROLLS = "225364200610087601857967464724516386210"

QUOTAS = {"elderly": 2, "general": 4}
RELEASED_TOTAL = 2
RULES: dict[str, Any] = {
    "protocol": "maskres-rules-1",
    "round": ROUND,
    "zone": "Asia/Shanghai",
    "goods": "masks",
    "quantity": 5,
    "reference_date": "2023-09-10",
    "bases": [{"register": "household"}, {"register": "insurance", "months": 6, "of_last": 12}],
    "min_age": 0,
    "wait_days": 30,
    "bonus": {"tickets_per_round_waited": 1, "max_tickets": 3},
    "strata": [{"stratum": "elderly", "min_age": 60}, {"stratum": "general"}],
    "draws": 2,
    "challenge_hours": 24,
    "lead_hours": 12,
    "audit_size": 2,
    "entries_per_phone": 5,
    "districts": ["east", "west"],
    "personal_data_until": "2023-12-31",
    "person_data_until": "2024-12-31",
}

Slot = plain_allocation.Slot
SLOTS: list[Slot] = [
    ("east", "harbour", "am", "2023-09-16T01:00:00Z", "2023-09-16T03:00:00Z", 2),
    ("east", "harbour", "pm", "2023-09-16T06:00:00Z", "2023-09-16T08:00:00Z", 1),
    ("west", "market", "am", "2023-09-16T01:00:00Z", "2023-09-16T03:00:00Z", 1),
    ("west", "market", "pm", "2023-09-16T06:00:00Z", "2023-09-16T08:00:00Z", 1),
    ("east", "quay", "am", "2023-09-16T01:00:00Z", "2023-09-16T03:00:00Z", 1),
]
ROOM: list[Slot] = [
    ("east", "harbour", "pm", "2023-09-20T06:00:00Z", "2023-09-20T08:00:00Z", 2),
    ("west", "market", "am", "2023-09-20T01:00:00Z", "2023-09-20T03:00:00Z", 1),
    ("west", "market", "pm", "2023-09-20T06:00:00Z", "2023-09-20T08:00:00Z", 2),
]


@dataclass(frozen=True)
class Person:
    """Somebody of the example; `tickets` 0 for who is left out, with the reason."""

    canonical: str
    district: str
    reach: str
    choices: str
    stratum: str = "general"
    tickets: int = 1
    reason: str = ""
    is_disputed: bool = False

    @property
    def wish_text(self) -> str:
        return f"{self.district}/{self.reach}/{self.choices}"


def cn_id(body: str) -> str:
    """Add the check symbol of ISO 7064 MOD 11-2. No county has the code 000000, so these are nobody's numbers."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return f"CN-ID:{body}{'10X98765432'[total % 11]}"


PEOPLE = [
    Person(cn_id("00000019491201002"), "east", "city", "quay|harbour", "elderly", 2),
    Person(cn_id("00000019510214017"), "west", "district", "market", "elderly", 3),
    Person(cn_id("00000019560808033"), "east", "city", "quay", "elderly"),
    Person(cn_id("00000019480301046"), "west", "city", "market|harbour", "elderly"),
    Person(cn_id("00000019390930051"), "east", "district", "", "elderly", 2),
    Person(cn_id("00000019850517062"), "east", "choices", "quay", "general"),
    Person(cn_id("00000019901111075"), "west", "city", "market", "general", 2),
    Person(cn_id("00000019780620088"), "east", "city", "quay|market", "general"),
    Person(cn_id("00000020010405091"), "west", "district", "", "general"),
    Person(cn_id("00000019691224103"), "east", "district", "harbour|quay", "general", 2),
    Person("PASSPORT:UTO:L898902C3", "west", "city", "fair|market", "general"),
    Person(cn_id("00000019930303115"), "east", "city", "harbour", "general"),
    Person(cn_id("00000020070707128"), "west", "choices", "market", "general", is_disputed=True),
    Person(cn_id("00000019880101131"), "east", "city", "", tickets=0, reason="withdrawn"),
    Person("PASSPORT:UTO:D23145890", "west", "city", "", tickets=0, reason="not-registered-here"),
]

VOID_REASON = "No more stock will come."
COSIGNERS = {"notary": 5, "witness": 6}
#: After the opening, the closing, the commitment, the dice, result, places, audit and batch, and at the end.
SIZES = (1, 2, 4, 5, 7, 8, 9, 10, 12, 14)
README = b"""\
The worked example of docs/spec/draw.md. It is a rehearsal: nobody stands behind these numbers.

  sha256sum -c SHA256SUMS
"""
