"""Both verifiers, called in this process: what they print, read back as findings."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from maskres.cli.main import main as run_command
from maskres.ledger.bundle_files import VERIFIER_PATH

Finding = tuple[str, int | None, str]
_LINE = re.compile(r"^([^\s:]+)(?::(\d+))?: ([a-z0-9-]+): ", re.MULTILINE)


@dataclass(frozen=True)
class Verdict:
    """What a verifier said: its exit status, what it found, and all it printed."""

    status: int
    findings: frozenset[Finding]
    text: str

    def has(self, file: str, line: int | None, code: str) -> bool:
        """Tell whether something was found; None and `*` stand for any line and code."""
        return any(
            found[0] == file and line in (None, found[1]) and code in ("*", found[2])
            for found in self.findings
        )


def load_program() -> ModuleType:
    """Load verify_draw.py as the program of its own that it is."""
    spec = importlib.util.spec_from_file_location("verify_draw", VERIFIER_PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_draw"] = module
    spec.loader.exec_module(module)
    return module


PROGRAM = load_program()


def _run(run: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> Verdict:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = run(arguments)
    text = out.getvalue()
    found = ((file, int(line) if line else None, code) for file, line, code in _LINE.findall(text))
    return Verdict(status, frozenset(one for one in found if one[0] != "note"), text)


def run_verify_draw(bundle: Path, *arguments: str) -> Verdict:
    """Run verify_draw.py."""
    return _run(PROGRAM.main, [str(bundle), *arguments])


def run_maskres_verify(bundle: Path, *arguments: str) -> Verdict:
    """Run `maskres verify`."""
    return _run(run_command, ["verify", str(bundle), *arguments])


BOTH = {"verify_draw.py": run_verify_draw, "maskres verify": run_maskres_verify}
