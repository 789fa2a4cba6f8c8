"""seed.txt: written one way, read strictly."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from maskres.errors import CheckFailed, InputError
from maskres.lottery.seed import SeedFile, check_seed_file, read_seed_file, seed_file, seed_of
from maskres.lottery.sources import DeclaredSource, Dice, Drand, Network

COMMITMENT = "c0" * 32
DICE = Dice("notary", 6, 50, datetime(2020, 2, 12, tzinfo=UTC))
DRAND = Drand("drand", Network("52" * 32, "83" * 96, 1692803367, 3, 1000))
SOURCES: list[DeclaredSource] = [DICE, DRAND]
ROLLS = "12345" * 10
RANDOMNESS = "ab" * 32
DATA = f"maskres-draw-1\ncommitment {COMMITMENT}\nnotary {ROLLS}\ndrand {RANDOMNESS}\n".encode()


def test_written_byte_by_byte() -> None:
    assert seed_file(COMMITMENT, SOURCES, {"drand": RANDOMNESS, "notary": ROLLS}) == DATA
    assert seed_of(DATA) == hashlib.sha256(DATA).hexdigest()


def test_read_back() -> None:
    assert read_seed_file(DATA) == SeedFile(COMMITMENT, (("notary", ROLLS), ("drand", RANDOMNESS)))
    assert check_seed_file(DATA, COMMITMENT, SOURCES) == read_seed_file(DATA)


def test_missing_dice() -> None:
    data = seed_file(COMMITMENT, SOURCES, {"drand": RANDOMNESS, "notary": "missing"})
    assert data == DATA.replace(ROLLS.encode(), b"missing")
    assert check_seed_file(data, COMMITMENT, SOURCES)
    with pytest.raises(InputError, match="waits for the dice"):
        seed_file(COMMITMENT, [DICE], {"notary": "missing"})


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"notary": ROLLS}, "drand"),
        ({"notary": ROLLS, "drand": RANDOMNESS, "other": "1"}, "other"),
        ({"notary": ROLLS + "1", "drand": RANDOMNESS}, "notary"),
        ({"notary": ROLLS, "drand": RANDOMNESS.upper()}, "drand"),
    ],
)
def test_values_must_be_those_of_the_declared_sources(values: dict[str, str], name: str) -> None:
    with pytest.raises(InputError) as caught:
        seed_file(COMMITMENT, SOURCES, values)
    assert (caught.value.code, caught.value.field) == ("bad-value", name)


def test_the_commitment_is_a_digest() -> None:
    with pytest.raises(InputError, match="64 lower-case hex digits"):
        seed_file(COMMITMENT.upper(), SOURCES, {"drand": RANDOMNESS, "notary": ROLLS})


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"\n", 1),
        (b"\xef\xbb\xbf" + DATA, 1),
        (DATA.replace(b"-1\n", b"-2\n"), 1),
        (b"maskres-draw-1\n", 2),
        (DATA.replace(b"commitment ", b"commitment  "), 2),
        (DATA.replace(b"commitment ", b"Commitment "), 2),
        (DATA.replace(b"c0c0", b"C0c0"), 2),
        (b"".join(DATA.splitlines(True)[:2]), 3),
        (DATA.replace(b"notary ", b"notary"), 3),
        (DATA.replace(b"notary ", b"Notary "), 3),
        (DATA.replace(b"\ndrand", b"\r\ndrand"), 3),
        (DATA.replace(b"drand ", b"notary "), 4),
        (DATA.replace(b"\ndrand", b"\n\ndrand"), 4),
        (DATA.replace(b"drand ", b"drand  "), 4),
        (DATA[:-1] + b" \n", 4),
        (DATA[:-1], 4),
        (DATA + b"\n", 5),
        (DATA.replace(b"\nnotary", b"\nnot\xc3\xa4ry"), 3),
    ],
)
def test_anything_else_is_refused_on_its_line(data: bytes, line: int) -> None:
    with pytest.raises(InputError) as caught:
        read_seed_file(data)
    assert (caught.value.code, caught.value.file, caught.value.line) == ("bad-seed-file", "seed.txt", line)


def test_a_far_too_long_file_is_not_read() -> None:
    with pytest.raises(InputError, match="far too long"):
        read_seed_file(b"a" * (2 << 20))


def test_a_seed_of_something_else_does_not_pass() -> None:
    with pytest.raises(CheckFailed, match="another commitment"):
        check_seed_file(DATA, "00" * 32, SOURCES)
    first, second, *rest = DATA.splitlines(True)
    with pytest.raises(CheckFailed, match="declared order"):
        check_seed_file(first + second + rest[1] + rest[0], COMMITMENT, SOURCES)
    with pytest.raises(InputError):
        check_seed_file(first + second + rest[0], COMMITMENT, SOURCES)
