"""Writes tests/vectors/draw: `python -m tests.support.vector_maker`.

The scenarios stand in vector_damage*.py (one file is changed, SHA256SUMS is written anew), vector_records.py (ledger,
checkpoints, keys, digests) and vector_forged_*.py (everything else is made to fit and signed again),
vector_beacons.py (the same with a real round of drand).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.draw_vectors import FOLDER

Finding = tuple[str, int | None, str]


@dataclass(frozen=True)
class Scenario:
    """A vector to be written; the members are those of draw_vectors.Vector."""

    name: str
    what: str
    edits: list[dict[str, Any]] = field(default_factory=list)
    finds: tuple[Finding, ...] = ()
    base: str = "whole"
    sums: bool = True
    arguments: dict[str, Any] = field(default_factory=dict)
    needs: str = "sha256"

    @property
    def text(self) -> str:
        """The file of the vector."""
        value = {
            "vector": self.name,
            "what": self.what,
            "base": self.base,
            "edits": self.edits,
            "sums": self.sums,
            "arguments": self.arguments,
            "needs": self.needs,
            "status": 1 if self.finds else 0,
            "findings": [{"file": file, "line": line, "code": code} for file, line, code in self.finds],
        }
        return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def all_scenarios() -> list[Scenario]:
    """Give every scenario."""
    from tests.support import (
        vector_beacons,
        vector_damage,
        vector_damage_outcome,
        vector_forged_lists,
        vector_forged_outcomes,
        vector_forged_round,
        vector_forged_times,
        vector_forged_voids,
        vector_good,
        vector_records,
    )

    parts = (
        vector_good,
        vector_damage,
        vector_damage_outcome,
        vector_records,
        vector_forged_times,
        vector_forged_voids,
        vector_forged_lists,
        vector_forged_outcomes,
        vector_forged_round,
        vector_beacons,
    )
    found = [scenario for part in parts for scenario in part.scenarios()]
    assert len({scenario.name for scenario in found}) == len(found), "two scenarios have one name"
    return found


def main() -> None:
    """Write every vector, and take away those there are no scenarios of any more."""
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for scenario in all_scenarios():
        (FOLDER / f"{scenario.name}.json").write_text(scenario.text, encoding="utf-8")


if __name__ == "__main__":
    main()
