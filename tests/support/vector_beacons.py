"""Scenarios of a real round of drand's quicknet: the bundle is the worked example of the specification.

Only a verifier that checks BLS signatures can find what is wrong here: the SHA-256 fit, and whoever bent them drew with
them and signed everything anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator

from tests.support.forging import Forged, Json
from tests.support.vector_good import forged
from tests.support.vector_maker import Scenario

BASE = "real-beacon"
LEDGER = "ledger.jsonl"
LATER = ("allocation", "wishes", "changes", "room", "promotion", "audit")


def scenarios() -> Iterator[Scenario]:
    """Give them."""
    yield Scenario("good-real-beacon", "Round 657413 of drand's quicknet, as it was published.", base=BASE)
    yield _bent(
        "beacon-signature-flipped",
        "One bit of the beacon's signature is another; everything else was made to follow from it.",
        lambda body: _sign(body, f"{body['signature'][:-1]}{int(body['signature'][-1], 16) ^ 1:x}"),
        "beacon-point",
    )
    yield _bent(
        "beacon-signature-of-an-earlier-round",
        "A signature that was published three seconds earlier is passed off as the declared round's.",
        lambda body: body.update(round=body["round"] + 1),
        "beacon-signature",
        declared=1,
    )


def _bent(name: str, what: str, change: Callable[[Json], None], code: str, declared: int = 0) -> Scenario:
    def bend(draw: Forged) -> None:
        _end_with_the_draw(draw)
        draw.commitment["sources"][-1]["round"] += declared
        draw.pledge()
        body = draw.entry("beacon")["body"]
        change(body)
        said = {name: body[name] for name in ("round", "signature", "randomness")}
        draw.files["beacon.json"] = json.dumps(said, sort_keys=True).encode() + b"\n"
        draw.redraw()

    return forged(name, what, bend, BASE, finds=((LEDGER, draw_line(), code),), needs="bls12-381")


def draw_line() -> int:
    """Give the line of the beacon in the example's ledger."""
    return Forged(BASE).line_of("beacon")


def _sign(body: Json, signature: str) -> None:
    body["signature"] = signature
    body["randomness"] = hashlib.sha256(bytes.fromhex(signature)).hexdigest()


def _end_with_the_draw(draw: Forged) -> None:
    """Leave out what came after the result."""
    end = draw.line_of("drawn")
    del draw.entries[end:]
    draw.times = {size: times for size, times in draw.times.items() if size <= end}
    for name in [name for name in draw.files if name.startswith(LATER)]:
        del draw.files[name]
