"""Forgeries of draws given up: someone who holds every key bent when, why or what was voided or committed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.support.forging import Forged, shifted
from tests.support.vector_good import (
    forged,
    insert_entry,
    remove_entry,
    second_of,
)
from tests.support.vector_maker import Scenario

LEDGER = "ledger.jsonl"
COMMITMENT = "commitment.json"


def scenarios() -> Iterator[Scenario]:
    """Give them."""
    yield from _voids()


def _voids() -> Iterator[Scenario]:
    yield forged(
        "void-too-late",
        "A draw is voided when its dice may have been seen.",
        lambda d: d.move("draw-voided", 3000),
        "voided",
        finds=((LEDGER, 5, "void-late"),),
    )
    yield forged(
        "void-not-cosigned",
        "The voiding was never cosigned, and the round is finished after the dice were due.",
        _finish_uncosigned,
        "voided",
        finds=((LEDGER, 5, "void-late"),),
    )
    yield forged(
        "void-cosigned-by-one-late",
        "The voiding is cosigned by the witness alone, and when its dice may have been seen.",
        lambda d: d.times.update({5: {"rehearsal/witness": second_of(d.entry("draw-voided")["at"]) + 3000}}),
        "voided",
        finds=((LEDGER, 5, "void-late"),),
    )
    yield forged(
        "void-of-another",
        "The voiding names another commitment.",
        lambda d: d.entry("draw-voided")["body"].update(commitment_sha256="0" * 64),
        "voided",
        finds=((LEDGER, 5, "digest-differs"),),
    )
    yield forged(
        "drawn-after-void",
        "A voided draw is drawn all the same.",
        _void_first,
        finds=((LEDGER, 6, "wrong-order"),),
    )
    yield forged(
        "second-commitment",
        "A draw is committed twice.",
        _commit_twice,
        finds=((LEDGER, 5, "second-commitment"),),
    )
    yield forged(
        "dice-left-out",
        "The declared dice were passed over, neither rolled nor missing.",
        lambda d: remove_entry(d, "dice"),
        finds=((LEDGER, 5, "wrong-order"),),
    )
    yield forged(
        "dice-never-declared",
        "Dice were rolled that no commitment declares.",
        _undeclared_dice,
        "beacon-only",
        finds=((LEDGER, 5, "bad-value"),),
    )
    yield forged(
        "dice-twice",
        "Dice were rolled a second time.",
        lambda d: insert_entry(d, dict(d.entry("dice")), 5),
        finds=((LEDGER, 6, "wrong-order"),),
    )
    yield forged(
        "beacon-twice",
        "The beacon was entered a second time.",
        lambda d: insert_entry(d, dict(d.entry("beacon")), 6),
        finds=((LEDGER, 7, "wrong-order"),),
    )
    yield forged(
        "drawn-twice",
        "A draw is drawn until it pleases.",
        lambda d: insert_entry(d, dict(d.entry("drawn")), d.line_of("drawn")),
        finds=((LEDGER, 8, "wrong-order"),),
    )


def _finish_uncosigned(draw: Forged) -> None:
    voided = draw.entry("draw-voided")
    said: dict[str, object] = {
        "kind": "round-finished",
        "draw": None,
        "body": {},
        "at": shifted(voided["at"], 4 * 3600),
    }
    draw.entries.append(voided | said)
    draw.times[5] = {}


def _void_first(draw: Forged) -> None:
    committed = draw.entry("draw-committed")
    body = {"commitment_sha256": committed["body"]["commitment_sha256"], "reason": "It did not please."}
    insert_entry(draw, {**committed, "kind": "draw-voided", "body": body}, draw.line_of("draw-committed"))


def _undeclared_dice(draw: Forged) -> None:
    said = {**draw.entry("beacon"), "kind": "dice", "body": {"source": "dice", "rolls": "1" * 39}}
    insert_entry(draw, said, draw.line_of("draw-committed"))


def _commit_twice(draw: Forged) -> None:
    insert_entry(draw, json.loads(json.dumps(draw.entry("draw-committed"))), draw.line_of("draw-committed"))
