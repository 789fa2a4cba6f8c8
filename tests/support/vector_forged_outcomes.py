"""Forgeries of outcomes and ledgers: someone who holds every key bent a result, a place, or the record."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

from tests.support.forging import Forged, shifted
from tests.support.plain_bundle import sha256
from tests.support.vector_good import (
    forged,
    insert_entry,
)
from tests.support.vector_maker import Scenario

LEDGER = "ledger.jsonl"
COMMITMENT = "commitment.json"


def scenarios() -> Iterator[Scenario]:
    """Give them."""
    yield from _outcomes()
    yield from _ledgers()


def _outcomes() -> Iterator[Scenario]:
    yield forged(
        "seed-of-another-beacon",
        "The draw was made with a seed of the operator's own.",
        _own_seed,
        finds=(
            ("seed.txt", 4, "seed-differs"),
            (LEDGER, 7, "seed-differs"),
            ("result.csv", 2, "result-differs"),
        ),
    )
    yield forged(
        "result-bent-and-signed",
        "A winner and a loser change places, and the ledger says so too.",
        _bent_result,
        finds=(("result.csv", None, "result-differs"),),
    )
    yield forged(
        "cutoffs-false",
        "The ledger says another cutoff.",
        lambda d: d.entry("drawn")["body"]["cutoffs"].update(general="f" * 64),
        finds=((LEDGER, 7, "cutoffs-differ"),),
    )
    yield forged(
        "allocation-bent-and-signed",
        "Two winners change places, and the ledger says so too.",
        _bent_allocation,
        "whole",
        finds=(("allocation.csv", 3, "allocation-differs"),),
    )
    yield forged(
        "batch-stock-unshared",
        "New stock goes to one stratum alone.",
        lambda d: d.entry("batch")["body"].update(released={"elderly": 5}),
        "whole",
        finds=((LEDGER, 23, "bad-released"),),
    )
    yield forged(
        "batch-number-skipped",
        "The first batch is called the second.",
        _second_batch,
        "whole",
        finds=((LEDGER, 23, "wrong-order"),),
    )
    yield forged(
        "batch-lapse-missing",
        "The first batch left somebody unplaced, and the second keeps quiet about it.",
        _unlapsed,
        "whole",
        finds=(("changes-2.csv", None, "lapse-missing"),),
    )
    yield forged(
        "audit-count-false",
        "The ledger says fewer winners were opened.",
        lambda d: d.entry("audited")["body"].update(sample=3),
        "whole",
        finds=((LEDGER, 24, "count-differs"),),
    )
    yield forged(
        "audit-unsound-hidden",
        "The ledger says that all were sound, audit.json that one was not.",
        _hidden,
        "whole",
        finds=((LEDGER, 24, "count-differs"),),
    )


def _own_seed(draw: Forged) -> None:
    *lines, last = draw.lines("seed.txt")
    draw.write_lines("seed.txt", [*lines, last[:-64] + b"0" * 64])
    draw.draw_from(sha256(draw.files["seed.txt"]))


def _bent_result(draw: Forged) -> None:
    lines = draw.lines("result.csv")
    won = max(at for at, line in enumerate(lines) if line.endswith(b",won"))
    lost = next(at for at, line in enumerate(lines) if line.endswith(b",waiting"))
    lines[won], lines[lost] = (
        lines[won].replace(b",won", b",waiting"),
        lines[lost].replace(b",waiting", b",won"),
    )
    draw.write_lines("result.csv", lines)
    draw.entry("drawn")["body"]["result"] = draw.digest("result.csv")


def _bent_allocation(draw: Forged) -> None:
    lines = draw.lines("allocation.csv")
    second, third = lines[2].split(b","), lines[3].split(b",")
    lines[2], lines[3] = b",".join([*second[:1], *third[1:]]), b",".join([*third[:1], *second[1:]])
    draw.write_lines("allocation.csv", lines)
    draw.entry("allocated")["body"]["allocation"] = draw.digest("allocation.csv")


def _second_batch(draw: Forged) -> None:
    draw.entry("batch")["body"]["batch"] = 2
    for name in ("changes", "room", "wishes", "promotion"):
        draw.files[f"{name}-2.csv"] = draw.files.pop(f"{name}-1.csv")


def _unlapsed(draw: Forged) -> None:
    """Offer one place to the two whom the first batch promotes, and let an empty second one follow."""
    header, *_, one_place = draw.lines("room-1.csv")
    draw.write_lines("room-1.csv", [header, one_place])
    head, placed, other = draw.lines("promotion-1.csv")
    draw.write_lines("promotion-1.csv", [head, placed, other.rsplit(b",", 3)[0] + b",,,-"])
    first = draw.entry("batch")
    names = tuple(first["body"]["files"])
    for name in names:
        first["body"]["files"][name] = draw.digest(f"{name}-1.csv")
        draw.write_lines(f"{name}-2.csv", draw.lines(f"{name}-1.csv")[:1])
    files = {name: draw.digest(f"{name}-2.csv") for name in names}
    second = {**first, "at": shifted(first["at"], 3600), "body": {"batch": 2, "files": files, "released": {}}}
    insert_entry(draw, second, draw.line_of("batch"))


def _hidden(draw: Forged) -> None:
    audit = json.loads(draw.files["audit.json"])
    audit["sound"][min(audit["sound"])] = False
    draw.files["audit.json"] = json.dumps(audit, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    draw.entry("audited")["body"]["audit_sha256"] = draw.digest("audit.json")["sha256"]


def _ledgers() -> Iterator[Scenario]:
    yield forged(
        "ledger-split-view",
        "A checkpoint of another ledger, signed by all three, was shown to somebody.",
        _split,
        finds=(("checkpoints/4", 3, "root-differs"),),
        base="drawn",
    )
    yield forged(
        "ledger-other-origin",
        "A checkpoint is of another ledger.",
        _other_origin,
        finds=(("checkpoints/4", None, "*"),),
        base="drawn",
    )
    yield forged(
        "ledger-opened-with-other-keys",
        "The round was opened with another notary's key.",
        _other_keys,
        finds=((LEDGER, 1, "keys-differ"),),
    )
    yield forged(
        "ledger-goes-on-after-the-end",
        "A batch is entered after the round has finished.",
        _after_the_end,
        "whole",
        finds=((LEDGER, 27, "wrong-order"),),
    )
    yield forged(
        "ledger-opened-twice",
        "The round was opened twice.",
        lambda d: insert_entry(d, dict(d.entry("round-opened")), 1),
        finds=((LEDGER, 2, "wrong-order"),),
    )
    yield forged(
        "ledger-draw-of-a-round-entry",
        "An entry of the whole round names a draw.",
        lambda d: d.entry("round-opened").update(draw=1),
        finds=((LEDGER, 1, "bad-member"),),
    )
    yield forged(
        "second-draw-before-the-first",
        "The second draw is committed before the first has a result.",
        _no_first_result,
        "second-draw",
        finds=((LEDGER, None, "wrong-order"),),
    )
    yield forged(
        "allocated-before-drawn",
        "The places are given before the draw.",
        _allocated_first,
        "whole",
        finds=((LEDGER, 21, "wrong-order"),),
    )


def _after_the_end(draw: Forged) -> None:
    late = {**draw.entry("draw-finished"), "at": draw.entry("round-finished")["at"]}
    draw.entries.append(late)


def _split(draw: Forged) -> None:
    finish = draw.finish

    def bent():
        files = finish()
        files["checkpoints/4"] = draw.checkpoint(4, bytes(32), draw.times[4])
        return files

    draw.finish = bent  # type: ignore[method-assign]


def _other_origin(draw: Forged) -> None:
    finish = draw.finish

    def bent():
        files = finish()
        other = Forged("whole")
        root = base64.b64decode(files["checkpoints/4"].split(b"\n")[2])
        files["checkpoints/4"] = other.checkpoint(4, root, dict(draw.times[4]))
        return files

    draw.finish = bent  # type: ignore[method-assign]


def _other_keys(draw: Forged) -> None:
    other = json.loads(Forged("whole").files["keys.json"])["keys"]
    draw.entry("round-opened")["body"]["keys"] = {
        **draw.entry("round-opened")["body"]["keys"],
        "notary": other["notary"],
    }
    draw.commitment["ledger"]["root"] = ""
    draw.pledge()
    draw.redraw()


def _no_first_result(draw: Forged) -> None:
    for kind in ("allocated", "drawn"):
        entry = next(one for one in draw.entries if one["kind"] == kind and one["draw"] == 1)
        draw.entries.remove(entry)
    draw.commitment["ledger"]["size"] -= 2
    draw.times = {size - 2 if size > 8 else size: times for size, times in draw.times.items()}
    draw.pledge()
    draw.redraw()


def _allocated_first(draw: Forged) -> None:
    at = draw.line_of("drawn") - 1
    first, second = draw.entries[at], draw.entries[at + 1]
    first["at"], second["at"] = second["at"], first["at"]
    draw.entries[at], draw.entries[at + 1] = second, first
