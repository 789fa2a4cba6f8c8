"""Entries of the ledger in lines for people."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from maskres.app import bare_app
from maskres.ledger.body_shapes import Kind
from maskres.ledger.entries import entry_line, read_line
from maskres.web.languages import set_up_languages
from maskres.web.ledger_words import Line, entry_lines
from tests.support.draw_vectors import read_base

A, B = "a" * 64, "b" * 64
FILE = {"sha256": A, "entries": 1234}
#: Kind → body, and what it says in English.
SAID: list[tuple[Kind, dict, list[Line]]] = [
    (Kind.DRAW_CLOSED, {"registered": FILE}, [Line("The registered (registered.csv)", "lines: 1,234", A)]),
    (
        Kind.DRAW_DECIDED,
        {
            "excluded": 1,
            "pool": 2,
            "reasons": {"too-young": 1},
            "registers": [{"kind": "household", "rows": 5000, "sha256": B, "version": 3}],
            "strata": {"elderly": 2},
        },
        [
            Line("In the pool", "2"),
            Line("Of them: older people", "2"),
            Line("Not in the pool", "1"),
            Line("Of them: too young", "1"),
            Line("Register: household register", "version 3, 5,000 rows", B),
        ],
    ),
    (
        Kind.DRAW_VOIDED,
        {
            "commitment_sha256": None,
            "reason": "停电一整天所以本次摇号作废并且另行公告新的时间请大家留意后续通知谢谢",
        },
        [
            Line("The commitment (commitment.json)", "none"),
            Line("Reason", "停电一整天所以本次摇号作废并且另行公告新的时间请大家留意后续通知谢谢"),
        ],
    ),
    (
        Kind.DICE,
        {"rolls": "missing", "source": "notary-dice"},
        [Line("Source", "notary-dice"), Line("The rolls, one digit each", "none")],
    ),
    (
        Kind.DRAWN,
        {"cutoffs": {"elderly": B, "general": None}, "result": FILE, "seed": A},
        [
            Line("Seed", "", A),
            Line("The result (result.csv)", "lines: 1,234", A),
            Line("Largest ticket that won: older people", "", B),
            Line("Largest ticket that won: everybody else", "none"),
        ],
    ),
    (Kind.DRAW_FINISHED, {}, []),
]


def _entry(kind: Kind, body: dict):
    return read_line(entry_line(0, datetime(2020, 2, 13, tzinfo=UTC), kind, "xiamen-2020-1", 1, body), 0)


@pytest.mark.parametrize(("kind", "body", "lines"), SAID, ids=[str(kind) for kind, _, _ in SAID])
def test_an_entry_is_said_line_by_line(kind: Kind, body: dict, lines: list[Line]):
    app = bare_app()
    set_up_languages(app)
    with app.test_request_context("/?lang=en"):
        assert entry_lines(_entry(kind, body)) == lines


def test_every_entry_of_a_whole_draw_names_all_it_says():
    app = bare_app()
    set_up_languages(app)
    ledger = [
        read_line(line, seq) for seq, line in enumerate(read_base("whole")["ledger.jsonl"].splitlines())
    ]
    with app.test_request_context("/?lang=zh"):
        for entry in ledger:
            lines = entry_lines(entry)
            assert bool(lines) == bool(entry.body), entry.kind
            said = " ".join(f"{line.name} {line.words} {line.digest}" for line in lines)
            assert "sha256" not in said and "{" not in said
            assert all(digest in said for digest in _digests(entry.body)), entry.kind
    assert {Kind.ROUND_OPENED, Kind.DRAWN, Kind.ALLOCATED, Kind.BATCH, Kind.AUDITED} <= {
        e.kind for e in ledger
    }


def _digests(value: object) -> list[str]:
    if isinstance(value, dict):
        return [each for part in value.values() for each in _digests(part)]
    if isinstance(value, list):
        return [each for part in value for each in _digests(part)]
    return [value] if isinstance(value, str) and len(value) == 64 else []
