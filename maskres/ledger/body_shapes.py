"""The kinds of ledger entries and the shape of each one's body, for builders and readers alike.

Source: spec L2 to L4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from maskres.ledger import members
from maskres.ledger.keyring import check_keys
from maskres.lottery.sources import MAX_ROLLS

# Eleven digits, perhaps grouped: a phone number or longer. A date with its hour has ten.
_LONG_NUMBER = re.compile(r"(?:\d[ -]?){11,}")


class Kind(StrEnum):
    """The kinds of entries. Source: spec L4."""

    ROUND_OPENED = "round-opened"
    DRAW_CLOSED = "draw-closed"
    DRAW_DECIDED = "draw-decided"
    DRAW_COMMITTED = "draw-committed"
    DRAW_VOIDED = "draw-voided"
    DICE = "dice"
    BEACON = "beacon"
    DRAWN = "drawn"
    ALLOCATED = "allocated"
    BATCH = "batch"
    AUDITED = "audited"
    DRAW_FINISHED = "draw-finished"
    ROUND_FINISHED = "round-finished"
    ERASED = "erased"


MILESTONES = frozenset(
    {
        Kind.ROUND_OPENED,
        Kind.DRAW_CLOSED,
        Kind.DRAW_COMMITTED,
        Kind.DRAW_VOIDED,
        Kind.DICE,
        Kind.DRAWN,
        Kind.ALLOCATED,
        Kind.BATCH,
        Kind.AUDITED,
    }
)
"""The kinds that notary and witness cosign, besides a `beacon` that names a successor. Source: spec E16."""

ROUND_KINDS = frozenset({Kind.ROUND_OPENED, Kind.ROUND_FINISHED, Kind.ERASED})
"""The kinds that belong to a round as a whole: their `draw` is null."""


def check_body(kind: Kind, body: Any, path: str = "body") -> None:
    """Refuse a body that is not of its kind's shape.

    Raises:
        InputError: "bad-member" naming the member, or "bad-key" where a note key is misspelt.
    """
    _SHAPES[kind](body, path)


_FILE = members.object_of({"sha256": members.sha256, "entries": members.integer()})
_COUNTS = members.map_of(members.integer())
_REGISTER = members.object_of(
    {
        "kind": members.slug,
        "version": members.integer(lowest=1),
        "sha256": members.sha256,
        "rows": members.integer(),
    }
)


def check_file(value: Any, path: str) -> None:
    """Refuse what is not a file's `sha256` and `entries` (spec L3)."""
    _FILE(value, path)


def check_registers(value: Any, path: str) -> None:
    """Refuse what is not a list of pinned registers, no kind twice."""
    members.list_of(_REGISTER, highest=50)(value, path)
    if len({register["kind"] for register in value}) < len(value):
        raise members.refuse(path, "A register is pinned twice.")


def _decided(value: Any, path: str) -> None:
    shape = {
        "pool": members.integer(),
        "strata": _COUNTS,
        "excluded": members.integer(),
        "reasons": _COUNTS,
        "registers": check_registers,
    }
    members.object_of(shape)(value, path)
    for total, parts in (("pool", "strata"), ("excluded", "reasons")):
        if value[total] != sum(value[parts].values()):
            raise members.refuse(f"{path}.{total}", f"This must be the sum of {parts}.")


def _reason(value: Any, path: str) -> None:
    members.text(r"[^\x00-\x1f\x7f\u2028\u2029]{1,300}", "one line of 1 to 300 characters")(value, path)
    if _LONG_NUMBER.search(value):
        raise members.refuse(path, "A public reason holds no long number: it could be someone's.")


def _beacon(value: Any, path: str) -> None:
    a_round = members.integer(lowest=1)
    if isinstance(value, dict) and "successor_round" in value:
        members.object_of({"source": members.slug, "successor_round": a_round})(value, path)
        return
    signature = members.text(r"[0-9a-f]{96}|[0-9a-f]{192}", "48 or 96 bytes in lower-case hex")
    shape: dict[str, members.Check] = {
        "source": members.slug,
        "round": a_round,
        "signature": signature,
        "randomness": members.sha256,
    }
    members.object_of(shape)(value, path)


def _audited(value: Any, path: str) -> None:
    count = members.integer()
    members.object_of({"audit_sha256": members.sha256, "sample": count, "unsound": count})(value, path)
    if value["unsound"] > value["sample"]:
        raise members.refuse(f"{path}.unsound", "No more can be unsound than were opened.")


_ROLLS = members.text(rf"missing|[0-9]{{39,{MAX_ROLLS}}}", 'one digit a roll, or "missing"')
_SHAPES: Mapping[Kind, members.Check] = {
    Kind.ROUND_OPENED: members.object_of(
        {
            "rules_sha256": members.sha256,
            "number_key_sha256": members.sha256,
            "seal_key_sha256": members.sha256,
            "keys": check_keys,
        }
    ),
    Kind.DRAW_CLOSED: members.object_of({"registered": check_file}),
    Kind.DRAW_DECIDED: _decided,
    Kind.DRAW_COMMITTED: members.object_of({"commitment_sha256": members.sha256}),
    Kind.DRAW_VOIDED: members.object_of(
        {"commitment_sha256": members.either_null_or(members.sha256), "reason": _reason}
    ),
    Kind.DICE: members.object_of({"source": members.slug, "rolls": _ROLLS}),
    Kind.BEACON: _beacon,
    Kind.DRAWN: members.object_of(
        {
            "seed": members.sha256,
            "result": check_file,
            "cutoffs": members.map_of(members.either_null_or(members.sha256)),
        }
    ),
    Kind.ALLOCATED: members.object_of({"allocation": check_file, "wishes": check_file}),
    Kind.BATCH: members.object_of(
        {
            "batch": members.integer(lowest=1),
            "files": members.object_of(
                {"changes": check_file, "room": check_file, "wishes": check_file, "promotion": check_file}
            ),
            "released": _COUNTS,
        }
    ),
    Kind.AUDITED: _audited,
    Kind.DRAW_FINISHED: members.object_of({}),
    Kind.ROUND_FINISHED: members.object_of({}),
    Kind.ERASED: members.object_of({"number_key_sha256": members.sha256, "seal_key_sha256": members.sha256}),
}
