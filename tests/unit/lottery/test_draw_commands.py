"""`python -m maskres draw` and `allocate`, as anyone runs them."""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from maskres.cli.draw_commands import read_quotas, write_whole
from maskres.cli.main import main
from maskres.errors import InputError
from maskres.lottery import disk_draw
from tests.reference import plain_allocation, plain_draw
from tests.reference.lottery_files import (
    SEED,
    allocation_file,
    number,
    pool_file,
    result_file,
    slots_file,
    wishes_file,
)

ENTRIES = [(number(index), ("elderly", "general")[index % 2], index % 3 + 1) for index in range(20)]
QUOTAS = {"elderly": 3, "general": 4}
LINES, CUTOFFS = plain_draw.draw(ENTRIES, QUOTAS, SEED)
WINNERS = [text for _, text, _, _, outcome in LINES if outcome == "won"]
SLOTS = [
    ("d1", "a", "s1", "2020-02-15T01:00:00Z", "2020-02-15T01:30:00Z", 2),
    ("d1", "a", "s2", "2020-02-15T01:30:00Z", "2020-02-15T02:00:00Z", 2),
    ("d2", "b", "s1", "2020-02-15T01:00:00Z", "2020-02-15T01:30:00Z", 2),
]
WISHES = {
    text: (("d1", "d2")[index % 2], ("city", "district", "choices")[index % 3], ("b", "a")[: index % 3])
    for index, text in enumerate(WINNERS)
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pool.csv").write_bytes(pool_file(ENTRIES))
    (tmp_path / "slots.csv").write_bytes(slots_file(SLOTS))
    (tmp_path / "wishes.csv").write_bytes(wishes_file(WISHES))
    (tmp_path / "result.csv").write_bytes(result_file(LINES))
    return tmp_path


def draw_arguments(
    folder: Path, seed: str = SEED, quotas: tuple[str, ...] = ("elderly=3", "general=4")
) -> list[str]:
    chosen = [part for quota in quotas for part in ("--quota", quota)]
    return ["draw", "--pool", f"{folder}/pool.csv", "--seed", seed, *chosen, "--out", f"{folder}/out.csv"]


def allocate_arguments(folder: Path) -> list[str]:
    inputs = [
        part for name in ("result", "wishes", "slots") for part in (f"--{name}", f"{folder}/{name}.csv")
    ]
    return ["allocate", *inputs, "--seed", SEED, "--out", f"{folder}/out.csv"]


def test_draw_as_a_program(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "maskres", *draw_arguments(folder)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    written = (folder / "out.csv").read_bytes()
    assert written == plain_draw.result_file(LINES)
    assert done.stdout.splitlines() == [
        f"elderly: 3 of 10 won, cutoff {CUTOFFS['elderly']}",
        f"general: 4 of 10 won, cutoff {CUTOFFS['general']}",
        f"{hashlib.sha256(written).hexdigest()}  out.csv",
    ]


def test_allocate_as_a_program(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "maskres", *allocate_arguments(folder)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    written = (folder / "out.csv").read_bytes()
    expected = plain_allocation.place([WINNERS], WISHES, SLOTS, SEED)
    assert written == allocation_file(expected)
    counts = {choice: sum(line[4] == choice for line in expected) for choice in ("1", "2", "d", "c", "-")}
    assert done.stdout.splitlines() == [
        f"by choice: {counts['1'] + counts['2']}, of these first choice: {counts['1']}",
        f"by district: {counts['d']}",
        f"by city: {counts['c']}",
        f"unplaced: {counts['-']}",
        f"{hashlib.sha256(written).hexdigest()}  out.csv",
    ]


def test_neither_web_nor_database_is_loaded(folder: Path) -> None:
    script = (
        "import sys\nfrom maskres.cli.main import main\nstatus = main(sys.argv[1:])\n"
        "print(status, [name for name in ('sqlalchemy', 'flask', 'redis', 'rq') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *draw_arguments(folder)], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "0 []"


def test_bad_input_names_file_and_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (folder / "pool.csv").read_bytes().splitlines(True)
    (folder / "pool.csv").write_bytes(b"".join([*lines[:16], lines[15], *lines[16:]]))
    assert main(draw_arguments(folder)) == 2
    assert capsys.readouterr().err.startswith("pool.csv:17: ")
    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize(
    ("seed", "quotas"),
    [
        (SEED.upper(), ("elderly=3", "general=4")),
        (SEED[1:], ("elderly=3", "general=4")),
        (SEED, ("elderly=3",)),
        (SEED, ()),
        (SEED, ("elderly=3", "general=4", "other=0")),
        (SEED, ("elderly=3", "general=4", "general=4")),
        (SEED, ("elderly=3", "general")),
        (SEED, ("elderly=3", "general=04")),
        (SEED, ("elderly=3", "general=-4")),
        (SEED, ("elderly=3", "general=４")),
        (SEED, ("elderly=3", "General=4")),
    ],
)
def test_bad_arguments_leave_nothing(folder: Path, seed: str, quotas: tuple[str, ...]) -> None:
    (folder / "out.csv").write_bytes(b"older")
    before = sorted(folder.iterdir())
    assert main(draw_arguments(folder, seed, quotas)) == 2
    assert sorted(folder.iterdir()) == before
    assert (folder / "out.csv").read_bytes() == b"older"


def test_an_older_output_is_replaced(folder: Path) -> None:
    (folder / "out.csv").write_bytes(b"older")
    assert main(draw_arguments(folder)) == 0
    assert (folder / "out.csv").read_bytes() == plain_draw.result_file(LINES)
    assert {path.name for path in folder.iterdir()} == {
        "pool.csv",
        "slots.csv",
        "wishes.csv",
        "result.csv",
        "out.csv",
    }


@pytest.mark.parametrize(
    "arguments", [["draw"], ["nonsense"], ["draw", "--pool", "/nowhere/pool.csv"], ["allocate"]]
)
def test_usage_errors(arguments: list[str]) -> None:
    assert main(arguments) == 2


def test_the_output_is_no_input(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "pool.csv").read_bytes()
    assert main([*draw_arguments(folder)[:-1], f"{folder}/../{folder.name}/pool.csv"]) == 2
    assert "would replace an input" in capsys.readouterr().err
    assert (folder / "pool.csv").read_bytes() == before


def test_an_output_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*draw_arguments(folder)[:-1], f"{folder}/none/out.csv"]) == 2
    assert capsys.readouterr().err.startswith("out.csv: The file cannot be written")
    os.mkfifo(folder / "pipe")
    assert main([*draw_arguments(folder)[:-1], f"{folder}/pipe"]) == 2
    assert (folder / "pipe").is_fifo()


def test_wishes_of_a_loser_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loser = next(text for _, text, _, _, outcome in LINES if outcome == "waiting")
    (folder / "wishes.csv").write_bytes(wishes_file(WISHES | {loser: ("d1", "city", ())}))
    assert main(allocate_arguments(folder)) == 2
    line = 2 + sorted([*WISHES, loser]).index(loser)
    assert capsys.readouterr().err.startswith(f"wishes.csv:{line}: {loser}")


def test_of_two_bad_files_the_wishes_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The two are read at once; which of them is refused does not depend on which is read first."""
    for name in ("result.csv", "wishes.csv"):
        (folder / name).write_bytes((folder / name).read_bytes() + b"cut off")
    assert main(allocate_arguments(folder)) == 2
    assert capsys.readouterr().err.startswith(f"wishes.csv:{len(WISHES) + 2}: ")
    (folder / "wishes.csv").write_bytes(wishes_file(WISHES))
    assert main(allocate_arguments(folder)) == 2
    assert capsys.readouterr().err.startswith(f"result.csv:{len(LINES) + 2}: ")
    assert not (folder / "out.csv").exists()


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_bytes(b"older")
    with pytest.raises(RuntimeError), write_whole(out) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert out.read_bytes() == b"older"


def test_quotas_are_read() -> None:
    assert read_quotas(["elderly=0", "general=999999999999"]) == {"elderly": 0, "general": 999_999_999_999}
    with pytest.raises(InputError):
        read_quotas(["=1"])


def test_drawing_on_disk_writes_the_same_bytes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a folder whose name is a pattern and holds a quote."""
    strange = folder / "o'clock [a-c]*"
    strange.mkdir()
    (strange / "pool.csv").write_bytes((folder / "pool.csv").read_bytes())
    assert main(draw_arguments(folder)) == 0
    told = capsys.readouterr().out
    assert main([*draw_arguments(strange), "--engine", "duckdb"]) == 0
    assert capsys.readouterr().out == told
    assert (strange / "out.csv").read_bytes() == (folder / "out.csv").read_bytes()
    assert sorted(path.name for path in strange.iterdir()) == ["out.csv", "pool.csv"]


def test_drawing_nobody_on_disk(tmp_path: Path) -> None:
    (tmp_path / "pool.csv").write_bytes(pool_file([]))
    assert main([*draw_arguments(tmp_path, quotas=()), "--engine", "duckdb"]) == 0
    assert (tmp_path / "out.csv").read_bytes() == b"rank,number,stratum,ticket,outcome\n"


def test_drawing_on_disk_refuses_what_the_usual_draw_refuses(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (folder / "pool.csv").read_bytes().splitlines(keepends=True)
    (folder / "pool.csv").write_bytes(b"".join([*lines[:4], lines[5], lines[4], *lines[6:]]))
    assert main([*draw_arguments(folder), "--engine", "duckdb"]) == 2
    assert capsys.readouterr().err.startswith("pool.csv:6: number: The line belongs before")
    (folder / "pool.csv").write_bytes(b"".join(lines))
    assert main([*draw_arguments(folder, quotas=("elderly=3",)), "--engine", "duckdb"]) == 2
    assert "general" in capsys.readouterr().err
    assert not list(folder.glob(".*"))


def test_too_little_memory_for_drawing_on_disk_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_draw, "draw_on_disk", functools.partial(disk_draw.draw_on_disk, megabytes=1))
    assert main([*draw_arguments(folder), "--engine", "duckdb"]) == 2
    assert capsys.readouterr().err.startswith("out.csv: DuckDB cannot draw here: Out of Memory")
    assert not (folder / "out.csv").exists()
