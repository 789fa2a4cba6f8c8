"""Setting up on a system that lacks what makes virtual environments, played with stand-ins for Python and apt-get."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[2] / "scripts" / "set-up-venv.sh"
_PYTHON = """#!/bin/sh
case "$*" in
*ensurepip*) [ -e "{folder}/installed" ] ;;
*"-venv"*) echo python3.11-venv ;;
*sys.executable*) echo "{folder}/bin/python3.11" ;;
"-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*) echo as it should be ;;
esac
"""
_APT = """#!/bin/sh
echo "$*" >>"{folder}/apt"
case "$*" in install*) {install} ;; esac
"""
_TOOLS = ("sh", "cat", "mkdir", "rm", "cp", "dirname", "grep", "touch")
#: What apt-get does there; what it can do only once it has been told what there is.
_AT_ONCE = 'touch "{folder}/installed"'
_AFTER_UPDATE = 'grep -q update "{folder}/apt" && ' + _AT_ONCE


def set_up(folder: Path, user: int, install: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a folder of its own."""
    (folder / "scripts").mkdir()
    (folder / "bin").mkdir()
    shutil.copy(_SCRIPT, folder / "scripts")
    (folder / "requirements.txt").touch()
    programs = {
        "python3.11": _PYTHON.format(folder=folder),
        "apt-get": _APT.format(folder=folder, install=install.format(folder=folder)),
        "id": f"#!/bin/sh\necho {user}\n",
    }
    for name, text in programs.items():
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    for tool in _TOOLS:  # and nothing else: a system may have uv
        (folder / "bin" / tool).symlink_to(shutil.which(tool) or "")
    return subprocess.run(
        ["sh", "scripts/set-up-venv.sh", "requirements.txt"],
        cwd=folder,
        env={"PATH": str(folder / "bin")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("install", [_AT_ONCE, _AFTER_UPDATE])
def test_root_gets_the_missing_package_installed(tmp_path: Path, install: str):
    done = set_up(tmp_path, 0, install)
    assert done.returncode == 0, done.stderr
    assert "installing python3.11-venv" in done.stderr
    assert (tmp_path / ".venv" / "bin" / "python").exists()
    assert (tmp_path / "apt").read_text().startswith("install -qq --no-install-recommends python3.11-venv")


@pytest.mark.parametrize(("user", "install"), [(1000, _AT_ONCE), (0, "false")])
def test_whoever_cannot_install_it_is_told_how(tmp_path: Path, user: int, install: str):
    done = set_up(tmp_path, user, install)
    assert done.returncode == 1
    assert "apt-get install python3.11-venv" in done.stderr
    assert (tmp_path / "apt").exists() is (user == 0)
