"""Writers of one SQLite file: threads and processes write in turn, and nobody waits for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from maskres.db.engine import Database
from maskres.db.turns import NoTurn, Turns
from maskres.errors import ConflictError

PATIENCE_SECONDS = 30
#: Writes again and again without a breath, and says so at the first time.
GREEDY = """
import sys, time
from pathlib import Path
from maskres.db.turns import Turns
turns, is_first = Turns(Path(sys.argv[1]), 30), True
while True:
    with turns.turn():
        if is_first:
            print("writing", flush=True)
            is_first = False
        time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.sqlite"


def greedy(file: Path, seconds: float) -> subprocess.Popen[bytes]:
    """Start a process that keeps writing; it has its first turn when this comes back."""
    process = subprocess.Popen(
        [sys.executable, "-c", GREEDY, str(file), str(seconds)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    return process


def end(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)


def test_threads_write_in_the_order_in_which_they_came(file: Path):
    order: list[int] = []

    def write(nth: int) -> None:
        with Turns(file, PATIENCE_SECONDS).turn():
            order.append(nth)

    threads = []
    with Turns(file, PATIENCE_SECONDS).turn():
        for nth in range(12):
            threads.append(threading.Thread(target=write, args=(nth,), daemon=True))
            threads[-1].start()
            time.sleep(0.02)
        assert order == []
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert order == list(range(12))


def test_whoever_writes_without_a_breath_lets_others_in(file: Path):
    """Five threads write for as long as somebody else has not had ten turns."""
    is_over = threading.Event()
    counts = [0] * 5

    def keep_writing(nth: int) -> None:
        while not is_over.is_set():
            with Turns(file, PATIENCE_SECONDS).turn():
                counts[nth] += 1

    threads = [threading.Thread(target=keep_writing, args=(nth,), daemon=True) for nth in range(5)]
    for thread in threads:
        thread.start()
    while min(counts) < 3:
        time.sleep(0.001)
    seen = []
    for _ in range(10):
        before = sum(counts)
        with Turns(file, PATIENCE_SECONDS).turn():
            seen.append(sum(counts) - before)
    is_over.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    # Between the count and joining the queue a few may pass, but nobody passes who came later.
    assert sorted(seen)[5] <= 2 * len(threads)


def test_a_process_gets_its_turn_among_greedy_ones(file: Path):
    processes = [greedy(file, 0.01) for _ in range(2)]
    try:
        began = time.monotonic()
        for _ in range(20):
            with Turns(file, PATIENCE_SECONDS).turn():
                pass
        assert time.monotonic() - began < 10
    finally:
        end(*processes)


def test_the_turn_of_a_killed_process_is_free(file: Path):
    process = greedy(file, 3600)
    try:
        with pytest.raises(NoTurn), Turns(file, 0.1).turn():
            raise AssertionError("two have the turn")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
        with Turns(file, PATIENCE_SECONDS).turn():
            pass
    finally:
        end(process)


def test_whoever_gave_up_waiting_leaves_the_queue(file: Path):
    with Turns(file, PATIENCE_SECONDS).turn():
        answers = []

        def give_up() -> None:
            with pytest.raises(NoTurn), Turns(file, 0.05).turn():
                raise AssertionError("two have the turn")
            answers.append("no turn")

        thread = threading.Thread(target=give_up, daemon=True)
        thread.start()
        thread.join(PATIENCE_SECONDS)
        assert answers == ["no turn"]
    with Turns(file, 0).turn():
        pass


def test_a_forked_process_does_not_wait_for_threads_it_does_not_have(file: Path):
    turns = Turns(file, PATIENCE_SECONDS)
    with turns._threads.place(
        time.monotonic() + PATIENCE_SECONDS
    ):  # as if another thread were about to write
        child = os.fork()
        if child == 0:
            try:
                with Turns(file, 5).turn():
                    os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_writers_are_told_that_the_database_is_busy(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("maskres.db.engine.TURN_SECONDS", 0.1)
    first, second = Database(f"sqlite:///{file}"), Database(f"sqlite:///{file}")
    try:
        with first.writing():
            answers = []

            def write() -> None:
                with pytest.raises(ConflictError) as refused:
                    second.write(lambda c: None)
                answers.append(refused.value.code)

            thread = threading.Thread(target=write, daemon=True)
            thread.start()
            thread.join(PATIENCE_SECONDS)
        assert answers == ["database-busy"]
        second.write(lambda c: None)
    finally:
        first.close()
        second.close()
