"""One rehearsal that many runs play: what it is made of, and playing it in processes that are killed.

The fixture `rehearsed` is in tests/support/rehearsed_fixtures.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESIDENTS, STORES, SEED, ROUNDS = 600, 8, "banyan", 2


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal that ran to its end.

    Attributes:
        url: of its database.
        out: where it wrote.
        counts: (stage, moment) → how often it came (tests/support/killed_rehearsal.py).
    """

    url: str
    out: Path
    counts: dict[tuple[str, str], int]

    def stages(self, moment: str) -> list[str]:
        """Give the stages that have such a moment, in order."""
        return [stage for stage, each in self.counts if each == moment]


def bundle_files(out: Path) -> dict[str, bytes]:
    """Give every file of the bundles below a folder."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for folder in sorted(out.glob("bundle*"))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def play_and_kill(
    url: str, out: Path, kills: Sequence[dict[str, Any]], *, counts: Path | None = None
) -> list[int]:
    """Play the rehearsal, killed so often and taken up again; gives how each run ended."""
    plan = {"residents": RESIDENTS, "stores": STORES, "seed": SEED, "rounds": ROUNDS, "url": url}
    plan |= {"out": str(out), "kills": list(kills), "counts": None if counts is None else str(counts)}
    command = [sys.executable, "-m", "tests.support.killed_rehearsal", json.dumps(plan)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    ends: list[int] = json.loads(done.stdout)
    assert ends[-1] == 0, done.stderr
    return ends
