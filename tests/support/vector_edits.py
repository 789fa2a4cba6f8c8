"""Edits of one file of the whole bundle, for the scenarios of damage."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.support.draw_vectors import Files, read_base
from tests.support.vector_maker import Scenario

WHOLE: Files = read_base("whole")
BEACON_ROUND = f'"round":{json.loads(WHOLE["beacon.json"])["round"]}'
ELDERLY = f'"elderly":{json.loads(WHOLE["commitment.json"])["quotas"]["elderly"]}'


def line(file: str, number: int) -> str:
    """Give a line of the base."""
    return WHOLE[file].decode().split("\n")[number - 1]


def length(file: str) -> int:
    """Give the number of lines of a file of the base."""
    return WHOLE[file].count(b"\n")


def put(file: str, number: int, text: str) -> dict[str, Any]:
    return {"file": file, "do": "line", "line": number, "text": text}


def insert(file: str, number: int, text: str) -> dict[str, Any]:
    return {"file": file, "do": "insert", "line": number, "text": text}


def delete(file: str, number: int) -> dict[str, Any]:
    return {"file": file, "do": "delete", "line": number}


def swap(file: str, number: int) -> dict[str, Any]:
    return {"file": file, "do": "swap", "line": number}


def cut(file: str, start: int, length: int, data: bytes = b"") -> dict[str, Any]:
    """Replace bytes."""
    encoded = base64.b64encode(data).decode()
    return {"file": file, "do": "bytes", "start": start, "length": length, "base64": encoded}


def field(file: str, number: int, place: int, text: str) -> dict[str, Any]:
    """Replace one field of a line."""
    fields = line(file, number).split(",")
    fields[place] = text
    return put(file, number, ",".join(fields))


def one(name: str, what: str, edit: dict[str, Any], file: str, number: int | None, code: str) -> Scenario:
    return Scenario(name, what, [edit], ((file, number, code),))


def winner() -> str:
    return line("allocation.csv", 2).split(",")[1]


def loser() -> str:
    lines = WHOLE["result.csv"].decode().split("\n")
    waiting = {each.split(",")[1] for each in lines if each.endswith(",waiting")}
    return next(
        each.split(",")[0]
        for each in WHOLE["pool.csv"].decode().split("\n")
        if each.split(",")[0] in waiting and each.split(",")[2] == "1"
    )


def line_with(file: str, text: str) -> int:
    return next(
        number for number, each in enumerate(WHOLE[file].decode().split("\n"), 1) if text in each.split(",")
    )


def pool_line(number: str) -> int:
    return line_with("pool.csv", number)


def wish_line(number: str) -> int:
    return line_with("wishes.csv", number)
