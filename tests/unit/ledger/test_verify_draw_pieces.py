"""The pieces of verify_draw.py against what others published: RFC 6962 trees, a C2SP key, drand's times."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.verifiers import PROGRAM

VECTORS = Path(__file__).parents[2] / "vectors"


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return found


def test_the_roots_of_a_growing_tree():
    vectors = read("rfc6962_merkle.json")
    tree = PROGRAM.Tree()
    roots = [tree.root().hex()]
    for leaf in vectors["leaf_inputs_hex"]:
        tree.add(bytes.fromhex(leaf))
        roots.append(tree.root().hex())
    assert roots == vectors["root_by_size"]


def test_a_key_and_its_id():
    note = read("c2sp_notes.json")["signed_note"]
    name, key_id, raw = PROGRAM.key_of(note["verifier_key"])
    signature = base64.b64decode(note["note"].strip().split(" ")[-1])
    assert (name, raw[0]) == ("example.com/foo", 1)
    assert signature[:4] == key_id
    with pytest.raises(ValueError, match="foo"):
        PROGRAM.key_of(note["verifier_key"].replace("530d903a", "530d903b"))


def test_when_a_drand_round_comes():
    for each in read("drand_facts.json")["rounds_and_times"]:
        assert PROGRAM.round_time(each) == PROGRAM.seconds(each["at"])


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        ([], None),
        ([b"7K3M9QTR4XH7"], None),
        ([b"7K3M9QTR4XH7", b"7K3M9QTR4XH8"], 1),
        ([b"7K3M9QTR4XH7"] * 1000 + [b"K73M9QTR4XH7"] + [b"7K3M9QTR4XH7"] * 1000, 1000),
        ([b"000000000000", b"ZZZZZZZZZZZZ"], 1),
    ],
)
def test_check_symbols_are_summed_a_column_at_a_time(numbers, wrong):
    assert PROGRAM.wrong_check_symbol(numbers) == wrong


def test_released_places_are_shared_by_the_largest_remainders():
    assert PROGRAM.share(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert PROGRAM.share(0, {"a": 0}) == {"a": 0}
    assert PROGRAM.share(7, {"a": 5, "b": 0, "c": 2}) == {"a": 5, "b": 0, "c": 2}
