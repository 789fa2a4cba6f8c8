"""A small demo city to test with, and preparing it in processes that are killed.

As a program, `python -m tests.support.demo_city PLAN`, PLAN being JSON:

    {"instance": …, "kills": [{"stage": "…", "nth": 1, "moment": "before"}, …]}

Each kill is a run in a process of its own that ends itself there (killed_rehearsal.py says
when that is); at the end one run goes through. How each run ended is printed as JSON.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from maskres.db.engine import Database
from maskres.demo.city import ensure_demo_city
from maskres.demo.facts import DemoFacts
from maskres.keys import FileKeys, RandomBytes
from maskres.rehearsal.stages import Stage
from maskres.usecases.service import Service
from tests.support.killed_rehearsal import Fate, watch_transactions

ROOT = Path(__file__).parents[2]
RESIDENTS, STORES = 600, 12
#: 14:20 in Xiamen.
NOW = datetime(2026, 11, 27, 6, 20, tzinfo=UTC)


def same_bytes(label: str) -> RandomBytes:
    """Give bytes that are the same in every run, so that a city's numbers and dice are."""
    blocks = (hashlib.sha512(f"{label}/{block}".encode()).digest() for block in itertools.count())

    def give(count: int) -> bytes:
        found = b""
        while len(found) < count:
            found += next(blocks)
        return found[:count]

    return give


#: How many services each test has opened so far.
_opened: Counter[str] = Counter()


def _next_bytes() -> RandomBytes:
    """Give a test's next service bytes of its own: they are the same whenever the test runs."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "")
    _opened[test] += 1
    return same_bytes(f"{test}/{_opened[test]}")


class Watcher:
    """Remembers the steps that a reporter is told of."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def begin(self, stage: str) -> None:
        self.stages.append(stage)

    def progress(self, done: int, total: int) -> None:
        assert 0 <= done <= total

    def end(self, stage: Stage) -> None:
        assert stage.name == self.stages[-1]


def database_url(instance: Path) -> str:
    return f"sqlite:///{instance / 'maskres.sqlite'}"


@contextmanager
def demo_service(
    instance: Path, *, now: datetime = NOW, url: str | None = None, random_bytes: RandomBytes | None = None
):
    """Open the service of an instance folder, at a moment that stands still."""
    database = Database(url or database_url(instance))
    random_bytes = random_bytes or _next_bytes()
    try:
        keys = FileKeys(instance / "keys", random_bytes)
        yield Service(database, keys, lambda: now, random_bytes)
    finally:
        database.close()


def prepare(
    instance: Path,
    *,
    now: datetime = NOW,
    url: str | None = None,
    residents: int = RESIDENTS,
    stores: int = STORES,
    random_bytes: RandomBytes | None = None,
) -> tuple[DemoFacts, list[str]]:
    """Prepare the demo; gives its facts, and the steps that were taken."""
    watcher = Watcher()
    with demo_service(instance, now=now, url=url, random_bytes=random_bytes) as service:
        facts = ensure_demo_city(service, instance, progress=watcher, residents=residents, stores=stores)
    return facts, watcher.stages


def prepare_and_kill(instance: Path, kills: Sequence[dict[str, Any]]) -> list[int]:
    """Prepare the demo, killed so often and taken up again; gives how each run ended."""
    plan = json.dumps({"instance": str(instance), "kills": list(kills)})
    command = [sys.executable, "-m", "tests.support.demo_city", plan]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    ends: list[int] = json.loads(done.stdout)
    assert ends[-1] == 0, done.stderr
    return ends


def _run_apart(instance: Path, kill: dict[str, Any] | None, index: int) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            fate = Fate(instance, kill)
            watch_transactions(fate)
            sys.addaudithook(fate.hear)
            with demo_service(instance, random_bytes=same_bytes(f"run {index}")) as service:
                ensure_demo_city(service, instance, progress=fate, residents=RESIDENTS, stores=STORES)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    plan = json.loads(sys.argv[1])
    instance = Path(plan["instance"])
    runs = enumerate([*plan["kills"], None])
    print(json.dumps([_run_apart(instance, kill, index) for index, kill in runs]))


if __name__ == "__main__":
    main()
