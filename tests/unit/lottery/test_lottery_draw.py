"""The draw on small pools, its file, and its refusals."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from maskres.errors import InputError
from maskres.lottery.audit import audit_sample
from maskres.lottery.draw import count_expected_winners, draw
from maskres.lottery.pool import Pool, read_pool
from maskres.lottery.results import Result, read_result, write_result, write_result_by_number
from maskres.lottery.tickets import BLOCK_ROWS, hash_numbers, order_by_hash
from tests.reference import plain_draw
from tests.reference.lottery_files import SEED, number, pool_file

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "draw_small.json").read_text("utf-8"))
NUMBERS = [number(index) for index in range(30)]


def written(result: Result) -> bytes:
    stream = io.BytesIO()
    write_result(result, stream)
    return stream.getvalue()


def pool_of(entries: list[tuple[str, str, int]]) -> Pool:
    return read_pool(pool_file(entries))


def test_a_published_example() -> None:
    pool = read_pool("".join(f"{line}\n" for line in VECTOR["pool.csv"]).encode())
    result = draw(pool, VECTOR["quotas"], VECTOR["seed"])
    assert written(result).decode().splitlines() == VECTOR["result.csv"]
    assert result.cutoffs == VECTOR["cutoffs"]
    assert hashlib.sha256(written(result)).hexdigest() == VECTOR["result_sha256"]
    assert audit_sample(result, VECTOR["seed"], 3) == VECTOR["audit"]


def test_by_number_the_same_lines_stand_sorted_by_it() -> None:
    result = draw(pool_of([(each, "a", 1) for each in sorted(NUMBERS)]), {"a": 7}, SEED)
    stream = io.BytesIO()
    write_result_by_number(result, stream)
    header, *lines = stream.getvalue().splitlines()
    assert [header, *sorted(lines, key=lambda line: int(line.split(b",")[0]))] == written(result).splitlines()
    assert [line.split(b",")[1].decode() for line in lines] == sorted(NUMBERS)


def test_hashes_are_those_of_sha256() -> None:
    digests = hash_numbers(SEED, np.array(NUMBERS, dtype="S12"), "10")
    expected = [hashlib.sha256(f"{SEED}/{text}/10".encode()).digest() for text in NUMBERS]
    assert [row.tobytes() for row in digests] == expected


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs coreutils")
def test_a_shell_draws_the_same() -> None:
    """The order of a pool, by printf, sha256sum and sort: the check anyone can do."""
    script = r"""
    while read -r number; do
        printf '%s %s\n' "$(printf %s "$SEED/$number/1" | sha256sum | cut -c1-64)" "$number"
    done | LC_ALL=C sort
    """
    output = subprocess.run(
        ["sh", "-c", script],
        input="".join(f"{text}\n" for text in NUMBERS),
        env={"SEED": SEED, "PATH": "/usr/bin:/bin"},
        text=True,
        capture_output=True,
        check=True,
    ).stdout
    drawn = draw(pool_of([(text, "general", 1) for text in NUMBERS]), {"general": 5}, SEED)
    values = [line.split()[0] for line in output.splitlines()]
    assert [line.split()[1] for line in output.splitlines()] == drawn.numbers.astype(str).tolist()
    assert [value[:16] for value in values] == [
        line.split(",")[3] for line in written(drawn).decode().splitlines()[1:]
    ]
    assert drawn.cutoffs == {"general": values[4]}


def test_what_a_stratum_cannot_fill_is_not_passed_on() -> None:
    pool = pool_of([(text, "general" if index else "elderly", 1) for index, text in enumerate(NUMBERS)])
    result = draw(pool, {"elderly": 10, "general": 3}, SEED)
    assert result.count_winners() == {"elderly": 1, "general": 3}
    assert count_expected_winners(pool, {"elderly": 10, "general": 3}) == 4


def test_a_stratum_without_winners_has_no_cutoff() -> None:
    result = draw(
        pool_of([(NUMBERS[0], "general", 1), (NUMBERS[1], "elderly", 1)]), {"general": 0, "elderly": 1}, SEED
    )
    assert result.cutoffs is not None
    assert set(result.cutoffs) == {"elderly"}
    assert result.count_winners() == {"elderly": 1, "general": 0}


def test_empty_pool() -> None:
    result = draw(pool_of([]), {}, SEED)
    assert written(result) == b"rank,number,stratum,ticket,outcome\n"
    assert result.cutoffs == {}


def test_more_than_one_block() -> None:
    """Ranks gain digits and blocks end within strata: the file is the same as the plain one."""
    count = BLOCK_ROWS + 100
    # Any distinct twelve bytes will do here: the draw hashes what it is given.
    bodies = np.array([f"{index:012}" for index in range(count)], dtype="S12")
    strata = (np.arange(count) % 3).astype(np.int32)
    names = ("b", "a-long-stratum", "c")
    tickets = np.where(np.arange(count) % 1000 == 0, 3, 1).astype(np.uint8)
    result = draw(Pool(bodies, strata, names, tickets), {"a-long-stratum": 5000, "b": 7, "c": 40000}, SEED)
    entries = [
        (text, names[code], int(n))
        for text, code, n in zip(bodies.astype(str).tolist(), strata.tolist(), tickets.tolist(), strict=True)
    ]
    lines, cutoffs = plain_draw.draw(entries, {"a-long-stratum": 5000, "b": 7, "c": 40000}, SEED)
    assert written(result) == plain_draw.result_file(lines)
    assert result.cutoffs == cutoffs


@pytest.mark.parametrize(
    ("quotas", "said"),
    [
        ({"general": 1}, "elderly"),
        ({"general": 1, "elderly": 1, "other": 0}, "other"),
        ({"general": -1, "elderly": 1}, "general"),
        ({"general": True, "elderly": 1}, "general"),
        ({"general": 10**12, "elderly": 1}, "general"),
        ({}, "elderly"),
    ],
)
def test_quotas_must_be_those_of_the_pool(quotas: dict[str, int], said: str) -> None:
    pool = pool_of([(NUMBERS[0], "general", 1), (NUMBERS[1], "elderly", 1)])
    with pytest.raises(InputError, match=said) as caught:
        draw(pool, quotas, SEED)
    assert caught.value.code == "bad-quota"


@pytest.mark.parametrize("seed", ["", SEED.upper(), SEED[:-1], SEED + "0", "g" * 64])
def test_a_seed_is_64_lower_case_hex_digits(seed: str) -> None:
    with pytest.raises(InputError) as caught:
        draw(pool_of([(NUMBERS[0], "general", 1)]), {"general": 1}, seed)
    assert caught.value.code == "bad-seed"


def tying(seed: str, numbers: NDArray[np.bytes_], purpose: str) -> NDArray[np.uint8]:
    """Digests whose first 8, or all 32, bytes are often the same."""
    digests = np.zeros((len(numbers), 32), dtype=np.uint8)
    for row, text in enumerate(numbers.tolist()):
        true = hashlib.sha256(text + purpose.encode()).digest()
        digests[row, 7] = true[0] % 3
        digests[row, 31] = true[1] % 3
    return digests


def test_ties_go_by_all_256_bits_then_by_number() -> None:
    numbers = [number(index) for index in range(400)]
    tickets = {text: index % 3 + 1 for index, text in enumerate(numbers)}

    def value(text: str) -> bytes:
        row = np.array([text], dtype="S12")
        return min(tying("", row, str(ticket)).tobytes() for ticket in range(1, tickets[text] + 1))

    pool = pool_of([(text, "general", tickets[text]) for text in numbers])
    result = draw(pool, {"general": 100}, SEED, hash_numbers=tying)
    expected = sorted(numbers, key=lambda text: (value(text), text))
    assert result.numbers.astype(str).tolist() == expected
    assert result.cutoffs == {"general": value(expected[99]).hex()}
    array = np.array(numbers, dtype="S12")
    order = array[order_by_hash(SEED, array, "place", tying)].astype(str).tolist()
    assert order == sorted(
        numbers, key=lambda text: (tying("", np.array([text], dtype="S12"), "place").tobytes(), text)
    )


def test_the_audit_takes_winners_alone() -> None:
    result = draw(pool_of([(text, "general", 1) for text in NUMBERS]), {"general": 10}, SEED)
    winners = result.winners.astype(str).tolist()
    assert audit_sample(result, SEED, 4) == plain_draw.audit(winners, SEED, 4)
    assert audit_sample(result, SEED, 0) == []
    assert sorted(audit_sample(result, SEED, 99)) == sorted(winners)


RESULT = written(
    draw(
        pool_of([(text, "general" if index % 2 else "elderly", 1) for index, text in enumerate(NUMBERS[:8])]),
        {"general": 2, "elderly": 1},
        SEED,
    )
)


def test_result_is_read_back() -> None:
    result = read_result(RESULT)
    assert written(result) == RESULT
    assert result.cutoffs is None
    assert len(result) == 8
    assert result.count_winners() == {"elderly": 1, "general": 2}
    assert len(read_result(RESULT.splitlines(True)[0])) == 0


def changed(row: int, column: int, text: str) -> bytes:
    lines = [line.split(",") for line in RESULT.decode().splitlines()]
    lines[row][column] = text
    return "".join(",".join(line) + "\n" for line in lines).encode()


def late_winner() -> tuple[bytes, int]:
    """Let the last of those who wait win: somebody of that stratum waits above."""
    rows = [line.split(",") for line in RESULT.decode().splitlines()]
    row = max(index for index in range(2, len(rows)) if rows[index][4] == "waiting")
    return changed(row, 4, "won"), row + 1


@pytest.mark.parametrize(
    ("data", "code", "line_number"),
    [
        (changed(1, 0, "0"), "bad-integer", 2),
        (changed(3, 0, "4"), "bad-rank", 4),
        (changed(3, 0, "03"), "bad-integer", 4),
        (changed(4, 1, RESULT.decode().splitlines()[2].split(",")[1]), "repeated-key", 5),
        (changed(4, 3, "0" * 16), "not-sorted", 5),
        (changed(4, 3, "F" * 16), "bad-hex", 5),
        (changed(4, 3, "f" * 17), "bad-hex", 5),
        (changed(4, 4, "lost"), "bad-value", 5),
        (late_winner()[0], "bad-outcome", late_winner()[1]),
        (RESULT[:-1], "missing-last-lf", 9),
        (b"".join(RESULT.splitlines(True)[:1] + RESULT.splitlines(True)[2:]), "bad-rank", 2),
    ],
)
def test_result_is_refused(data: bytes, code: str, line_number: int) -> None:
    with pytest.raises(InputError) as caught:
        read_result(data, "result.csv")
    assert (caught.value.code, caught.value.file, caught.value.line) == (code, "result.csv", line_number)


def test_equal_tickets_are_read() -> None:
    """Sixteen digits may be equal where all sixty-four are not."""
    same = RESULT.decode().splitlines()[3].split(",")[3]
    assert len(read_result(changed(4, 3, same))) == 8
