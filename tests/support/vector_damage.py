"""Scenarios in which a list of numbers is damaged or bent, and SHA256SUMS is written anew."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.forging import new_number
from tests.support.vector_edits import (
    WHOLE,
    cut,
    delete,
    field,
    insert,
    length,
    line,
    line_with,
    loser,
    one,
    pool_line,
    put,
    swap,
    winner,
    wish_line,
)
from tests.support.vector_maker import Scenario


def scenarios() -> Iterator[Scenario]:
    """Give them."""
    yield from _pool()
    yield from _forms()
    yield from _sets()


def _pool() -> Iterator[Scenario]:
    file = "pool.csv"
    number = line(file, 6).split(",")[0]
    size = len(WHOLE[file])
    other = "0" if number[-1] != "0" else "1"
    for name, what, edit, at, code in (
        ("unsorted", "Two lines of the pool stand the wrong way round.", swap(file, 5), 6, "not-sorted"),
        ("duplicate", "A number stands in the pool twice.", insert(file, 7, line(file, 6)), 7, "repeated-key"),
        ("carriage-return", "A line ends with CR LF.", put(file, 6, line(file, 6) + "\r"), 6, "carriage-return"),
        ("no-last-lf", "The last line has no LF.", cut(file, size - 1, 1), length(file), "missing-last-lf"),
        ("byte-order-mark", "The file begins with a byte order mark.", cut(file, 0, 0, b"\xef\xbb\xbf"), 1,
         "byte-order-mark"),
        ("quotes", "A field is quoted.", put(file, 6, f'"{number}"' + line(file, 6)[12:]), 6, "quotes"),
        ("check-symbol", "The check symbol is wrong.", field(file, 6, 0, number[:-1] + other), 6, "bad-number"),
        ("lower-case", "A number is in small letters.", field(file, 6, 0, number.lower()), 6, "bad-number"),
        ("letter-o", "A number is spelt with the letter O.", field(file, 6, 0, "O" + number[1:]), 6, "bad-number"),
        ("leading-zero-lost", "A spreadsheet took the first symbol away.", field(file, 6, 0, number[1:]), 6,
         "bad-number"),
        ("hyphens", "A number is written with hyphens.",
         field(file, 6, 0, f"{number[:4]}-{number[4:8]}-{number[8:]}"), 6, "bad-number"),
        ("tickets-zero", "Somebody has no ticket.", field(file, 6, 2, "0"), 6, "bad-integer"),
        ("tickets-leading-zero", "A count has a leading zero.", field(file, 6, 2, "01"), 6, "bad-integer"),
        ("tickets-eleven", "Somebody has eleven tickets.", field(file, 6, 2, "11"), 6, "bad-integer"),
        ("tickets-beyond-rules", "Somebody has more tickets than the rules allow.", field(file, 6, 2, "9"), 6,
         "too-many-tickets"),
        ("seal-upper-case", "A seal is in capital letters.",
         field(file, 6, 3, line(file, 6).split(",")[3].upper()), 6, "bad-hex"),
        ("seal-short", "A seal lacks its last digit.", put(file, 6, line(file, 6)[:-1]), 6, "bad-hex"),
        ("stratum-not-a-slug", "A stratum is no slug.", field(file, 6, 1, "General"), 6, "bad-slug"),
        ("column-too-many", "A line has a field too many.", put(file, 6, line(file, 6) + ",x"), 6,
         "wrong-column-count"),
        ("empty-line", "There is an empty line.", insert(file, 6, ""), 6, "wrong-column-count"),
        ("header", "The header names other columns.", put(file, 1, "number,stratum,tickets,sealed"), 1,
         "bad-header"),
        ("not-utf-8", "A byte is no UTF-8.", cut(file, WHOLE[file].index(b"\n") + 3, 1, b"\xff"), 2, "not-utf-8"),
        ("nul", "A byte is NUL.", cut(file, WHOLE[file].index(b"\n") + 3, 1, b"\0"), 2, "nul"),
    ):  # fmt: skip
        yield one(f"pool-{name}", what, edit, file, at, code)
    yield one(
        "pool-seal-changed",
        "A winner's seal is exchanged for another.",
        field(file, pool_line(winner()), 3, "0" * 40),
        "wishes.csv",
        wish_line(winner()),
        "seal-differs",
    )
    yield one(
        "pool-tickets-changed",
        "Somebody is given a second ticket.",
        field(file, pool_line(loser()), 2, "2"),
        "commitment.json",
        None,
        "tree-differs",
    )


def _forms() -> Iterator[Scenario]:
    yield one(
        "registered-empty-line",
        "registered.csv ends with an empty line.",
        insert("registered.csv", length("registered.csv") + 1, ""),
        "registered.csv",
        length("registered.csv") + 1,
        "bad-number",
    )
    yield one(
        "registered-duplicate",
        "A number registered twice.",
        insert("registered.csv", 4, line("registered.csv", 3)),
        "registered.csv",
        4,
        "repeated-key",
    )
    yield one(
        "excluded-unsorted",
        "Two lines of excluded.csv are exchanged.",
        swap("excluded.csv", 4),
        "excluded.csv",
        5,
        "not-sorted",
    )
    yield one(
        "excluded-reason",
        "A reason is written out.",
        field("excluded.csv", 4, 1, "not registered here"),
        "excluded.csv",
        4,
        "bad-slug",
    )
    yield one(
        "excluded-header-missing",
        "excluded.csv has no header.",
        delete("excluded.csv", 1),
        "excluded.csv",
        1,
        "bad-header",
    )
    yield one(
        "excluded-empty",
        "excluded.csv is empty.",
        cut("excluded.csv", 0, len(WHOLE["excluded.csv"])),
        "excluded.csv",
        1,
        "bad-header",
    )


def _sets() -> Iterator[Scenario]:
    ghost = new_number("ghost").decode()
    numbers = WHOLE["registered.csv"].decode().split("\n")[1:-1]
    place = sorted([*numbers, ghost]).index(ghost) + 2
    yield one(
        "registered-in-neither-list",
        "Somebody who registered is in no list.",
        insert("registered.csv", place, ghost),
        "registered.csv",
        place,
        "sets-differ",
    )
    yield one(
        "pool-number-never-registered",
        "A number of the pool never registered.",
        delete("registered.csv", line_with("registered.csv", loser())),
        "pool.csv",
        pool_line(loser()),
        "sets-differ",
    )
    pool = WHOLE["pool.csv"].decode().split("\n")[1:-1]
    at = sorted([*pool, ghost]).index(ghost) + 2
    yield one(
        "pool-ghost",
        "A ghost is slipped into the pool.",
        insert("pool.csv", at, f"{ghost},general,1,{'0' * 40}"),
        "pool.csv",
        at,
        "sets-differ",
    )
    out = WHOLE["excluded.csv"].decode().split("\n")[1:-1]
    both = f"{loser()},too-young"
    row = sorted([*out, both]).index(both) + 2
    yield one(
        "excluded-and-in-pool",
        "Somebody is both excluded and in the pool.",
        insert("excluded.csv", row, both),
        "excluded.csv",
        row,
        "sets-differ",
    )
    stranger = out[0].split(",")[0]
    yield one(
        "disputed-not-in-pool",
        "A disputed number is not in the pool.",
        {"file": "disputed.csv", "do": "write", "lines": ["number", stranger]},
        "disputed.csv",
        2,
        "sets-differ",
    )
