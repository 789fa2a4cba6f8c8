"""Scenarios in which slots, outcome or documents are damaged or bent, and SHA256SUMS is written anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.support.forging import new_number
from tests.support.vector_edits import (
    BEACON_ROUND,
    ELDERLY,
    WHOLE,
    cut,
    delete,
    field,
    insert,
    line,
    line_with,
    loser,
    one,
    put,
    swap,
)
from tests.support.vector_maker import Scenario


def scenarios() -> Iterator[Scenario]:
    """Give them."""
    yield from _slots()
    yield from _outcome()
    yield from _documents()


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
    won = line_with("result.csv", "won")
    waits = line_with("result.csv", "waiting")
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
        ("changes-of-a-waiting", "Somebody who waits forfeits a place.", _change(loser(), "forfeited"),
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
         document("audit.json", f'"{first}":true,', f'"{first}":true,"{loser()}":true,'), "audit.json", None,
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
