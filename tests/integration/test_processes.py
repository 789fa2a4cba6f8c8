"""Pieces worked on side by side: the same answers in the same order as one after another, and nobody left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from maskres.usecases.processes import map_pieces, read_ahead

ROOT = Path(__file__).parents[2]
KILLED = """
import itertools, sys
from maskres.usecases.processes import map_pieces
from tests.integration.test_processes import prepare_telling
if __name__ == "__main__":
    for answer in map_pieces(prepare_telling, 0, itertools.repeat(bytes(1 << 20)), process_count=2):
        print(*answer, flush=True)
"""


def prepare_adding(setting: int) -> Callable[[list[int]], tuple[int, list[int]]]:
    def add(piece: list[int]) -> tuple[int, list[int]]:
        return os.getpid(), [setting + number for number in piece]

    return add


def prepare_refusing(setting: int) -> Callable[[int], int]:
    def refuse(piece: int) -> int:
        if piece == setting:
            raise ValueError(f"not {piece}")
        return piece

    return refuse


def prepare_ending(_setting: int) -> Callable[[int], int]:
    return os._exit


def prepare_telling(_setting: int) -> Callable[[bytes], tuple[int, int]]:
    return lambda piece: (os.getpid(), len(piece))


@pytest.mark.parametrize("count", [2, 3])
def test_answers_come_in_the_order_of_the_pieces(count: int) -> None:
    pieces = [list(range(n, n + 3)) for n in range(10)]
    answers = list(map_pieces(prepare_adding, 100, iter(pieces), process_count=count))
    assert [numbers for _, numbers in answers] == [[100 + n for n in piece] for piece in pieces]
    assert len({process for process, _ in answers}) == count
    assert os.getpid() not in {process for process, _ in answers}


def test_a_single_piece_needs_no_process() -> None:
    assert list(map_pieces(prepare_adding, 1, [[1]], process_count=2)) == [(os.getpid(), [2])]
    assert list(map_pieces(prepare_adding, 1, [], process_count=2)) == []
    answers = list(map_pieces(prepare_adding, 1, [[1], [2]], process_count=1))
    assert answers == [(os.getpid(), [2]), (os.getpid(), [3])]


def test_what_a_piece_raises_is_raised_in_its_turn() -> None:
    answers = map_pieces(prepare_refusing, 3, range(10), process_count=2)
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="not 3"):
        next(answers)


def test_a_process_that_dies_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="ended before"):
        list(map_pieces(prepare_ending, 0, [1, 2, 3], process_count=2))


def test_large_pieces_and_answers_block_nobody() -> None:
    pieces = [[n] * 200_000 for n in range(6)]
    answers = map_pieces(prepare_adding, 0, pieces, process_count=2)
    assert [(numbers[0], len(numbers)) for _, numbers in answers] == [(n, 200_000) for n in range(6)]


def test_pieces_are_read_no_further_ahead_than_there_are_processes() -> None:
    read = []

    def pieces() -> Iterator[list[int]]:
        for n in range(100):
            read.append(n)
            yield [n]

    with closing(map_pieces(prepare_adding, 0, pieces(), process_count=2)) as answers:
        next(answers)
        assert len(read) <= 4


def test_answers_are_fetched_ahead_of_who_takes_them_slowly_but_only_so_many() -> None:
    threads = set()
    fetched = [threading.Event() for _ in range(20)]

    def answers() -> Iterator[int]:
        for n, event in enumerate(fetched):
            threads.add(threading.get_ident())
            event.set()
            yield n

    with closing(read_ahead(answers(), count=3)) as ahead:
        assert next(ahead) == 0
        assert fetched[3].wait(60), "the next three are fetched while nobody asks"
        assert not fetched[4].wait(0.1)
        assert list(ahead) == list(range(1, 20))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_fetching_an_answer_raises_is_raised_in_its_turn() -> None:
    ahead = read_ahead(map(prepare_refusing(3), range(10)), count=8)
    assert [next(ahead) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="not 3"):
        next(ahead)


def test_who_stops_taking_answers_can_close_their_maker() -> None:
    taken = map_pieces(prepare_adding, 0, ([n] for n in range(100)), process_count=2)
    with closing(taken), closing(read_ahead(taken)) as ahead:
        assert next(ahead)[1] == [0]
    assert list(taken) == []


def test_processes_end_when_whoever_began_them_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        first, second = (
            int(line.split()[0]) for line in (parent.stdout.readline(), parent.stdout.readline())
        )
        assert len({first, second, parent.pid}) == 3
        parent.kill()
        parent.stdout.read()
    until = time.monotonic() + 60
    while any(is_alive(process) for process in (first, second)):
        assert time.monotonic() < until, "a process outlived the one that began it"
        time.sleep(0.1)


def test_processes_begun_by_a_command_read_no_command_line() -> None:
    code = (
        "import runpy, sys; runpy.run_module('maskres.__main__', run_name='__mp_main__'); print(*sys.modules)"
    )
    read = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    assert {"click", "maskres.cli"}.isdisjoint(read.stdout.split())


def is_alive(process: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False
