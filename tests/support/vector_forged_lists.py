"""Forgeries of lists and commitments: one thing is bent, all digests, roots and signatures are made to fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from tests.support.forging import Forged, new_number
from tests.support.plain_bundle import sha256
from tests.support.vector_good import (
    committed,
    forged,
)
from tests.support.vector_maker import Scenario

LEDGER = "ledger.jsonl"
COMMITMENT = "commitment.json"


def scenarios() -> Iterator[Scenario]:
    """Give them."""
    yield from _pools()
    yield from _commitments()


def _pools() -> Iterator[Scenario]:
    yield forged(
        "pool-late-number",
        "A number is slipped into every list after the closing.",
        committed(_late_number),
        finds=(("registered.csv", None, "digest-differs"),),
    )
    yield forged(
        "pool-ghost-committed",
        "A ghost is committed in the pool, somebody registered left out.",
        committed(_ghost),
        finds=(("pool.csv", 2, "sets-differ"), ("registered.csv", 2, "sets-differ")),
    )
    yield forged(
        "pool-unknown-stratum",
        "A stratum that the rules do not know is committed.",
        committed(_stratum),
        finds=((COMMITMENT, None, "rules-differ"),),
    )
    yield forged(
        "pool-tickets-committed",
        "Somebody is committed with ten tickets.",
        committed(_tickets),
        finds=(("pool.csv", 3, "too-many-tickets"),),
    )


def _late_number(draw: Forged) -> None:
    late = new_number("friend")
    seal = hashlib.sha256(late).hexdigest()[:40].encode()
    header, *lines = draw.lines("pool.csv")
    draw.write_lines("pool.csv", [header, *sorted([*lines, late + b",general,1," + seal])])
    header, *lines = draw.lines("registered.csv")
    draw.write_lines("registered.csv", [header, *sorted([*lines, late])])


def _ghost(draw: Forged) -> None:
    header, first, *lines = draw.lines("pool.csv")
    second = lines[0].split(b",")[0]
    ghost = next(number for number in (new_number(f"ghost {i}") for i in range(1000)) if number < second)
    draw.write_lines("pool.csv", [header, ghost + first[12:], *lines])


def _stratum(draw: Forged) -> None:
    header, first, *lines = draw.lines("pool.csv")
    fields = first.split(b",")
    draw.write_lines("pool.csv", [header, b",".join([fields[0], b"friends", *fields[2:]]), *lines])
    draw.commitment["quotas"]["friends"] = 1


def _tickets(draw: Forged) -> None:
    lines = draw.lines("pool.csv")
    number, stratum, _, seal = lines[2].split(b",")
    lines[2] = b",".join([number, stratum, b"10", seal])
    draw.write_lines("pool.csv", lines)


def _commitments() -> Iterator[Scenario]:
    def said(change):
        return committed(lambda draw: change(draw.commitment))

    yield forged(
        "commitment-too-few-places",
        "There are more winners than places.",
        committed(_few_places),
        finds=(("slots.csv", None, "too-few-places"),),
    )
    yield forged(
        "commitment-quota-missing",
        "A stratum of the pool has no quota.",
        _no_stratum,
        finds=((COMMITMENT, None, "quotas-differ"),),
    )
    yield forged(
        "commitment-quota-of-nobody",
        "A quota is of a stratum that nobody is in.",
        _other_stratum,
        finds=((COMMITMENT, None, "quotas-differ"),),
    )
    yield forged(
        "commitment-false-tree",
        "The pool's tree has a root of another pool.",
        _false_tree,
        finds=((COMMITMENT, None, "tree-differs"),),
    )
    yield forged(
        "commitment-tree-cut-otherwise",
        "The pool's tree is cut by a symbol too many.",
        said(lambda c: c["pool_tree"].update(symbols=1)),
        finds=((COMMITMENT, None, "bad-member"),),
    )
    yield forged(
        "commitment-other-number-key",
        "The number key is not the one pledged.",
        said(lambda c: c.update(number_key_sha256="0" * 64)),
        finds=((COMMITMENT, None, "key-differs"),),
    )
    yield forged(
        "commitment-other-registers",
        "A register's version is another than was decided with.",
        said(lambda c: c["registers"][0].update(version=9)),
        finds=((COMMITMENT, None, "registers-differ"),),
    )
    yield forged(
        "commitment-before-the-deciding",
        "The commitment names a ledger that did not hold the deciding yet.",
        said(lambda c: c["ledger"].update(size=2)),
        finds=((LEDGER, 4, "wrong-order"),),
    )
    yield forged(
        "slots-unknown-district",
        "A store stands in a district that the rules do not know.",
        committed(_unknown_district),
        finds=(("slots.csv", 2, "unknown-district"),),
    )
    yield forged(
        "commitment-other-zone",
        "The time zone is not the rules'.",
        said(lambda c: c.update(zone="Europe/Paris")),
        finds=((COMMITMENT, None, "rules-differ"),),
    )
    yield forged(
        "commitment-other-protocol",
        "The protocol is of another version.",
        said(lambda c: c.update(protocol="maskres-draw-2")),
        finds=((COMMITMENT, None, "bad-member"),),
    )
    yield forged(
        "commitment-false-ledger-root",
        "The root of the ledger at that time is another.",
        _false_ledger_root,
        finds=((COMMITMENT, None, "root-differs"),),
    )
    yield forged(
        "commitment-of-another-draw",
        "The commitment is of a draw beyond the rules'.",
        lambda d: _renumber(d, 9),
        finds=((COMMITMENT, None, "rules-differ"),),
    )


def _unknown_district(draw: Forged) -> None:
    lines = draw.lines("slots.csv")
    store = lines[1].split(b",")[1]
    moved = [
        b",".join([b"elsewhere", *line.split(b",")[1:]]) if line.split(b",")[1] == store else line
        for line in lines
    ]
    draw.write_lines("slots.csv", moved)


def _few_places(draw: Forged) -> None:
    lines = draw.lines("slots.csv")
    draw.write_lines("slots.csv", [lines[0], *(line.rsplit(b",", 1)[0] + b",1" for line in lines[1:])])
    draw.commitment["quotas"]["general"] = 12


def _no_stratum(draw: Forged) -> None:
    del draw.commitment["quotas"]["elderly"]
    draw.recommit()


def _other_stratum(draw: Forged) -> None:
    header, *lines = draw.lines("pool.csv")
    draw.write_lines("pool.csv", [header, *(line.replace(b",elderly,", b",general,") for line in lines)])
    draw.recommit()


def _false_tree(draw: Forged) -> None:
    draw.commitment["pool_tree"]["root"] = "0" * 64
    draw.pledge()
    draw.redraw()


def _false_ledger_root(draw: Forged) -> None:
    draw.commitment["ledger"]["root"] = "0" * 64
    text = json.dumps(draw.commitment, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    draw.files[COMMITMENT] = text
    draw.entry("draw-committed")["body"]["commitment_sha256"] = sha256(text)
    draw.redraw()


def _renumber(draw: Forged, number: int) -> None:
    draw.commitment["draw"] = number
    for entry in draw.entries:
        if entry["draw"] is not None:
            entry["draw"] = number
    draw.recommit()
    draw.redraw()
