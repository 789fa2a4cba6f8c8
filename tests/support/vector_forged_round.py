"""Scenarios of rounds and draws that begin or end as none may."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.forging import Forged, Json, shifted
from tests.support.vector_good import forged, insert_entry
from tests.support.vector_maker import Scenario

LEDGER = "ledger.jsonl"


def scenarios() -> Iterator[Scenario]:
    """Give them."""
    yield forged(
        "good-erased",
        "A round that was finished and erased: the bundle still verifies.",
        lambda d: append(d, "round-finished", "erased"),
        "dice-only",
    )
    yield forged(
        "finished-without-places",
        "A draw is finished before anybody has a place.",
        lambda d: append(d, "draw-finished"),
        finds=((LEDGER, 8, "wrong-order"),),
    )
    yield forged(
        "void-after-dice",
        "A draw is given up once its dice are known.",
        _void_late,
        finds=((LEDGER, 6, "wrong-order"),),
    )
    yield forged(
        "finished-after-void",
        "A voided draw goes on to its end.",
        lambda d: append(d, "draw-finished"),
        "voided",
        finds=((LEDGER, 6, "wrong-order"),),
    )
    yield forged(
        "erased-before-its-end",
        "A round is erased that was not finished.",
        lambda d: append(d, "erased"),
        "dice-only",
        finds=((LEDGER, 9, "wrong-order"),),
    )
    yield forged(
        "erased-and-goes-on",
        "Something happens in a round after it was erased.",
        lambda d: append(d, "round-finished", "erased", "round-finished"),
        "dice-only",
        finds=((LEDGER, 11, "wrong-order"),),
    )
    yield forged(
        "erased-other-keys",
        "Other keys are said to be destroyed than were pledged.",
        _other_keys,
        "dice-only",
        finds=((LEDGER, 10, "digest-differs"),),
    )
    yield forged(
        "allocation-never-cosigned",
        "Nobody cosigned where the winners are placed, nor anything after it.",
        _no_places_cosigned,
        "dice-only",
        finds=((LEDGER, 7, "not-cosigned"),),
    )


def append(draw: Forged, *kinds: str) -> None:
    """Put entries at the end of the ledger, an hour apart."""
    for kind in kinds:
        last = draw.entries[-1]
        pledged = draw.entry("round-opened", 0)["body"]
        names = ("number_key_sha256", "seal_key_sha256") if kind == "erased" else ()
        entry: Json = {
            **last,
            "at": shifted(last["at"], 3600),
            "kind": kind,
            "draw": 1 if kind.startswith("draw-") else None,
            "body": {name: pledged[name] for name in names},
        }
        insert_entry(draw, entry, len(draw.entries))


def _other_keys(draw: Forged) -> None:
    append(draw, "round-finished", "erased")
    draw.entry("erased")["body"]["number_key_sha256"] = "0" * 64


def _void_late(draw: Forged) -> None:
    dice = draw.entry("dice")
    body = {
        "commitment_sha256": draw.entry("draw-committed")["body"]["commitment_sha256"],
        "reason": "It did not please.",
    }
    insert_entry(draw, {**dice, "kind": "draw-voided", "body": body}, draw.line_of("dice"))


def _no_places_cosigned(draw: Forged) -> None:
    first = draw.line_of("allocated")
    draw.times = {size: times if size < first else {} for size, times in draw.times.items()}
