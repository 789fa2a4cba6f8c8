"""Look-up files: what a phone fetches leads to the root that notary and witness cosigned, and is small."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from maskres.errors import InputError
from maskres.ledger.look_up import LookUp, prefixes, result_symbols_for, write_look_up
from maskres.ledger.pool_tree import pool_tree
from tests.reference.lottery_files import number, pool_file

EXAMPLE = Path(__file__).parents[3] / "docs" / "spec" / "example"


@pytest.fixture
def made(tmp_path: Path) -> tuple[LookUp, Path]:
    return write_look_up(EXAMPLE, tmp_path / "look-up"), tmp_path / "look-up"


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def lines_of(name: str) -> list[dict[str, str]]:
    with (EXAMPLE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def climb(index: int, size: int, leaf: bytes, proof: list[str]) -> bytes:
    """RFC 9162, 2.1.3.2, written from its text."""
    node, last = hashlib.sha256(b"\x00" + leaf).digest(), size - 1
    for sibling in map(bytes.fromhex, proof):
        if index % 2 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not index % 2 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    assert last == 0
    return node


def test_the_pool_leads_to_the_committed_root(made: tuple[LookUp, Path]) -> None:
    look_up, folder = made
    commitment = json.loads(read(folder / "draw.json")["commitment"])
    names = list(prefixes(look_up.pool_symbols))
    whole = ""
    for index, name in enumerate(names):
        leaf = read(folder / "pool" / f"{name or 'all'}.json")
        root = climb(index, len(names), leaf["lines"].encode(), leaf["proof"])
        assert (leaf["prefix"], root.hex()) == (name, commitment["pool_tree"]["root"])
        whole += leaf["lines"]
    assert ("number,stratum,tickets,seal\n" + whole).encode() == (EXAMPLE / "pool.csv").read_bytes()


def test_the_ledgers_lines_lead_to_a_cosigned_checkpoint(made: tuple[LookUp, Path]) -> None:
    told = read(made[1] / "draw.json")
    origin, size, root = told["checkpoint"].splitlines()[:3]
    assert origin == json.loads(told["keys"])["origin"]
    assert sum(line.startswith("\u2014 ") for line in told["checkpoint"].splitlines()) == 3
    kinds = []
    for entry in told["ledger"]:
        found = climb(entry["seq"], int(size), entry["line"].encode(), entry["proof"])
        assert found == base64.b64decode(root)
        kinds.append(json.loads(entry["line"])["kind"])
    assert kinds == ["draw-committed", "dice", "beacon", "drawn", "allocated"]
    committed = json.loads(told["ledger"][0]["line"])["body"]["commitment_sha256"]
    assert hashlib.sha256(told["commitment"].encode()).hexdigest() == committed
    drawn = json.loads(told["ledger"][3]["line"])["body"]["seed"]
    assert hashlib.sha256(told["seed"].encode()).hexdigest() == drawn


def test_results_say_for_everyone_what_the_bundle_says(made: tuple[LookUp, Path]) -> None:
    look_up, folder = made
    assert look_up.result_symbols is not None
    shown: dict[str, dict[str, str]] = {}
    for path in sorted((folder / "result").iterdir()):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                assert row["number"].startswith(path.stem if path.stem != "all" else "")
                shown[row["number"]] = row
    results = lines_of("result.csv")
    assert {n: (r["rank"], r["stratum"], r["outcome"]) for n, r in shown.items()} == {
        row["number"]: (row["rank"], row["stratum"], row["outcome"]) for row in results
    }
    last = {row["number"]: ("0", row["store"], row["slot"]) for row in lines_of("allocation.csv")}
    last |= {row["number"]: ("1", row["store"], row["slot"]) for row in lines_of("promotion-1.csv")}
    for name, row in shown.items():
        batch, store, slot = last.get(name, ("", "", ""))
        assert (row["store"], row["slot"]) == (store, slot)
        assert row["batch"] == (batch if store else "")
    starts = {(row["store"], row["slot"]): row["starts_at"] for row in lines_of("room-1.csv")}
    promoted = [row for row in shown.values() if row["batch"] == "1"]
    assert promoted and all(starts[row["store"], row["slot"]] == row["starts_at"] for row in promoted)


def test_who_was_moved_to_no_store_is_shown_none(tmp_path: Path) -> None:
    """Displaced, and left without a place by the batch: the place that closed must not be shown."""
    bundle = Path(shutil.copytree(EXAMPLE, tmp_path / "bundle"))
    placed = {row["number"]: row for row in lines_of("allocation.csv")}
    lines = (bundle / "promotion-1.csv").read_text().splitlines()
    row, moved = next((at, line) for at, line in enumerate(lines) if line.split(",")[1] in placed)
    place, displaced = moved.split(",")[:2]
    lines[row] = f"{place},{displaced},,,-"
    (bundle / "promotion-1.csv").write_text("\n".join(lines) + "\n")
    assert placed[displaced]["store"]
    write_look_up(bundle, tmp_path / "look-up")
    shown = [
        line
        for path in (tmp_path / "look-up" / "result").iterdir()
        for line in path.read_text().splitlines()
        if line.startswith(displaced)
    ]
    assert len(shown) == 1 and shown[0].endswith(",won,,,,")


def test_a_place_of_a_number_that_was_not_drawn_is_nobodys(made: tuple[LookUp, Path], tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(EXAMPLE, tmp_path / "bundle"))
    with (bundle / "allocation.csv").open("a") as file:
        first, count = lines_of("allocation.csv")[0], len(lines_of("allocation.csv"))
        for place, stranger in enumerate(("00000000001Y", "ZZZZZZZZZZZB"), start=count + 1):
            file.write(f"{place},{stranger},{first['store']},{first['slot']},1\n")
    write_look_up(bundle, tmp_path / "again")
    for path in (made[1] / "result").iterdir():
        assert (tmp_path / "again" / "result" / path.name).read_bytes() == path.read_bytes()


def test_before_the_draw_only_the_pool_is_there(tmp_path: Path) -> None:
    early = Path(shutil.copytree(EXAMPLE, tmp_path / "early"))
    for name in ("result.csv", "seed.txt", "allocation.csv", "promotion-1.csv"):
        (early / name).unlink()
    look_up = write_look_up(early, tmp_path / "look-up")
    assert look_up.result_symbols is None and read(tmp_path / "look-up" / "draw.json")["seed"] is None
    assert sorted(path.name for path in (tmp_path / "look-up").iterdir()) == ["draw.json", "pool"]
    (early / "commitment.json").unlink()
    with pytest.raises(InputError, match="no commitment"):
        write_look_up(early, tmp_path / "look-up")
    assert (tmp_path / "look-up" / "draw.json").exists()


def test_written_again_it_is_replaced_whole(made: tuple[LookUp, Path]) -> None:
    folder = made[1]
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / "stale.json").write_bytes(b"{}")
    write_look_up(EXAMPLE, folder)
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    ("entries", "symbols"), [(0, 0), (64, 0), (65, 1), (2048, 1), (2049, 2), (2_000_000, 3), (10**9, 4)]
)
def test_result_files_hold_sixty_four_on_average(entries: int, symbols: int) -> None:
    assert result_symbols_for(entries) == symbols


def test_a_look_at_a_full_leaf_is_at_most_ten_kilobytes(tmp_path: Path) -> None:
    """At 128 a leaf on average, the most there may be."""
    pool = tmp_path / "pool.csv"
    pool.write_bytes(pool_file([(number(index), "general", 1) for index in range(4096)]))
    tree = pool_tree(pool, 1)
    data = pool.read_bytes()
    for prefix in prefixes(1):
        proof = tree.leaf_proof(prefix)
        leaf = {"lines": data[proof.start : proof.end].decode(), "prefix": prefix, "proof": proof.hashes}
        assert len(gzip.compress(json.dumps(leaf).encode())) <= 10_000
