"""Turns for the writers of one SQLite file: whoever asked first writes first.

SQLite lets one writer in at a time and lets the others look again every now and then: whoever has just written and
writes again at once is nearly always quicker than those who wait, and a closing could wait for ever while people
register. So writers stand in a queue before they begin:

- the threads of a process in the order in which they came;
- the first thread of each process with those of other processes at a turnstile of two locked files. To write one needs
  both, and takes `queue` before `turn`; whoever has taken `queue` waits for `turn` alone, and is the next one. So
  nobody writes twice while somebody waits at the turnstile.

The files are empty and stay where they are; a lock ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

#: Between two looks at a locked file, by chance between half of it and all: no process is always the quicker one.
_LOOK_SECONDS = 0.002


class NoTurn(Exception):
    """It was nobody's fault here: the others wrote for longer than one is patient."""


class _Queue:
    """Lets threads through one by one, in the order in which they came."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget who waits and who has the place."""
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    @contextmanager
    def place(self, until: float) -> Iterator[None]:
        """Hold the first place.

        Raises:
            NoTurn: where it does not come by then, on the monotonic clock.
        """
        self._take(until)
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, until: float) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        # Whoever is in front hands the place over by releasing this lock: nobody else can take it meanwhile.
        if mine.acquire(timeout=max(until - time.monotonic(), 0)):
            return
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise NoTurn
        # It was handed over at this very moment.

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


#: One for each database file, whoever opened it.
_QUEUES: dict[Path, _Queue] = {}
_QUEUES_GUARD = threading.Lock()


def _queue_of(database: Path) -> _Queue:
    with _QUEUES_GUARD:
        return _QUEUES.setdefault(database, _Queue())


def _begin_anew() -> None:
    """Empty the queues in a forked process: the threads that stand in them are not in it."""
    global _QUEUES_GUARD
    _QUEUES_GUARD = threading.Lock()
    for queue in _QUEUES.values():
        queue.begin_anew()


os.register_at_fork(after_in_child=_begin_anew)


class Turns:
    """The turns of one database file.

    Args:
        database: the file; the locked files stand beside it, their names ending in -queue and -turn.
        patience_seconds: how long one waits for one's turn.
    """

    def __init__(self, database: Path, patience_seconds: float) -> None:
        whole = database.absolute()
        self._queue_file = whole.with_name(f"{whole.name}-queue")
        self._turn_file = whole.with_name(f"{whole.name}-turn")
        self._patience_seconds = patience_seconds
        self._threads = _queue_of(whole.resolve())

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, and keep it.

        Raises:
            NoTurn: where it does not come in time.
        """
        until = time.monotonic() + self._patience_seconds
        with self._threads.place(until), ExitStack() as held:
            queue = held.enter_context(_locked(self._queue_file, until))
            held.enter_context(_locked(self._turn_file, until))
            fcntl.flock(queue, fcntl.LOCK_UN)
            yield


@contextmanager
def _locked(path: Path, until: float) -> Iterator[int]:
    opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise NoTurn from None
                time.sleep(_LOOK_SECONDS * random.uniform(0.5, 1))
        yield opened
    finally:
        os.close(opened)
