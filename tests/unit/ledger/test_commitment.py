"""commitment.json: goes round, and any member that is off is refused by its path."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.ledger.bodies import FileDigest, PinnedRegister
from maskres.ledger.commitment import COMMITTED_FILES, Commitment, read_commitment, write_commitment
from maskres.lottery.sources import Dice, Drand, Network

A, B = "a" * 64, "b" * 64
AT = datetime(2020, 2, 10, 4, 0, tzinfo=UTC)
GENESIS = int(AT.timestamp()) - 1000
COMMITMENT = Commitment(
    origin="masks.example.org",
    round="xiamen-2020-1",
    draw=2,
    committed_at=AT,
    zone="Asia/Shanghai",
    rules_sha256=A,
    number_key_sha256=B,
    registers=(PinnedRegister("household", 3, A, 500), PinnedRegister("insurance", 1, B, 400)),
    quotas={"elderly": 10, "general": 90},
    files={
        name: FileDigest(A, entries)
        for name, entries in zip(COMMITTED_FILES, (150, 129, 21, 2, 7), strict=True)
    },
    pool_symbols=1,
    pool_root=B,
    sources=(
        Dice("dice", 6, 50, AT + timedelta(minutes=30)),
        Drand("drand", Network(A, "c" * 96, GENESIS, 30, 200), Network(B, "d" * 192, GENESIS, 3, 2000)),
    ),
    ledger_size=5,
    ledger_root=A,
)
DATA = write_commitment(COMMITMENT)
MEMBERS = {
    "protocol", "origin", "round", "draw", "committed_at", "zone", "rules_sha256", "number_key_sha256",
    "registers", "quotas", "files", "pool_tree", "sources", "ledger",
}  # fmt: skip


def test_a_commitment_goes_round():
    assert read_commitment(DATA) == COMMITMENT
    assert DATA.endswith(b"}\n")
    assert DATA.count(b"\n") == 1


def test_it_has_the_members_of_the_specification():
    value = json.loads(DATA)
    assert set(value) == MEMBERS
    assert value["protocol"] == "maskres-draw-1"
    assert value["pool_tree"] == {"symbols": 1, "root": B}
    assert value["ledger"] == {"size": 5, "root": A}
    assert value["files"]["pool.csv"] == {"sha256": A, "entries": 129}
    assert value["registers"][0] == {"kind": "household", "version": 3, "sha256": A, "rows": 500}
    assert value["committed_at"] == "2020-02-10T04:00:00Z"
    assert [source["name"] for source in value["sources"]] == ["dice", "drand"]


def test_members_may_stand_in_any_order():
    shuffled = dict(reversed(json.loads(DATA).items()))
    assert read_commitment(json.dumps(shuffled, indent=2).encode() + b"\n") == COMMITMENT


@pytest.mark.parametrize("member", sorted(MEMBERS))
def test_no_member_may_be_missing(member):
    value = json.loads(DATA)
    del value[member]
    with pytest.raises(InputError) as refused:
        read_commitment(strict_json.dumps(value), file="c.json")
    assert (refused.value.code, refused.value.field, refused.value.file) == ("bad-member", member, "c.json")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["protocol"], "maskres-draw-2", "protocol"),
        (["origin"], "two words", "origin"),
        (["round"], "A", "round"),
        (["draw"], 0, "draw"),
        (["draw"], True, "draw"),
        (["draw"], "2", "draw"),
        (["committed_at"], "2020-02-10 04:00:00", "committed_at"),
        (["zone"], "UTC+8 ", "zone"),
        (["zone"], "../etc/passwd", "zone"),
        (["rules_sha256"], A[1:], "rules_sha256"),
        (["number_key_sha256"], None, "number_key_sha256"),
        (["registers"], {}, "registers"),
        (["registers", 1, "kind"], "household", "registers"),
        (["registers", 1, "version"], "1", "registers[1].version"),
        (["registers", 0, "sha256"], "", "registers[0].sha256"),
        (["registers", 0, "extra"], 1, "registers[0].extra"),
        (["quotas", "general"], -1, "quotas.general"),
        (["quotas", "Other"], 1, "quotas.Other"),
        (["files", "pool.csv", "entries"], 10**12, "files.pool.csv.entries"),
        (["files", "pool.csv", "entries"], 130, "files"),
        (["files", "disputed.csv", "entries"], 130, "files"),
        (["files", "more.csv"], {"sha256": A, "entries": 1}, "files.more.csv"),
        (["pool_tree", "symbols"], 0, "pool_tree.symbols"),
        (["pool_tree", "symbols"], 4, "pool_tree.symbols"),
        (["pool_tree", "root"], A.upper(), "pool_tree.root"),
        (["ledger", "size"], 0, "ledger.size"),
        (["zone"], "Asia/Go tham", "zone"),
        (["zone"], "Asia/Shanghai ", "zone"),
        (["sources"], {}, "sources"),
        (["sources"], [], "sources"),
        (["sources", 0, "rolls"], 49, "dice.rolls"),
        (["sources", 1, "kind"], "lava-lamp", "sources[1].kind"),
        (["extra"], 1, "extra"),
    ],
)
def test_a_member_that_is_off_is_refused_by_its_path(path, value, field):
    changed = copy.deepcopy(json.loads(DATA))
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(InputError) as refused:
        read_commitment(strict_json.dumps(changed))
    assert (refused.value.field, refused.value.file) == (field, "commitment.json")


@pytest.mark.parametrize(
    "sources",
    [
        (Dice("dice", 6, 50, AT),),
        (Dice("dice", 6, 50, AT + timedelta(minutes=10)),),
        (Drand("drand", Network(A, "c" * 96, int(AT.timestamp()) + 600, 30, 1)),),
        (Drand("drand", Network(A, "c" * 96, GENESIS, 30, 1)),),
        (Drand("drand", Network(A, "c" * 96, GENESIS, 30, 200), Network(B, "d" * 96, GENESIS, 30, 2)),),
    ],
)
def test_threat_seed_chosen_a_source_that_is_short_or_known_already_is_refused(sources):
    with pytest.raises(InputError) as refused:
        write_commitment(replace(COMMITMENT, sources=sources))
    assert (refused.value.code, refused.value.field) == ("bad-source", "sources")


def test_a_source_just_over_ten_minutes_later_is_taken():
    for source in (
        Dice("dice", 6, 50, AT + timedelta(minutes=10, seconds=1)),
        Drand("drand", Network(A, "c" * 96, int(AT.timestamp()) + 601, 30, 1)),
    ):
        data = write_commitment(replace(COMMITMENT, sources=(source,)))
        assert read_commitment(data).sources == (source,)


def test_every_line_ends_with_lf():
    for data, line in ((DATA.removesuffix(b"\n"), 1), (DATA.replace(b"\n", b"\r\n"), 1)):
        with pytest.raises(InputError) as refused:
            read_commitment(data)
        assert (refused.value.code, refused.value.line) == ("bad-json", line)


def test_the_writer_refuses_what_the_reader_would():
    with pytest.raises(InputError):
        write_commitment(replace(COMMITMENT, pool_symbols=2))
    with pytest.raises(InputError):
        write_commitment(replace(COMMITMENT, files={}))
