"""Plays a rehearsal that is killed at chosen points and taken up again on what it left.

A program of its own: `python -m tests.support.killed_rehearsal PLAN`, PLAN being JSON:

    {"residents": …, "stores": …, "seed": …, "rounds": …, "url": …, "out": …,
     "kills": [{"stage": "…", "nth": 1, "moment": "before"}, …], "counts": path or null}

Each kill is a run in a process of its own that sends itself SIGKILL at the nth event of a stage: "before" or "after"
the commit of a writing transaction, when a file below `out` is opened for writing ("open"), or when something
below it is renamed ("rename"). At the end one run goes through. What happened to each run is printed as JSON:
its exit status, negative for a signal. What comes between two stages belongs to the earlier one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from maskres.rehearsal.plot import rehearse
from maskres.rehearsal.stages import Stage

_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR


class Fate:
    """Counts the events of each stage, and ends the process at one of them."""

    def __init__(self, out: Path, kill: dict[str, Any] | None) -> None:
        self._out = str(out)
        self._kill = kill
        self._stage = ""
        self.counts: Counter[tuple[str, str]] = Counter()

    def begin(self, stage: str) -> None:
        self._stage = stage

    def progress(self, done: int, total: int) -> None:
        pass

    def end(self, stage: Stage) -> None:
        pass

    def meet(self, moment: str) -> None:
        self.counts[self._stage, moment] += 1
        if self._kill == {
            "stage": self._stage,
            "nth": self.counts[self._stage, moment],
            "moment": moment,
        }:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Be told of the interpreter's audit events."""
        if event == "open" and isinstance(args[2], int) and args[2] & _WRITING_FLAGS:
            if str(args[0]).startswith(self._out):
                self.meet("open")
        elif event == "os.rename" and str(args[0]).startswith(self._out):
            self.meet("rename")


def watch_transactions(fate: Fate) -> None:
    """Let every writing transaction pass the fate before and after its commit."""
    whole = Engine.begin

    @contextmanager
    def begin(engine: Engine) -> Iterator[Connection]:
        with whole(engine) as connection:
            yield connection
            fate.meet("before")
        fate.meet("after")

    Engine.begin = begin  # type: ignore[method-assign, assignment]


def play(plan: dict[str, Any], kill: dict[str, Any] | None) -> None:
    """Play the rehearsal in this process."""
    out = Path(plan["out"])
    fate = Fate(out, kill)
    watch_transactions(fate)
    sys.addaudithook(fate.hear)
    rehearse(
        residents=plan["residents"],
        stores=plan["stores"],
        seed=plan["seed"],
        out=out,
        database_url=plan["url"],
        round_count=plan["rounds"],
        random_bytes=os.urandom,
        reporter=fate,
    )
    if plan.get("counts"):
        counts = [[stage, moment, count] for (stage, moment), count in fate.counts.items()]
        Path(plan["counts"]).write_text(json.dumps(counts))


def run_apart(plan: dict[str, Any], kill: dict[str, Any] | None) -> int:
    """Play the rehearsal in a process of its own and tell how that ended."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            play(plan, kill)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    plan = json.loads(sys.argv[1])
    print(json.dumps([run_apart(plan, kill) for kill in [*plan["kills"], None]]))


if __name__ == "__main__":
    main()
