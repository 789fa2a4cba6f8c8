"""Work on many pieces at once, each core a process, the answers in the order of the pieces.

So a file is read and encrypted while the database takes what came before. A process is begun afresh: it inherits no
connection and no lock, is handed what it needs, and ends when the one that began it is no longer there.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, cycle, islice
from multiprocessing.connection import Connection
from typing import TypeVar

S = TypeVar("S")
P = TypeVar("P")
A = TypeVar("A")

#: More would only wait for the one process that reads the file and feeds the database.
MOST_PROCESSES = 4
#: Answers that wait for who takes them slowly, while the processes go on.
MOST_WAITING = 8
_ENDING_SECONDS = 10
#: Objects after which such a process looks for garbage: rows hold no cycles, and looking takes a fifth of its time.
_COLLECT_AFTER = 200_000


def map_pieces(
    prepare: Callable[[S], Callable[[P], A]],
    setting: S,
    pieces: Iterable[P],
    *,
    process_count: int | None = None,
) -> Generator[A, None, None]:
    """Work on pieces, on several cores where there are several pieces.

    Args:
        prepare: a function of a module; called once in each process, gives the function that works on a piece.
        setting: what `prepare` is handed; like pieces and answers it can be pickled.
        pieces: read one after another, only as far ahead as there are processes.
        process_count: how many processes; None for one a core. With 1, all is done here.

    Yields:
        The answers, in the order of the pieces: the same whatever the number of processes.

    Raises:
        Exception: whatever working on a piece raised.
    """
    count = min(os.cpu_count() or 1, MOST_PROCESSES) if process_count is None else process_count
    remaining = iter(pieces)
    first = list(islice(remaining, 2))
    if count == 1 or len(first) < 2:
        work = prepare(setting)
        yield from (work(piece) for piece in chain(first, remaining))
        return
    with _processes(prepare, setting, count) as connections:
        yield from _in_turn(connections, chain(first, remaining))


def read_ahead(answers: Iterable[A], *, count: int = MOST_WAITING) -> Generator[A, None, None]:
    """Let a thread fetch answers while those before are being taken, which may mean to wait for the database.

    Args:
        answers: used by that thread alone until this generator is closed; the one who made them closes them.
        count: how many may be fetched ahead.

    Yields:
        The answers, in their order.

    Raises:
        Exception: whatever fetching an answer raised.
    """
    remaining, end = iter(answers), object()
    with ThreadPoolExecutor(1) as thread:
        upcoming = deque(thread.submit(next, remaining, end) for _ in range(count))
        try:
            while (answer := upcoming.popleft().result()) is not end:
                upcoming.append(thread.submit(next, remaining, end))
                yield answer  # type: ignore[misc]
        finally:
            thread.shutdown(cancel_futures=True)


def _in_turn(connections: list[Connection], pieces: Iterator[P]) -> Iterator[A]:
    """Hand the pieces round; each process has one at a time, so neither side waits with a full pipe."""
    busy = 0
    for connection, piece in zip(connections, islice(pieces, len(connections)), strict=False):
        connection.send(piece)
        busy += 1
    for connection in cycle(connections):
        if not busy:
            return
        try:
            answer, error = connection.recv()
        except EOFError:
            raise RuntimeError("a process that worked on a piece has ended before it was done") from None
        if error is not None:
            raise error
        upcoming = next(pieces, None)
        if upcoming is None:
            busy -= 1
        else:
            connection.send(upcoming)
        yield answer


@contextmanager
def _processes(
    prepare: Callable[[S], Callable[[P], A]], setting: S, count: int
) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("spawn")
    connections: list[Connection] = []
    begun = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, prepare, setting), daemon=True)
            process.start()
            theirs.close()  # else its end would never be seen
            connections.append(ours)
            begun.append(process)
        yield connections
    finally:
        for connection in connections:
            connection.close()
        for process in begun:
            process.join(_ENDING_SECONDS)
            process.kill()


def _serve(connection: Connection, prepare: Callable[[S], Callable[[P], A]], setting: S) -> None:
    """Work on pieces until nobody hands any more."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is for the one that began this process, which ends it
    gc.set_threshold(_COLLECT_AFTER)
    work = prepare(setting)
    try:
        while True:
            connection.send(_try(work, connection.recv()))
    except (EOFError, OSError):
        return


def _try(work: Callable[[P], A], piece: P) -> tuple[A | None, Exception | None]:
    try:
        return work(piece), None
    except Exception as error:
        return None, error
