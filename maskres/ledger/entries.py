"""The ledger's lines: append-only, one JSON object a line, each line's bytes a leaf of the tree.

Source: spec L1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from maskres.errors import InputError
from maskres.formats import strict_json
from maskres.formats.values import format_time, parse_time
from maskres.ledger import members, merkle
from maskres.ledger.bodies import Body
from maskres.ledger.body_shapes import MILESTONES, ROUND_KINDS, Kind, check_body

FILE = "ledger.jsonl"
MOST_LINE_BYTES = 1 << 20
MOST_DRAWS = 99

_KINDS = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger.

    Attributes:
        seq: its place, from 0.
        at: when it was written, aware UTC.
        kind: what it tells.
        round: slug of the round.
        draw: number of the draw, from 1; None where the kind belongs to the round as a whole.
        body: what it says, of its kind's shape (see bodies).
        line: its exact bytes without LF, the leaf.
    """

    seq: int
    at: datetime
    kind: Kind
    round: str
    draw: int | None
    body: Body
    line: bytes

    @property
    def leaf_hash(self) -> bytes:
        """Hash of its leaf, 32 bytes."""
        return merkle.leaf_hash(self.line)


def entry_line(seq: int, at: datetime, kind: Kind, round_: str, draw: int | None, body: Body) -> bytes:
    """Write an entry.

    Args:
        seq: its place, the number of entries before it.
        at: aware; cut to whole seconds.
        kind: what it tells.
        round_: slug of the round.
        draw: number of the draw, 1 to 99; None for the kinds of a whole round, and only for them.
        body: from the kind's builder in bodies.

    Returns:
        The line without LF: members sorted, no spaces, UTF-8.

    Raises:
        InputError: "bad-member" or "bad-key" naming the member.

    Source: spec L1.
    """
    value = {
        "seq": seq,
        "at": format_time(at),
        "kind": str(kind),
        "round": round_,
        "draw": draw,
        "body": body,
    }
    _check(value)
    return strict_json.dumps(value).removesuffix(b"\n")


def read_line(line: bytes, seq: int, *, file: str = FILE) -> Entry:
    """Read one line.

    Args:
        line: without LF.
        seq: the place it must have; its line number is one more.
        file: the name to give in errors.

    Raises:
        InputError: "bad-json", "bad-member", "bad-key", "wrong-seq", "line-too-long", "carriage-return",
            all with file and line.

    Source: spec B8, B9, L1.
    """
    try:
        if len(line) > MOST_LINE_BYTES:
            raise InputError("line-too-long", f"The line is longer than {MOST_LINE_BYTES} bytes.")
        if b"\r" in line:
            raise InputError("carriage-return", "The line holds a carriage return.")
        value = strict_json.loads(line, file=file)
        _check(value)
        if value["seq"] != seq:
            raise InputError("wrong-seq", f"The entry says {value['seq']} where {seq} belongs.", field="seq")
    except InputError as error:
        error.file, error.line = file, seq + 1
        raise
    return Entry(
        seq=seq,
        at=parse_time(value["at"], field="at"),
        kind=Kind(value["kind"]),
        round=value["round"],
        draw=value["draw"],
        body=value["body"],
        line=line,
    )


def is_milestone(entry: Entry) -> bool:
    """Tell whether notary and witness cosign an entry. Source: spec E16."""
    return entry.kind in MILESTONES or "successor_round" in entry.body


def read_ledger(stream: BinaryIO | Iterable[bytes], *, file: str = FILE) -> list[Entry]:
    """Read a whole ledger.

    Args:
        stream: an open binary file, or the file's lines with their LFs.
        file: the name to give in errors.

    Returns:
        Its entries in order, perhaps none.

    Raises:
        InputError: as read_line; "missing-last-lf".

    Source: spec B1, L1.
    """
    return [read_line(line, seq, file=file) for seq, line in enumerate(_lines(stream, file))]


def frontier(entries: Iterable[Entry]) -> merkle.Frontier:
    """Build the growing tree over entries, for the next checkpoint's size and root."""
    return merkle.Frontier(entry.leaf_hash for entry in entries)


def _lines(stream: BinaryIO | Iterable[bytes], file: str) -> Iterator[bytes]:
    lines = iter(stream)
    for position, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            raise InputError(
                "missing-last-lf", "The last line does not end with a line feed.", file=file, line=position
            )
        yield line[:-1]


def _kind(value: Any, path: str) -> None:
    if not isinstance(value, str) or value not in _KINDS:
        raise members.refuse(path, "This kind of entry is not known.")


def _body(value: Any, path: str) -> None:
    if not isinstance(value, dict):
        raise members.refuse(path, "This must be an object.")


_LINE = members.object_of(
    {
        "seq": members.integer(),
        "at": members.moment,
        "kind": _kind,
        "round": members.slug,
        "draw": members.either_null_or(members.integer(lowest=1, highest=MOST_DRAWS)),
        "body": _body,
    }
)


def _check(value: dict[str, Any]) -> None:
    _LINE(value, "")
    kind = Kind(value["kind"])
    if (value["draw"] is None) != (kind in ROUND_KINDS):
        must = "null: the entry is about the round" if kind in ROUND_KINDS else "the number of a draw"
        raise members.refuse("draw", f"This must be {must}.")
    check_body(kind, value["body"])
