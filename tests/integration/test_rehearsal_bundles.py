"""A rehearsal's bundles hold together: everything that follows from something published is recomputed plainly."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maskres.ledger.bundle_zip import write_zip
from tests.reference import plain_draw
from tests.reference.lottery_files import check_symbol
from tests.support.plain_bundle import PlainBundle, sha256
from tests.support.rehearsed import Rehearsed

pytest_plugins = ("tests.support.rehearsed_fixtures",)

MILESTONES = {
    "round-opened",
    "draw-closed",
    "draw-committed",
    "dice",
    "drawn",
    "allocated",
    "batch",
    "audited",
}


@pytest.fixture(params=["bundle", "bundle-2"])
def folder(request: pytest.FixtureRequest, rehearsed: Rehearsed) -> Path:
    """The folder of one of the rehearsal's bundles."""
    return rehearsed.out / request.param


@pytest.fixture
def bundle(folder: Path) -> PlainBundle:
    """Its files."""
    return PlainBundle.of_folder(folder)


def test_sha256sums_lists_every_file_as_it_is(bundle: PlainBundle):
    listed = dict(reversed(line.split("  ")) for line in bundle.files["SHA256SUMS"].decode().splitlines())
    assert listed == {name: sha256(data) for name, data in bundle.files.items() if name != "SHA256SUMS"}


def test_sha256sum_finds_nothing_wrong_and_one_changed_byte(folder: Path, tmp_path: Path):
    def check(where: Path) -> int:
        command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
        return subprocess.run(command, cwd=where, capture_output=True, check=False).returncode

    assert check(folder) == 0
    copy = shutil.copytree(folder, tmp_path / "copy")
    data = bytearray((copy / "result.csv").read_bytes())
    data[100] ^= 1
    (copy / "result.csv").write_bytes(data)
    assert check(copy) == 1


def test_somebody_with_the_zip_alone_follows_the_readme_inside(rehearsed: Rehearsed, tmp_path: Path):
    """Unpacked in an empty folder by Python, every command of it as it stands, in its order, in one shell."""
    write_zip(rehearsed.out / "bundle", tmp_path / "bundle.zip")
    here = tmp_path / "empty"
    here.mkdir()
    subprocess.run([sys.executable, "-m", "zipfile", "-e", "../bundle.zip", "."], cwd=here, check=True)
    english = (here / "README").read_text(encoding="utf-8").split("中文说明")[0]
    paragraphs = english.split("\n\n")
    lists = ("rules.json ", "operator ")
    commands = [each for each in paragraphs if each.startswith("  ") and not each.lstrip().startswith(lists)]
    assert len(commands) == 7
    script = "\n".join(f"{each}\necho --" for each in commands)
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=here,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    program, sums, seed, ticket, order, winners, places = done.stdout.split("--\n")[:7]
    assert "no mismatch" in program
    assert sums.count(": OK\n") == sum(path.is_file() for path in here.rglob("*")) - 1
    assert (here / "seed.txt").read_text().splitlines()[1].split()[1] == seed.split()[0]
    smallest, found = ticket.splitlines()[0], ticket.splitlines()[-1]
    assert found.split(",")[3] == smallest
    assert (order, places) == ("the order is right\n", "the place order is right\n")
    assert "wrong" not in winners
    quotas = json.loads("{" + winners.splitlines()[0] + "}")["quotas"]
    won = {stratum: int(count) for stratum, count in map(str.split, winners.splitlines()[1:])}
    assert won == {stratum: min(quota, won[stratum]) for stratum, quota in quotas.items()}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bundle.zip",
        "empty",
        "order.txt",
        "places.txt",
    ]


def test_the_committed_files_are_those_of_the_commitment(bundle: PlainBundle):
    commitment = bundle.document("commitment.json")
    for name, digest in commitment["files"].items():
        assert digest == {"sha256": sha256(bundle.files[name]), "entries": len(bundle.rows(name))}
    assert commitment["rules_sha256"] == sha256(bundle.files["rules.json"])
    assert commitment["pool_tree"]["root"] == bundle.pool_root()
    assert commitment["ledger"]["root"] == bundle.ledger_root(commitment["ledger"]["size"]).hex()
    assert bundle.entry("draw-committed")["body"]["commitment_sha256"] == sha256(
        bundle.files["commitment.json"]
    )


