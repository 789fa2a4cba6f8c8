"""The commands of docs/spec/draw.md, run as they stand there on the worked example's files."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.spec_write import SPEC

COMMANDS = dict(
    re.findall(
        r"<!-- shell: ([a-z-]+) -->\n```sh\n(.*?)^```$",
        (SPEC / "draw.md").read_text("utf-8"),
        flags=re.DOTALL | re.MULTILINE,
    )
)
HAS_PERL = shutil.which("perl") is not None
HAS_OPENSSL = shutil.which("openssl") is not None

pytestmark = pytest.mark.skipif(not HAS_PERL, reason="Perl is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SPEC / "example", tmp_path / "bundle")
    return tmp_path / "bundle"


def run(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    script = "\n".join(COMMANDS[name] for name in names)
    return subprocess.run(
        ["sh", "-eu", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_every_command_of_the_page_is_run_here():
    page = (SPEC / "draw.md").read_text("utf-8")
    assert page.count("```sh\n") == len(COMMANDS)
    tested = "sums seed ticket order order-perl winners place-order seals places batch root signature"
    assert list(COMMANDS) == tested.split()


def test_the_whole_draw_again(folder):
    done = run(folder, *(name for name in COMMANDS if name != "signature"))
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "my-result.csv").read_bytes() == (folder / "result.csv").read_bytes()
    assert (folder / "my-allocation.csv").read_bytes() == (folder / "allocation.csv").read_bytes()
    assert (folder / "my-promotion-1.csv").read_bytes() == (folder / "promotion-1.csv").read_bytes()
    assert (folder / "order.txt").read_text().count("\n") == 13
    assert (folder / "my-seals.txt").read_text().count("\n") == 6
    value = "1e9e6025993f3c9fbb3983361b6ce3e2733a9ef80c41a249a35978e59d638f03"
    assert value in done.stdout and value in (SPEC / "draw.md").read_text("utf-8")


@pytest.mark.skipif(not HAS_OPENSSL, reason="OpenSSL is not installed")
def test_the_operators_signature(folder):
    assert "Verified Successfully" in run(folder, "signature").stdout
    note = next((folder / "checkpoints").glob("14"))
    note.write_bytes(note.read_bytes().replace(b"\n14\n", b"\n15\n", 1))
    assert run(folder, "signature").returncode != 0


@pytest.mark.parametrize(
    ("file", "old", "new", "names"),
    [
        ("pool.csv", b"2WADK823G6X7,elderly,3", b"2WADK823G6X7,elderly,2", ("sums",)),
        ("commitment.json", b'"draw":1', b'"draw":2', ("seed",)),
        ("result.csv", b"XV67GFDGF0E3,general,912211c9abc2dd25,waiting", b"XV67GFDGF0E3,general,912211c9abc2dd25,won",
         ("seed", "order", "winners")),
        ("wishes.csv", b"west,district,market", b"west,district,quay", ("seals",)),
        ("allocation.csv", b"SQFS1QFQ7WMY,market,pm", b"SQFS1QFQ7WMY,market,am", ("seed", "place-order", "places")),
        ("promotion-1.csv", b"PGR3M95WZ7EN,market,am", b"PGR3M95WZ7EN,market,pm",
         ("seed", "place-order", "places", "batch")),
        ("changes-1.csv", b"6XWVWN4RDPKY,withdrawn\n", b"", ("seed", "place-order", "places", "batch")),
        ("ledger.jsonl", b'"pool":13', b'"pool":12', ("root",)),
    ],
)  # fmt: skip
def test_a_changed_file_is_noticed(folder, file, old, new, names):
    data = (folder / file).read_bytes()
    assert data.count(old) == 1
    (folder / file).write_bytes(data.replace(old, new))
    assert run(folder, *names).returncode != 0
    (folder / file).write_bytes(data)
    assert run(folder, *names).returncode == 0
