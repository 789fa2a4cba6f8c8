"""Scenarios in which one published file is damaged or bent, and SHA256SUMS is written anew."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from tests.support.draw_vectors import Files, read_base
from tests.support.forging import new_number
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


def scenarios() -> Iterator[Scenario]:
    yield from _pool()
    yield from _forms()
    yield from _sets()
    yield from _slots()
    yield from _outcome()
    yield from _documents()


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
        field(file, _pool_line(_winner()), 3, "0" * 40),
        "wishes.csv",
        _wish_line(_winner()),
        "seal-differs",
    )
    yield one(
        "pool-tickets-changed",
        "Somebody is given a second ticket.",
        field(file, _pool_line(_loser()), 2, "2"),
        "commitment.json",
        None,
        "tree-differs",
    )


def _winner() -> str:
    return line("allocation.csv", 2).split(",")[1]


def _loser() -> str:
    lines = WHOLE["result.csv"].decode().split("\n")
    waiting = {each.split(",")[1] for each in lines if each.endswith(",waiting")}
    return next(
        each.split(",")[0]
        for each in WHOLE["pool.csv"].decode().split("\n")
        if each.split(",")[0] in waiting and each.split(",")[2] == "1"
    )


def _line_with(file: str, text: str) -> int:
    return next(
        number for number, each in enumerate(WHOLE[file].decode().split("\n"), 1) if text in each.split(",")
    )


def _pool_line(number: str) -> int:
    return _line_with("pool.csv", number)


def _wish_line(number: str) -> int:
    return _line_with("wishes.csv", number)


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
        delete("registered.csv", _line_with("registered.csv", _loser())),
        "pool.csv",
        _pool_line(_loser()),
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
    both = f"{_loser()},too-young"
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


def _slots() -> Iterator[Scenario]:
    file = "slots.csv"
    fields = line(file, 3).split(",")
    for name, what, edit, at, code in (
        ("ends-before-it-starts", "A slot ends before it starts.", field(file, 3, 4, fields[3]), 3, "bad-slot"),
        ("no-such-day", "A slot is on the thirtieth of February.", field(file, 3, 4, "2020-02-30T01:00:00Z"), 3,
         "bad-time"),
        ("zone", "A time has another zone than UTC.", field(file, 3, 4, "2020-02-26T09:00:00+08:00"), 3, "bad-time"),
        ("capacity-zero", "A slot takes nobody.", field(file, 3, 5, "0"), 3, "bad-integer"),
        ("capacity-thirteen-digits", "A capacity has thirteen digits.", field(file, 3, 5, "1000000000000"), 3,
         "bad-integer"),
        ("unsorted", "Two slots are exchanged.", swap(file, 3), 4, "not-sorted"),
        ("repeated", "A slot stands twice.", insert(file, 4, line(file, 3)), 4, "repeated-key"),
        ("store-moved", "A store stands in two districts.", field(file, 3, 0, "tongan"), 3, "bad-district"),
        ("already-begun", "A slot had begun when the draw was committed.",
         field(file, 2, 3, "2020-02-24T15:00:00Z"), 2, "slot-past"),
    ):  # fmt: skip
        yield one(f"slots-{name}", what, edit, file, at, code)


def _outcome() -> Iterator[Scenario]:
    wishes, number = line("wishes.csv", 3).split(","), line("wishes.csv", 3).split(",")[0]
    won = _line_with("result.csv", "won")
    waits = _line_with("result.csv", "waiting")
    last = len(WHOLE["result.csv"].split(b"\n")) - 1
    for name, what, edit, file, at, code in (
        ("result-swapped", "Two lines of the result are exchanged.", swap("result.csv", 4), "result.csv", 4,
         "result-differs"),
        ("result-loser-made-winner", "Somebody who waits is written down as a winner.",
         field("result.csv", waits, 4, "won"), "result.csv", waits, "result-differs"),
        ("result-winner-made-loser", "A winner is written down as waiting.",
         field("result.csv", won, 4, "waiting"), "result.csv", won, "result-differs"),
        ("result-other-number", "A winner's line bears another number.",
         field("result.csv", won, 1, new_number("friend").decode()), "result.csv", won, "result-differs"),
        ("result-ticket-changed", "A ticket is another.", field("result.csv", 5, 3, "0" * 16), "result.csv", 5,
         "result-differs"),
        ("result-ticket-whole", "A ticket is written with all its digits.", field("result.csv", 5, 3, "0" * 64),
         "result.csv", 5, "bad-hex"),
        ("result-line-lost", "The last line is missing.", delete("result.csv", last), "result.csv", last,
         "result-differs"),
        ("result-line-added", "There is a line too many.",
         insert("result.csv", last + 1, f"{last},{new_number('late').decode()},general,{'f' * 16},waiting"),
         "result.csv", last + 1, "result-differs"),
        ("result-cut-off", "The last line has no LF.", cut("result.csv", len(WHOLE["result.csv"]) - 1, 1),
         "result.csv", last, "missing-last-lf"),
        ("wishes-relabelled-winner", "A winner's number is given to another person.",
         field("wishes.csv", 3, 1, "0" * 64), "wishes.csv", 3, "seal-differs"),
        ("wishes-changed", "A winner's wishes are others than they sealed.",
         field("wishes.csv", 3, 5, "huli-001" if wishes[5] != "huli-001" else "jimei-001"), "wishes.csv", 3,
         "seal-differs"),
        ("wishes-missing", "A winner's wishes are missing.", delete("wishes.csv", 3), "wishes.csv", None,
         "wish-missing"),
        ("wishes-of-a-loser", "Somebody's wishes are opened who did not win.",
         field("wishes.csv", 3, 0, number[:0] + _neighbour(3)), "wishes.csv", 3, "unknown-number"),
        ("wishes-store-twice", "A store is chosen twice.", field("wishes.csv", 3, 5, "huli-001|huli-001"),
         "wishes.csv", 3, "bad-choices"),
        ("wishes-reach", "A reach is none of the three.", field("wishes.csv", 3, 4, "anywhere"), "wishes.csv", 3,
         "bad-value"),
        ("allocation-swapped", "Two winners change places.", swap("allocation.csv", 3), "allocation.csv", 3,
         "allocation-differs"),
        ("allocation-other-slot", "A winner is given another slot.", field("allocation.csv", 3, 3, "0225-0905"),
         "allocation.csv", 3, "allocation-differs"),
        ("allocation-choice", "A first choice is called one by district.", field("allocation.csv", 2, 4, "20"),
         "allocation.csv", 2, "allocation-differs"),
        ("changes-of-a-waiting", "Somebody who waits forfeits a place.", _change(_loser(), "forfeited"),
         "changes-1.csv", None, "bad-cause"),
        ("changes-of-nobody", "A number changes that is in no pool.",
         _change(new_number("nobody").decode(), "cancelled"), "changes-1.csv", None, "unknown-number"),
        ("changes-cause", "A cause is not known.", field("changes-1.csv", 2, 1, "died"), "changes-1.csv", 2,
         "bad-value"),
        ("changes-one-lost", "A place that came free is kept quiet.", delete("changes-1.csv", 2), "wishes-1.csv",
         None, "unknown-number"),
        ("room-too-soon", "A batch offers a slot within the lead hours.",
         field("room-1.csv", 2, 3, "2020-02-25T15:00:00Z"), "room-1.csv", 2, "slot-too-soon"),
        ("promotion-swapped", "Two of the promoted change places.", swap("promotion-1.csv", 2), "promotion-1.csv",
         2, "promotion-differs"),
        ("promotion-other-store", "One of the promoted goes to another store.",
         field("promotion-1.csv", 2, 3, "0301-1200"), "promotion-1.csv", 2, "promotion-differs"),
    ):  # fmt: skip
        yield one(name, what, edit, file, at, code)


def _change(number: str, cause: str) -> dict[str, Any]:
    lines = WHOLE["changes-1.csv"].decode().split("\n")[1:-1]
    together = sorted([*lines, f"{number},{cause}"])
    return {"file": "changes-1.csv", "do": "write", "lines": ["number,cause", *together]}


def _neighbour(row: int) -> str:
    """Give a number of the pool that did not win and stands between the neighbours of a line of wishes."""
    before, after = line("wishes.csv", row - 1)[:12], line("wishes.csv", row + 1)[:12]
    before = "" if row == 2 else before
    won = {each[:12] for each in WHOLE["wishes.csv"].decode().split("\n")}
    pool = [each[:12] for each in WHOLE["pool.csv"].decode().split("\n")[1:-1]]
    return next(number for number in pool if before < number < after and number not in won)


def _documents() -> Iterator[Scenario]:
    def document(file: str, old: str, new: str) -> dict[str, Any]:
        text = WHOLE[file].decode()
        assert text.count(old) == 1, (file, old)
        return put(file, 1, text.replace(old, new).rstrip("\n"))

    audit = WHOLE["audit.json"].decode()
    first = audit.split('"sound":{"')[1][:12]
    randomness = line("beacon.json", 1).split('"randomness":"')[1][:64]
    for name, what, edit, file, at, code in (
        ("audit-number-lost", "A number of the sample is missing.", document("audit.json", f'"{first}":true,', ""),
         "audit.json", None, "not-the-sample"),
        ("audit-number-added", "A number is audited that is not of the sample.",
         document("audit.json", f'"{first}":true,', f'"{first}":true,"{_loser()}":true,'), "audit.json", None,
         "not-the-sample"),
        ("audit-not-a-truth", "A finding is neither true nor false.",
         document("audit.json", f'"{first}":true', f'"{first}":1'), "audit.json", None, "bad-member"),
        ("seed-other-rolls", "A roll of the dice in seed.txt is another.",
         put("seed.txt", 3, line("seed.txt", 3)[:-1] + str((int(line("seed.txt", 3)[-1]) + 1) % 10)), "seed.txt", 3,
         "seed-differs"),
        ("seed-other-commitment", "seed.txt names another commitment.",
         put("seed.txt", 2, "commitment " + "0" * 64), "seed.txt", 2, "seed-differs"),
        ("seed-sources-swapped", "The sources stand in another order.", swap("seed.txt", 3), "seed.txt", 3,
         "seed-differs"),
        ("seed-carriage-return", "seed.txt has CR LF.", put("seed.txt", 1, "maskres-draw-1\r"), "seed.txt", 1,
         "seed-differs"),
        ("beacon-other-randomness", "beacon.json has another randomness than the ledger.",
         document("beacon.json", randomness, "0" * 64), "beacon.json", None, "beacon-differs"),
        ("beacon-duplicate-member", "beacon.json has a member twice.",
         document("beacon.json", '"randomness"', f'"randomness":"{"0" * 64}","randomness"'), "beacon.json", None,
         "bad-json"),
        ("beacon-nan", "beacon.json holds NaN.", document("beacon.json", BEACON_ROUND, '"round":NaN'),
         "beacon.json", None, "bad-json"),
        ("beacon-fraction", "A round is written as a fraction.",
         document("beacon.json", BEACON_ROUND, f"{BEACON_ROUND}.0"), "beacon.json", None, "bad-json"),
        ("commitment-unknown-member", "commitment.json has a member of no meaning.",
         document("commitment.json", '"zone"', '"note":"x","zone"'), "commitment.json", None, "bad-member"),
        ("commitment-duplicate-member", "A quota stands twice.",
         document("commitment.json", ELDERLY, f'{ELDERLY},"elderly":9'), "commitment.json", None, "bad-json"),
        ("commitment-thirteen-digits", "A quota has thirteen digits.",
         document("commitment.json", ELDERLY, '"elderly":1000000000000'), "commitment.json", None, "*"),
        ("commitment-carriage-return", "commitment.json ends with CR LF.",
         put("commitment.json", 1, line("commitment.json", 1) + "\r"), "commitment.json", 1, "bad-json"),
        ("commitment-quota-changed", "A quota is raised after the commitment.",
         document("commitment.json", ELDERLY, '"elderly":9'), "commitment.json", None, "digest-differs"),
        ("rules-changed", "The rules are changed after the round opened.",
         document("rules.json", '"audit_size":300', '"audit_size":3'), "rules.json", None, "digest-differs"),
        ("rules-unknown-member", "The rules have a member of no meaning.",
         document("rules.json", '"audit_size"', '"audited":1,"audit_size"'), "rules.json", None, "bad-rule"),
    ):  # fmt: skip
        yield one(name, what, edit, file, at, code)