def test_pool_and_excluded_are_the_registered_and_nobody_twice(bundle: PlainBundle):
    columns = {
        name: [row[0] for row in bundle.rows(f"{name}.csv")]
        for name in ("registered", "pool", "excluded", "disputed")
    }
    for numbers in columns.values():
        assert numbers == sorted(set(numbers))
        assert all(check_symbol(number[:-1]) == number[-1] for number in numbers)
    assert sorted(columns["pool"] + columns["excluded"]) == columns["registered"]
    assert columns["disputed"] and set(columns["disputed"]) <= set(columns["pool"])


def test_the_seed_is_of_commitment_dice_and_beacon(bundle: PlainBundle):
    beacon, dice = bundle.document("beacon.json"), bundle.entry("dice")["body"]
    assert beacon["randomness"] == sha256(bytes.fromhex(beacon["signature"]))
    lines = [
        "maskres-draw-1",
        f"commitment {sha256(bundle.files['commitment.json'])}",
        f"notary-dice {dice['rolls']}",
        f"drand {beacon['randomness']}",
    ]
    assert bundle.files["seed.txt"].decode() == "".join(f"{line}\n" for line in lines)
    assert bundle.entry("drawn")["body"]["seed"] == bundle.seed


def test_the_result_follows_from_pool_quotas_and_seed(bundle: PlainBundle):
    assert bundle.draw() == bundle.files["result.csv"]
    drawn = bundle.entry("drawn")["body"]
    assert drawn["result"] == {"sha256": sha256(bundle.files["result.csv"]), "entries": len(bundle.result)}
    assert drawn["cutoffs"] == bundle.cutoffs()


def test_the_seals_of_whoever_was_placed_open(bundle: PlainBundle):
    seals = bundle.seals()
    opened = bundle.unsealed("wishes.csv")
    assert sorted(opened) == sorted(bundle.winners())
    for number, seal in (opened | bundle.unsealed("wishes-1.csv")).items():
        assert seals[number] == seal


def test_the_allocation_follows_from_wishes_slots_and_seed(bundle: PlainBundle):
    assert bundle.allocate() == bundle.files["allocation.csv"]
    body = bundle.entry("allocated")["body"]
    assert body["allocation"]["sha256"] == sha256(bundle.files["allocation.csv"])
    assert body["wishes"]["sha256"] == sha256(bundle.files["wishes.csv"])


def test_the_batch_follows_from_its_changes_and_room(bundle: PlainBundle):
    assert bundle.promote() == [bundle.files["promotion-1.csv"]]
    assert len(bundle.rows("promotion-1.csv")) > 0
    for kind, digest in bundle.entry("batch")["body"]["files"].items():
        name = f"{kind}-1.csv"
        assert digest == {"sha256": sha256(bundle.files[name]), "entries": len(bundle.rows(name))}


def test_the_audit_is_of_the_sample_the_seed_chose(bundle: PlainBundle):
    size = bundle.document("rules.json")["audit_size"]
    assert sorted(plain_draw.audit(bundle.winners(), bundle.seed, size)) == sorted(
        bundle.document("audit.json")["sound"]
    )
    assert bundle.entry("audited")["body"]["audit_sha256"] == sha256(bundle.files["audit.json"])


def test_every_checkpoint_is_of_the_ledger_and_cosigned(bundle: PlainBundle):
    """The last one stands for the whole ledger; it alone need not be a milestone."""
    ledger = bundle.ledger
    assert [entry["seq"] for entry in ledger] == list(range(len(ledger)))
    assert [entry["at"] for entry in ledger] == sorted(entry["at"] for entry in ledger)
    sizes = sorted(int(name.split("/")[1]) for name in bundle.files if name.startswith("checkpoints/"))
    assert sizes[-1] == len(ledger)
    wanted = {entry["seq"] + 1 for entry in ledger if entry["kind"] in MILESTONES}
    assert set(sizes) == wanted | {len(ledger)}
    for size in sizes:
        origin, said, root, names = bundle.checkpoint(size)
        assert (origin, said, root) == (
            bundle.document("commitment.json")["origin"],
            size,
            bundle.ledger_root(size),
        )
        assert len(names) == (3 if size in wanted else 1)


def test_a_rehearsal_never_passes_as_real(bundle: PlainBundle):
    origin = bundle.document("commitment.json")["origin"]
    assert origin.startswith("rehearsal/")
    assert bundle.document("keys.json")["origin"] == origin
    for name, key in bundle.document("keys.json")["keys"].items():
        assert key.startswith("rehearsal/"), name


def test_the_second_round_goes_on_in_the_ledger_of_the_first(rehearsed: Rehearsed):
    first, second = (
        PlainBundle.of_folder(rehearsed.out / name).files["ledger.jsonl"] for name in ("bundle", "bundle-2")
    )
    assert second.startswith(first)
    assert len(second) > len(first)
