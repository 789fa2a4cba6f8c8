"""Whoever reads along may have enough: a program whose output is read no further ends quietly, as `ls | head` does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maskres.ledger.bundle_files import VERIFIER_PATH

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "spec" / "example"
PROGRAMS = {
    "verify_draw.py": [str(VERIFIER_PATH), str(EXAMPLE)],
    "verify": ["-m", "maskres", "verify", str(EXAMPLE)],
    "ledger": ["-m", "maskres", "ledger", "verify", str(EXAMPLE / "ledger.jsonl")],
    "receipt": ["-m", "maskres", "receipt", "verify", "--help"],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_reader_who_has_gone_ends_a_program_quietly(program):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, *PROGRAMS[program]],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    os.close(writing)
    assert ended.stderr == b""
    # A shell tells both as 141: SIGPIPE ended it, or it did so itself and not as a check that failed.
    assert ended.returncode in (-13, 141)
