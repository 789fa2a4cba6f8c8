"""Ledger entries: every kind goes round, nothing else gets in, and every error names its line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from maskres.errors import InputError
from maskres.ledger import bodies, merkle
from maskres.ledger.bodies import FileDigest, PinnedRegister
from maskres.ledger.body_shapes import ROUND_KINDS, Kind, check_body
from maskres.ledger.entries import MOST_LINE_BYTES, entry_line, frontier, read_ledger, read_line
from maskres.ledger.keyring import keyring
from maskres.ledger.note_keys import Algorithm, signing_key

A, B, C = "a" * 64, "b" * 64, "c" * 64
FILE = FileDigest(A, 12)
KEYS = keyring(
    signing_key("masks.example.org", Algorithm.NOTE, b"\x01" * 32).verifier,
    signing_key("notary.example.org", Algorithm.COSIGNATURE, b"\x02" * 32).verifier,
    signing_key("news.example.org", Algorithm.COSIGNATURE, b"\x03" * 32).verifier,
)
ROUND = "xiamen-2020-1"
NOON = datetime(2020, 2, 10, 4, 0, tzinfo=UTC)

BODIES = {
    Kind.ROUND_OPENED: bodies.round_opened(A, B, C, KEYS),
    Kind.DRAW_CLOSED: bodies.draw_closed(FILE),
    Kind.DRAW_DECIDED: bodies.draw_decided(
        {"elderly": 3, "general": 7},
        {"too-young": 2},
        [PinnedRegister("household", 1, A, 500), PinnedRegister("insurance", 4, B, 300)],
    ),
    Kind.DRAW_COMMITTED: bodies.draw_committed(A),
    Kind.DRAW_VOIDED: bodies.draw_voided(
        A, "On 2020-02-10 08:00 slots.csv was found to name a closed store."
    ),
    Kind.DICE: bodies.dice("dice", "123456" * 9),
    Kind.BEACON: bodies.beacon("drand", 1000, "ab" * 48, A),
    Kind.DRAWN: bodies.drawn(A, FILE, {"elderly": B, "general": None}),
    Kind.ALLOCATED: bodies.allocated(FILE, FILE),
    Kind.BATCH: bodies.batch(1, FILE, FILE, FILE, FILE, {"general": 200}),
    Kind.AUDITED: bodies.audited(A, 300, 1),
    Kind.DRAW_FINISHED: bodies.draw_finished(),
    Kind.ROUND_FINISHED: bodies.round_finished(),
    Kind.ERASED: bodies.erased(A, B),
}


def lines() -> list[bytes]:
    return [
        entry_line(seq, NOON + timedelta(minutes=seq), kind, ROUND, None if kind in ROUND_KINDS else 1, body)
        for seq, (kind, body) in enumerate(BODIES.items())
    ]


def changed(line: bytes, **members: object) -> bytes:
    value = {**json.loads(line), **members}
    return json.dumps({name: item for name, item in value.items() if item is not ...}).encode()


def test_every_kind_has_a_builder_and_goes_round():
    assert set(BODIES) == set(Kind)
    entries = read_ledger(BytesIO(b"".join(line + b"\n" for line in lines())))
    assert [entry.kind for entry in entries] == list(BODIES)
    assert [entry.body for entry in entries] == list(BODIES.values())
    assert [entry.line for entry in entries] == lines()
    assert entries[3].at == NOON + timedelta(minutes=3)
    assert (entries[0].draw, entries[1].draw, entries[1].round) == (None, 1, ROUND)


def test_a_ledger_may_be_empty():
    assert read_ledger(BytesIO(b"")) == []
    assert frontier([]).root() == merkle.EMPTY_ROOT


def test_the_leaf_is_the_lines_very_bytes():
    spaced = json.dumps(json.loads(lines()[3]), indent=None).encode()
    entries = read_ledger([line + b"\n" for line in [*lines()[:3], spaced]])
    assert entries[3].leaf_hash == merkle.leaf_hash(spaced)
    assert frontier(entries).root() == merkle.root(
        [merkle.leaf_hash(line) for line in [*lines()[:3], spaced]]
    )


def test_a_line_is_written_in_one_way():
    line = entry_line(7, NOON, Kind.DRAW_VOIDED, ROUND, 2, bodies.draw_voided(None, "停电"))
    assert line.decode() == (
        '{"at":"2020-02-10T04:00:00Z","body":{"commitment_sha256":null,"reason":"停电"},'
        '"draw":2,"kind":"draw-voided","round":"xiamen-2020-1","seq":7}'
    )


def test_dice_may_be_missing_and_a_beacon_may_be_succeeded():
    assert bodies.dice("dice", "missing")["rolls"] == "missing"
    assert bodies.beacon_succeeded("drand", 99) == {"source": "drand", "successor_round": 99}


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        ({"seq": 4}, "wrong-seq", "seq"),
        ({"seq": "3"}, "bad-member", "seq"),
        ({"seq": True}, "bad-member", "seq"),
        ({"at": "2020-02-10T04:00:00+08:00"}, "bad-member", "at"),
        ({"at": "2020-02-30T04:00:00Z"}, "bad-member", "at"),
        ({"at": 1581307200}, "bad-member", "at"),
        ({"kind": "draw-forgotten"}, "bad-member", "kind"),
        ({"kind": ["dice"]}, "bad-member", "kind"),
        ({"kind": "dice"}, "bad-member", "body.commitment_sha256"),
        ({"round": "Xiamen 1"}, "bad-member", "round"),
        ({"draw": None}, "bad-member", "draw"),
        ({"draw": 0}, "bad-member", "draw"),
        ({"draw": 100}, "bad-member", "draw"),
        ({"draw": 1.0}, "bad-json", None),
        ({"body": []}, "bad-member", "body"),
        ({"body": {"commitment_sha256": A, "name": "Li Si"}}, "bad-member", "body.name"),
        ({"body": {}}, "bad-member", "body.commitment_sha256"),
        ({"body": {"commitment_sha256": A.upper()}}, "bad-member", "body.commitment_sha256"),
        ({"phone": "13900000000"}, "bad-member", "phone"),
        ({"body": ...}, "bad-member", "body"),
    ],
)
def test_another_line_is_refused_by_file_line_and_member(members, code, field):
    committed = lines()[3]
    with pytest.raises(InputError) as refused:
        read_line(changed(committed, **members), 3)
    error = refused.value
    assert (error.code, error.field, error.file, error.line) == (code, field, "ledger.jsonl", 4)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "bad-json"),
        (b"[]", "bad-json"),
        (b"\xef\xbb\xbf" + lines()[3], "bad-json"),
        (lines()[3] + b" x", "bad-json"),
        (lines()[3].replace(b'"draw":1', b'"draw":1,"draw":2'), "bad-json"),
        (lines()[3].replace(b'"draw":1', b'"draw":NaN'), "bad-json"),
        (lines()[3] + b"\r", "carriage-return"),
        (b" " * MOST_LINE_BYTES + lines()[3], "line-too-long"),
    ],
)
def test_a_line_two_readers_could_read_differently_is_refused(line, code):
    with pytest.raises(InputError) as refused:
        read_ledger([*(one + b"\n" for one in lines()[:3]), line + b"\n"], file="mirror.jsonl")
    assert (refused.value.code, refused.value.file, refused.value.line) == (code, "mirror.jsonl", 4)


def test_a_ledger_cut_off_or_with_a_gap_is_refused():
    whole = b"".join(line + b"\n" for line in lines())
    with pytest.raises(InputError) as refused:
        read_ledger(BytesIO(whole[:-1]))
    assert (refused.value.code, refused.value.line) == ("missing-last-lf", len(BODIES))
    with pytest.raises(InputError) as refused:
        read_ledger(BytesIO(whole.replace(lines()[5] + b"\n", b"")))
    assert (refused.value.code, refused.value.line) == ("wrong-seq", 6)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_round_has_no_draw_and_a_draw_has_one(kind):
    with pytest.raises(InputError) as refused:
        entry_line(0, NOON, kind, ROUND, 1 if kind in ROUND_KINDS else None, BODIES[kind])
    assert refused.value.field == "draw"


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: bodies.draw_voided(A, ""), "body.reason"),
        (lambda: bodies.draw_voided(A, "x" * 301), "body.reason"),
        (lambda: bodies.draw_voided(A, "two\nlines"), "body.reason"),
        (lambda: bodies.draw_voided(A, "asked by 350203194912010021"), "body.reason"),
        (lambda: bodies.draw_voided(A, "call 139 0000 0000"), "body.reason"),
        (lambda: bodies.draw_voided(A, "call １３９００００００００"), "body.reason"),
        (lambda: bodies.dice("dice", "12345"), "body.rolls"),
        (lambda: bodies.dice("dice", "1" * 513), "body.rolls"),
        (lambda: bodies.dice("dice", "Missing"), "body.rolls"),
        (lambda: bodies.dice("dice", "１" * 50), "body.rolls"),
        (lambda: bodies.dice("the dice", "1" * 50), "body.source"),
        (lambda: bodies.beacon("drand", 0, "ab" * 48, A), "body.round"),
        (lambda: bodies.beacon("drand", 1, "ab" * 47, A), "body.signature"),
        (lambda: bodies.beacon("drand", 1, "AB" * 48, A), "body.signature"),
        (lambda: bodies.beacon_succeeded("drand", -1), "body.successor_round"),
        (lambda: bodies.drawn(A, FILE, {"old people": B}), "body.cutoffs.old people"),
        (lambda: bodies.drawn(A, FileDigest(A, -1), {}), "body.result.entries"),
        (lambda: bodies.drawn(A, FileDigest(A[1:], 1), {}), "body.result.sha256"),
        (lambda: bodies.batch(0, FILE, FILE, FILE, FILE, {}), "body.batch"),
        (lambda: bodies.batch(1, FILE, FILE, FILE, FileDigest("", 1), {}), "body.files.promotion.sha256"),
        (lambda: bodies.batch(1, FILE, FILE, FILE, FILE, {"general": -1}), "body.released.general"),
        (lambda: bodies.audited(A, 3, 4), "body.unsound"),
        (
            lambda: bodies.draw_decided({}, {}, [PinnedRegister("household", 0, A, 1)]),
            "body.registers[0].version",
        ),
        (
            lambda: bodies.draw_decided({}, {}, [PinnedRegister("household", n, A, 1) for n in (1, 2)]),
            "body.registers",
        ),
        (lambda: bodies.draw_decided({"general": 10**12}, {}, []), "body.pool"),
    ],
)
def test_builders_refuse_what_readers_would(build, field):
    with pytest.raises(InputError) as refused:
        build()
    assert (refused.value.code, refused.value.field) == ("bad-member", field)


@pytest.mark.parametrize("total", ["pool", "excluded"])
def test_totals_are_the_sums_of_their_parts(total):
    body = {**BODIES[Kind.DRAW_DECIDED], total: 99}
    with pytest.raises(InputError) as refused:
        check_body(Kind.DRAW_DECIDED, body)
    assert refused.value.field == f"body.{total}"


def test_a_naive_time_is_not_written():
    with pytest.raises(ValueError, match="zone"):
        entry_line(0, NOON.replace(tzinfo=None), Kind.ROUND_FINISHED, ROUND, None, {})
