"""pool.csv and the lists beside it: what is refused, on which line."""

from __future__ import annotations

import pytest

from maskres.errors import InputError
from maskres.lottery.number_lists import read_excluded, read_numbers
from maskres.lottery.pool import read_pool
from tests.reference.lottery_files import number, pool_file, seal

NUMBERS = sorted(number(index) for index in range(4))
HEADER = b"number,stratum,tickets,seal\n"


def line(row: int, stratum: str = "general", tickets: str = "1", seal_: str = seal(0)) -> bytes:
    return f"{NUMBERS[row]},{stratum},{tickets},{seal_}\n".encode()


GOOD = HEADER + line(0) + line(1) + line(2, "elderly", "10") + line(3)


def test_pool_is_read() -> None:
    pool = read_pool(GOOD, keep_seals=True)
    assert len(pool) == 4
    assert pool.numbers.tolist() == [text.encode() for text in NUMBERS]
    assert [pool.stratum_names[code] for code in pool.strata] == ["general", "general", "elderly", "general"]
    assert pool.tickets.tolist() == [1, 1, 10, 1]
    assert pool.seals is not None
    assert pool.seals[2].tobytes().hex() == seal(0)
    assert pool.count_by_stratum() == {"elderly": 1, "general": 3}
    assert read_pool(GOOD).seals is None


def test_empty_pool_is_valid() -> None:
    pool = read_pool(HEADER, keep_seals=True)
    assert (len(pool), pool.count_by_stratum()) == (0, {})
    assert pool.seals is not None
    assert pool.seals.shape == (0, 20)


@pytest.mark.parametrize(
    ("data", "code", "line_number", "field"),
    [
        (GOOD.replace(b"tickets", b"ticket"), "bad-header", 1, None),
        (b"\xef\xbb\xbf" + GOOD, "byte-order-mark", 1, None),
        (GOOD.replace(b"\n", b"\r\n"), "carriage-return", 1, None),
        (GOOD[:-1], "missing-last-lf", 5, None),
        (HEADER + line(0) + line(0), "repeated-key", 3, "number"),
        (HEADER + line(0) + line(2) + line(1), "not-sorted", 4, "number"),
        (HEADER + line(0, tickets="0"), "bad-integer", 2, "tickets"),
        (HEADER + line(0, tickets="11"), "bad-integer", 2, "tickets"),
        (HEADER + line(0, tickets="01"), "bad-integer", 2, "tickets"),
        (HEADER + line(0, tickets="+1"), "bad-integer", 2, "tickets"),
        (HEADER + line(0, tickets="１"), "bad-integer", 2, "tickets"),
        (HEADER + line(0, tickets="1" * 13), "bad-integer", 2, "tickets"),
        (HEADER + line(0, tickets="257"), "bad-integer", 2, "tickets"),
        (HEADER + line(0, stratum="General"), "bad-slug", 2, "stratum"),
        (HEADER + line(0, stratum=""), "bad-slug", 2, "stratum"),
        (HEADER + line(0, seal_=seal(0)[:-1]), "bad-hex", 2, "seal"),
        (HEADER + line(0, seal_=seal(0) + "0"), "bad-hex", 2, "seal"),
        (HEADER + line(0, seal_="A" * 40), "bad-hex", 2, "seal"),
        (HEADER + line(0).lower(), "bad-number", 2, "number"),
        (HEADER + line(0).replace(b"general", b'"general"'), "quotes", 2, None),
    ],
)
def test_pool_is_refused(data: bytes, code: str, line_number: int, field: str | None) -> None:
    with pytest.raises(InputError) as caught:
        read_pool(data, "pool.csv")
    error = caught.value
    assert (error.code, error.file, error.line, error.field) == (code, "pool.csv", line_number, field)


def test_the_first_of_several_faults_is_named() -> None:
    """The repeated number on line 3 stands before the bad seal on line 5, though it is found later."""
    data = HEADER + line(0) + line(0) + line(1) + line(2, seal_="x")
    with pytest.raises(InputError) as caught:
        read_pool(data)
    assert (caught.value.code, caught.value.line) == ("repeated-key", 3)


def test_wrong_check_symbol() -> None:
    bad = NUMBERS[1][:-1] + ("0" if NUMBERS[1][-1] != "0" else "1")
    with pytest.raises(InputError) as caught:
        read_pool(HEADER + line(0) + line(1).replace(NUMBERS[1].encode(), bad.encode()))
    assert (caught.value.code, caught.value.line) == ("bad-number", 3)


def test_number_lists() -> None:
    data = "".join(f"{text}\n" for text in ["number", *NUMBERS]).encode()
    assert read_numbers(data).tolist() == [text.encode() for text in NUMBERS]
    assert read_numbers(b"number\n").tolist() == []
    with pytest.raises(InputError) as caught:
        read_numbers(
            b"number\n" + NUMBERS[1].encode() + b"\n" + NUMBERS[0].encode() + b"\n", "registered.csv"
        )
    assert (caught.value.code, caught.value.line) == ("not-sorted", 3)


def test_excluded() -> None:
    data = f"number,reason\n{NUMBERS[0]},too-young\n{NUMBERS[1]},withdrawn\n{NUMBERS[2]},too-young\n".encode()
    excluded = read_excluded(data)
    assert [excluded.reason_names[code] for code in excluded.reasons] == [
        "too-young",
        "withdrawn",
        "too-young",
    ]
    assert excluded.numbers.tolist() == [text.encode() for text in NUMBERS[:3]]
    with pytest.raises(InputError) as caught:
        read_excluded(data.replace(b"too-young", b"Too young", 1), "excluded.csv")
    assert (caught.value.code, caught.value.line, caught.value.field) == ("bad-slug", 2, "reason")


def test_the_reference_writes_files_the_engine_reads() -> None:
    pool = read_pool(pool_file([(text, "general", 3) for text in NUMBERS]))
    assert pool.tickets.tolist() == [3] * 4
