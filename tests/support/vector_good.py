"""Scenarios in which nothing is wrong, however odd they look."""

from __future__ import annotations

import json
from collections.abc import Iterator

from maskres.formats.values import parse_time
from tests.support.draw_vectors import edits_between, read_base
from tests.support.forging import Forged, shifted, write_json
from tests.support.vector_maker import Scenario


def scenarios() -> Iterator[Scenario]:
    for base, what in (
        ("whole", "A whole draw with dice, beacon, several tickets, a dispute, a batch and an audit."),
        ("closed", "A draw before its commitment."),
        ("drawn", "A draw before its allocation."),
        ("dice-only", "The seed comes from dice alone."),
        ("beacon-only", "The seed comes from the beacon alone."),
        ("missing-dice", "The dice were not rolled in time; the beacon counts alone."),
        ("voided", "A draw voided in time."),
        ("second-draw", "The second draw of a round."),
        ("scarce", "Hardly more places than winners."),
    ):
        yield Scenario(f"good-{base}", what, base=base)
    keys = json.loads(read_base("whole")["keys.json"])
    arguments = {"origin": keys["origin"], "round": keys["round"], "keys": keys}
    yield Scenario(
        "good-known-from-elsewhere", "Origin, round and keys are those known.", arguments=arguments
    )
    yield forged(
        "good-commitment-spelt-otherwise",
        "commitment.json has its members in another order, on many lines.",
        _spelt,
    )
    yield forged(
        "good-late-dice-without-beacon",
        "Without a beacon the draw waits for late dice.",
        _late_dice,
        "dice-only",
    )
    yield from _not_cosigned_yet()
    yield forged("good-empty-pool", "Nobody is in the pool.", _empty_pool)
    yield forged(
        "good-successor", "The beacon's network ended, and its successor counts.", _successor, "beacon-only"
    )
    yield forged("good-unsound-winner", "The audit found a winner unsound, and says so.", _unsound, "whole")
    yield forged("good-no-winners", "All quotas are nought.", _no_quota)
    yield forged("good-zone", "A time zone of which the reader's machine knows nothing.", _zone)


def _not_cosigned_yet() -> Iterator[Scenario]:
    """Give moments at which something has just been entered that can still be cosigned in time."""
    yield forged(
        "good-dice-not-cosigned-yet",
        "The dice were entered a moment ago, and nobody has cosigned them yet.",
        lambda d: d.cut_after("dice"),
    )
    yield forged(
        "good-dice-cosigned-by-one-yet",
        "The dice were entered in time and cosigned by the notary; the witness may still do so.",
        _diced_by_one,
    )
    yield forged(
        "good-void-not-cosigned-yet",
        "The draw was voided a moment ago, and nobody has cosigned that yet.",
        lambda d: d.times.update({5: {}}),
        "voided",
    )
    yield forged(
        "good-void-of-a-late-commitment",
        "The commitment was cosigned too late to draw from, and so voided while nothing could be known yet.",
        _void_late_commitment,
        "voided",
    )
    yield forged(
        "good-successor-not-cosigned-yet",
        "The successor was named a moment ago, and nobody has cosigned that yet.",
        name_successor,
        "beacon-only",
    )


def _void_late_commitment(draw: Forged) -> None:
    by = next(source["by"] for source in draw.commitment["sources"] if source["kind"] == "dice")
    for kind, minutes in (("draw-committed", 5), ("draw-voided", 4)):
        moment = second_of(by) - 60 * minutes
        draw.times[draw.line_of(kind)] = {key.name: moment for key in draw.cosigners}


def _diced_by_one(draw: Forged) -> None:
    draw.cut_after("dice")
    by = next(source["by"] for source in draw.commitment["sources"] if source["kind"] == "dice")
    draw.times[draw.line_of("dice")] = {"rehearsal/notary": second_of(by)}


def forged(name, what, bend, base: str = "drawn", finds=(), **more) -> Scenario:
    """Make a scenario of a forgery: the base, bent, everything else made to fit."""
    forgery = Forged(base)
    bend(forgery)
    edits = list(edits_between(read_base(base), forgery.finish()))
    assert edits, name
    return Scenario(name, what, edits, tuple(finds), base=base, **more)


