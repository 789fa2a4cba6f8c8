"""Forgeries of times and sources: someone who holds every key bent when things happened, or what was rolled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from tests.support.forging import Forged, shifted
from tests.support.vector_good import (
    committed,
    declare_successor,
    forged,
    insert_entry,
    let_successor_speak,
    name_successor,
    second_of,
)
from tests.support.vector_maker import Scenario

LEDGER = "ledger.jsonl"
COMMITMENT = "commitment.json"


def scenarios() -> Iterator[Scenario]:
    """Give them."""
    yield from _times()
    yield from _sources()


def _times() -> Iterator[Scenario]:
    def of(line: int, code: str, file: str = LEDGER):
        return ((file, line, code),)

    yield forged(
        "dice-cosigned-late",
        "The dice were cosigned after the time declared for them.",
        lambda d: d.move_cosigning("dice", 2 * 3600),
        finds=of(5, "dice-late"),
    )
    yield forged(
        "dice-after-the-beacon",
        "The dice are entered after the beacon's time: they could be chosen.",
        lambda d: d.move("dice", 3 * 3600 - 600),
        finds=of(5, "dice-late"),
    )
    yield forged(
        "dice-by-one-only",
        "The witness never cosigned the dice in time.",
        lambda d: d.times[5].pop("rehearsal/witness"),
        finds=of(5, "dice-late"),
    )
    yield forged(
        "dice-cosigned-by-one-late",
        "The dice are cosigned by the notary alone, and too late: no cosignature of the witness can help any more.",
        lambda d: _cut_at_dice(d, hours=2),
        finds=of(5, "dice-late"),
    )
    yield forged(
        "dice-not-cosigned-and-time-went-on",
        "The dice were never cosigned, and the next draw of the round is closed after their time.",
        _close_the_next_draw,
        finds=of(5, "dice-late"),
    )
    yield forged(
        "dice-before-the-commitment-counts",
        "The dice were rolled before the commitment was cosigned ten minutes.",
        lambda d: d.move("dice", -3000),
        finds=of(5, "dice-early"),
    )
    yield forged(
        "commitment-cosigned-late",
        "The commitment was cosigned five minutes before the beacon's round.",
        lambda d: d.move_cosigning("draw-committed", 10440),
        "beacon-only",
        finds=of(4, "cosigned-late"),
    )
    yield forged(
        "cosigned-at-the-end-of-time",
        "Everything is said to be cosigned in the last second of the calendar.",
        _cosigned_last,
        finds=of(4, "cosigned-late"),
    )
    yield forged(
        "commitment-of-an-earlier-minute",
        "The commitment says to be made before it was entered.",
        _claims_earlier,
        finds=of(4, "wrong-order"),
    )
    yield forged(
        "commitment-never-cosigned",
        "The witness never cosigned anything.",
        _no_witness,
        finds=of(4, "not-cosigned"),
    )
    yield forged(
        "missing-dice-early",
        "The dice are called missing while the notary may still roll.",
        _missing_early,
        "missing-dice",
        finds=of(5, "dice-early"),
    )
    yield forged(
        "missing-dice-without-beacon",
        "The dice are called missing where they alone count.",
        _missing_alone,
        "dice-only",
        finds=of(5, "bad-value"),
    )
    yield forged(
        "beacon-early",
        "The beacon is entered before its round's time.",
        lambda d: d.move("beacon", -3600 - 60),
        "beacon-only",
        finds=of(5, "beacon-early"),
    )
    yield forged(
        "challenge-cut",
        "Verdicts could not be disputed as long as the rules say.",
        _decided_late,
        "whole",
        finds=of(18, "challenge-cut"),
    )
    yield forged(
        "clock-back",
        "An entry is older than the one before it.",
        lambda d: d.move("drawn", -7200),
        finds=of(7, "wrong-order"),
    )
    yield forged(
        "milestone-never-cosigned",
        "The last cosignatures of a finished draw are missing.",
        lambda d: d.times.update({24: {}}),
        "whole",
        finds=of(24, "not-cosigned"),
    )


def _cut_at_dice(draw: Forged, *, hours: int) -> None:
    """Leave off at the dice, which the notary alone cosigned some hours after they were entered."""
    draw.cut_after("dice")
    draw.times[5] = {"rehearsal/notary": second_of(shifted(draw.entry("dice")["at"], hours * 3600))}


def _close_the_next_draw(draw: Forged) -> None:
    draw.cut_after("dice")
    closed = draw.entry("draw-closed") | {"draw": 2, "at": shifted(draw.entry("dice")["at"], 2 * 3600)}
    draw.entries.append(closed)


def _claims_earlier(draw: Forged) -> None:
    draw.commitment["committed_at"] = shifted(draw.commitment["committed_at"], -60)
    draw.pledge()
    draw.redraw()


def _no_witness(draw: Forged) -> None:
    for times in draw.times.values():
        times.pop("rehearsal/witness", None)


def _missing_early(draw: Forged) -> None:
    draw.move("dice", -1200)


def _missing_alone(draw: Forged) -> None:
    draw.entry("dice")["body"]["rolls"] = "missing"


def _decided_late(draw: Forged) -> None:
    draw.move("draw-decided", 5 * 3600)


def _sources() -> Iterator[Scenario]:
    def beacon(change):
        def bend(draw: Forged) -> None:
            body = draw.entry("beacon")["body"]
            change(body)
            said = {name: body[name] for name in ("round", "signature", "randomness")}
            draw.files["beacon.json"] = json.dumps(said, sort_keys=True).encode() + b"\n"
            draw.redraw()

        return bend

    def signed_anew(body) -> None:
        body["signature"] = "ab" * 48
        body["randomness"] = hashlib.sha256(bytes.fromhex(body["signature"])).hexdigest()

    yield forged(
        "beacon-of-another-round",
        "The beacon entered is of the next round.",
        beacon(lambda body: body.update(round=body["round"] + 1)),
        finds=((LEDGER, 6, "beacon-round"),),
    )
    yield forged(
        "beacon-randomness-chosen",
        "The randomness is not the SHA-256 of the signature.",
        beacon(lambda body: body.update(randomness="0" * 64)),
        finds=((LEDGER, 6, "beacon-randomness"),),
    )
    yield forged(
        "dice-too-few", "A roll is missing.", _rolls(lambda rolls: rolls[:-1]), finds=((LEDGER, 5, "*"),)
    )
    yield forged(
        "dice-one-too-many",
        "There is a roll too many.",
        _rolls(lambda rolls: rolls + "1"),
        finds=((LEDGER, 5, "bad-value"),),
    )
    yield forged(
        "successor-not-cosigned-in-time",
        "The successor was named when its round had come.",
        _late_successor,
        "beacon-only",
        finds=((LEDGER, 5, "beacon-late"),),
    )
    yield forged(
        "successor-cosigned-by-one-late",
        "The successor is cosigned by the notary alone, and when its round had come.",
        _successor_by_one_late,
        "beacon-only",
        finds=((LEDGER, 5, "beacon-late"),),
    )
    yield forged(
        "successor-never-declared",
        "The commitment names no successor.",
        _undeclared_successor,
        "beacon-only",
        finds=((LEDGER, 5, "bad-value"),),
    )
    for name, what, change in (
        ("dice-short", "48 rolls of a die of six sides carry less than 128 bits.",
         lambda sources: sources[0].update(sides=6, rolls=48)),
        ("dice-of-twelve-sides", "Dice of twelve sides are not known.", lambda sources: sources[0].update(sides=12)),
        ("dice-due-after-the-beacon", "The dice are due after the beacon.",
         lambda sources: sources[0].update(by="2020-02-11T23:00:00Z")),
        ("source-too-soon", "A source comes five minutes after the commitment.",
         lambda sources: sources[0].update(by="2020-02-11T16:05:00Z")),
        ("source-twice", "There are two sources of dice.", lambda sources: sources.append(dict(sources[0]))),
        ("no-source", "There is no source at all.", lambda sources: sources.clear()),
        ("beacon-in-the-past", "The beacon's round is past.", lambda sources: sources[1].update(round=1)),
        ("beacon-beyond-the-calendar", "The beacon's round comes in no year.",
         lambda sources: sources[1].update(genesis=10**12 - 1)),
    ):  # fmt: skip
        code = "*" if name == "dice-of-twelve-sides" else "bad-source"
        yield forged(
            f"sources-{name}",
            what,
            committed(lambda d, change=change: change(d.commitment["sources"])),
            finds=((COMMITMENT, None, code),),
        )


def _cosigned_last(draw: Forged) -> None:
    last = second_of("9999-12-31T23:59:59Z")
    draw.times = {size: dict.fromkeys(times, last) for size, times in draw.times.items()}


def _rolls(change):
    def bend(draw: Forged) -> None:
        body = draw.entry("dice")["body"]
        body["rolls"] = change(body["rolls"])
        draw.redraw()

    return bend


def _late_successor(draw: Forged) -> None:
    declare_successor(draw)
    number = draw.commitment["sources"][0]["successor"]["round"]
    said = {**draw.entry("beacon"), "body": {"source": "drand", "successor_round": number}}
    insert_entry(draw, said, draw.line_of("draw-committed"))
    draw.times[draw.line_of("draw-committed") + 1] = dict.fromkeys(
        ("rehearsal/notary", "rehearsal/witness"), second_of(shifted(said["at"], 7200))
    )
    let_successor_speak(draw)


def _successor_by_one_late(draw: Forged) -> None:
    name_successor(draw)
    draw.times[5] = {"rehearsal/notary": second_of(shifted(draw.entry("draw-committed")["at"], 5 * 3600))}


def _undeclared_successor(draw: Forged) -> None:
    said = {**draw.entry("beacon"), "at": shifted(draw.entry("draw-committed")["at"], 3600)}
    insert_entry(
        draw, {**said, "body": {"source": "drand", "successor_round": 7}}, draw.line_of("draw-committed")
    )
