"""The commands of README.md, played in their order as a stranger would type them."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from maskres import clock
from maskres.cli.deployment import settings
from maskres.cli.main import main

README = Path(__file__).parents[2] / "README.md"
_PLAYED = re.compile(r"<!-- played by tests/integration/test_readme\.py -->\n```sh\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"(?:(?P<name>[A-Z]+)=\$\()?maskres (?P<words>.*?)(?(name)\))", re.DOTALL)
_FUNCTION = 'maskres() { .venv/bin/python -m maskres "$@"; }'


class Shell:
    """Plays lines of shell: commands of maskres in this process (a start costs a second), all else in bash."""

    def __init__(self, folder: Path, monkeypatch, capsys) -> None:
        self.variables = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def play(self, block: str) -> str:
        """Play a block and give what it printed."""
        said = ""
        for line in _whole_lines(block):
            if line.startswith("sleep "):
                self._wait(int(line.removeprefix("sleep ")))
                continue
            command = _COMMAND.fullmatch(line)
            if command is None:
                said += self._bash(line)
                continue
            self._monkeypatch.setenv("MASKRES_INSTANCE", self.variables.get("MASKRES_INSTANCE", "unset"))
            settings.cache_clear()
            status = main(self._expand(command["words"]))
            out, err = self._capsys.readouterr()
            assert status == 0, f"{line}\n{out}{err}"
            if command["name"]:
                self.variables[command["name"]] = out.strip()
            said += out
        return said

    def _wait(self, seconds: int) -> None:
        """Let time pass for this process, which nobody has to wait for."""
        passed = timedelta(seconds=seconds)

        class Later(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + passed

        self._monkeypatch.setattr(clock, "datetime", Later)

    def _expand(self, words: str) -> list[str]:
        return self._run(f"printf '%s\\0' {words}").split("\0")[:-1]

    def _bash(self, line: str) -> str:
        # The variables come back behind what was printed, each ended by NUL.
        said, *after = self._run(f"set -a\n{line}\nprintf '\\0'\nenv -0").split("\0")
        self.variables |= dict(each.split("=", 1) for each in after if each)
        return said

    def _run(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", script], cwd=self._folder, env=self.variables, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{script}\n{done.stderr.decode()}"
        return done.stdout.decode()


def _whole_lines(block: str) -> list[str]:
    """Join lines that a backslash continues, and those of a here-document; leave out empty ones."""
    lines: list[str] = []
    waits_for = ""
    for line in block.replace("\\\n", " ").splitlines():
        if waits_for:
            lines[-1] += f"\n{line}"
            waits_for = "" if line == waits_for else waits_for
        elif line.strip() and line != _FUNCTION:
            lines.append(line)
            begins = re.search(r"<<'(\w+)'", line)
            waits_for = begins[1] if begins else ""
    return lines


@pytest.fixture(scope="module")
def text() -> str:
    return README.read_text(encoding="utf-8")


def test_a_stranger_can_play_the_readme(text, tmp_path, monkeypatch, capsys):
    blocks = _PLAYED.findall(text)
    assert _FUNCTION in blocks[0]
    assert text.count("```sh") == len(blocks) + 1, "every block but the make commands is played"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASKRES_DATABASE_URL", raising=False)
    monkeypatch.delenv("MASKRES_KEYS", raising=False)
    shell = Shell(tmp_path, monkeypatch, capsys)
    rehearsed, ticket, verified, *by_hand = [shell.play(block) for block in blocks]
    settings.cache_clear()

    sample = text.split("```text\n")[1].split("```")[0].splitlines()
    assert rehearsed.splitlines()[-2] == sample[-2], "put the new last lines into README.md"
    # The digest names the bundle with the verifier in it, so it changes with every version.
    assert re.fullmatch("[0-9a-f]{64}" + re.escape(sample[-1].removeprefix("…")), rehearsed.splitlines()[-1])
    digits, line, sums = ticket.splitlines()
    assert line.split(",")[3] == digits
    assert sums == "no file is damaged"
    assert verified.splitlines().count("no mismatch") == 2
    said = "".join(by_hand)
    assert "The counters are open." in said
    assert "draw 1: collecting; next: finished" in said
    assert "Round xiamen-2020-1 is erased" in said
    assert (tmp_path / "out" / "receipt.json").is_file()