def _zone(draw: Forged) -> None:
    rules = json.loads(draw.files["rules.json"]) | {"zone": "Mars/Olympus"}
    draw.files["rules.json"] = write_json(rules)
    digest = draw.digest("rules.json")["sha256"]
    draw.entry("round-opened")["body"]["rules_sha256"] = digest
    draw.commitment |= {"zone": rules["zone"], "rules_sha256": digest}
    draw.recommit()
    draw.redraw()


def _spelt(draw: Forged) -> None:
    text = json.dumps(dict(reversed(list(draw.commitment.items()))), indent=2, ensure_ascii=True)
    draw.pledge(text.encode() + b"\n")
    draw.redraw()


def _late_dice(draw: Forged) -> None:
    seconds = 30 * 3600
    for kind in ("dice", "drawn", "allocated", "draw-finished"):
        draw.move(kind, seconds)


def _empty_pool(draw: Forged) -> None:
    pool = [line.split(b",")[0] for line in draw.lines("pool.csv")[1:]]
    out = [*draw.lines("excluded.csv")[1:], *(number + b",too-young" for number in pool)]
    draw.write_lines("excluded.csv", [b"number,reason", *sorted(out)])
    draw.write_lines("pool.csv", draw.lines("pool.csv")[:1])
    draw.commitment["quotas"] = {}
    decided = draw.entry("draw-decided")["body"]
    decided |= {"pool": 0, "strata": {}, "excluded": len(out), "reasons": {"too-young": len(out)}}
    draw.recommit()
    draw.redraw()


def _no_quota(draw: Forged) -> None:
    draw.commitment["quotas"] = dict.fromkeys(draw.commitment["quotas"], 0)
    draw.recommit()
    draw.redraw()


def _successor(draw: Forged) -> None:
    declare_successor(draw)
    insert_entry(draw, _succession(draw), draw.line_of("draw-committed"))
    let_successor_speak(draw)


def _succession(draw: Forged) -> dict:
    body = {"source": "drand", "successor_round": draw.commitment["sources"][0]["successor"]["round"]}
    at = shifted(draw.entry("draw-committed")["at"], 3600)
    return {**draw.entry("draw-committed"), "kind": "beacon", "at": at, "body": body}


def name_successor(draw: Forged) -> None:
    """Go back to the moment at which the successor had just been named."""
    declare_successor(draw)
    draw.cut_after("draw-committed")
    committed = draw.entry("draw-committed")
    draw.times[draw.line_of("draw-committed")] = {
        key.name: second_of(committed["at"]) + 300 for key in draw.cosigners
    }
    draw.entries.append(_succession(draw))


def declare_successor(draw: Forged) -> None:
    """Let the commitment name a successor, whose round comes half an hour after the first network's."""
    source = draw.commitment["sources"][-1]
    names = ("chain", "public_key", "genesis", "period", "round")
    successor = {name: source[name] for name in names} | {"chain": "5" * 64}
    source["successor"] = successor | {"genesis": source["genesis"] + 1800}
    draw.recommit()


def insert_entry(draw: Forged, entry: dict, at: int) -> None:
    """Put an entry into the ledger and let it be cosigned five minutes later; what follows moves down."""
    draw.entries.insert(at, entry)
    draw.times = {size + (size > at): times for size, times in draw.times.items()}
    moment = second_of(entry["at"]) + 300
    draw.times[at + 1] = {key.name: moment for key in draw.cosigners}


def remove_entry(draw: Forged, kind: str) -> None:
    """Take an entry out of the ledger; what follows moves up, and its own checkpoint goes."""
    at = draw.line_of(kind)
    del draw.entries[at - 1]
    draw.times = {size - (size > at): times for size, times in draw.times.items() if size != at}


def second_of(text: str) -> int:
    """Give a time in POSIX seconds."""
    return int(parse_time(text, field="at").timestamp())


def let_successor_speak(draw: Forged) -> None:
    """Move beacon and result behind the successor's round, and draw again."""
    for kind in ("beacon", "drawn"):
        draw.move(kind, 1800)
    draw.redraw()


def _unsound(draw: Forged) -> None:
    audit = json.loads(draw.files["audit.json"])
    number = min(audit["sound"])
    audit["sound"][number] = False
    draw.files["audit.json"] = json.dumps(audit, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    draw.entry("audited")["body"] |= {"audit_sha256": draw.digest("audit.json")["sha256"], "unsound": 1}


def committed(bend):
    """Bend something before the commitment: it is committed and drawn with."""

    def whole(draw: Forged) -> None:
        bend(draw)
        draw.recommit()
        draw.redraw()

    return whole
