"""Races: many at once, each with connections of their own, and careless twins of what protects them.

A race proves something only if it can be lost. So each has a twin: the same race run by a program without the
protection, made to look before it leaps by a barrier, which must go wrong every time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import create_engine

from maskres.db.engine import BUSY_SECONDS, Database
from maskres.errors import MaskresError
from maskres.usecases.service import Service

T = TypeVar("T")
PATIENCE_SECONDS = 60


class CarelessDatabase(Database):
    """A database as a careless program uses it: every statement is a transaction of its own, and locks nothing."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.turns = None
        self.engine.dispose()
        options = {"timeout": BUSY_SECONDS} if url.startswith("sqlite") else {}
        self.engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args=options)


@contextmanager
def apart(service: Service, count: int, kind: type[Database] = Database) -> Iterator[list[Service]]:
    """Give as many services on the database of another, at the same time by their clocks, sharing no connection."""
    services = [replace(service, database=kind(service.database.url)) for _ in range(count)]
    try:
        yield services
    finally:
        for each in services:
            each.database.close()


def barrier(count: int) -> threading.Barrier:
    """Make a barrier that so many pass together, and that breaks where one does not come."""
    return threading.Barrier(count, timeout=PATIENCE_SECONDS)


def race(
    services: Sequence[Service],
    act: Callable[[Service, int], T],
    *,
    beside: tuple[type[Exception], ...] = (),
) -> list[T | Exception]:
    """Let every service act at the same moment.

    Args:
        services: of `apart`.
        act: given the service and its number, from 0.
        beside: errors that are answers too; those of the house always are.

    Returns:
        What each was answered, in their order.
    """
    start = barrier(len(services))
    answers: dict[int, T | Exception] = {}

    def run(nth: int) -> None:
        try:
            with services[nth].database.reading():
                pass  # so that connecting is no part of the race
            start.wait()
            answers[nth] = act(services[nth], nth)
        except Exception as error:
            answers[nth] = error

    threads = [threading.Thread(target=run, args=(nth,), daemon=True) for nth in range(len(services))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE_SECONDS)
    assert len(answers) == len(services), "somebody never came back"
    for answer in answers.values():
        if isinstance(answer, Exception) and not isinstance(answer, (MaskresError, *beside)):
            raise answer
    return [answers[nth] for nth in sorted(answers)]


def codes(answers: Sequence[object]) -> list[str]:
    """Give what each answer comes to in a word: an error's code, or "done"."""
    return [answer.code if isinstance(answer, MaskresError) else "done" for answer in answers]
