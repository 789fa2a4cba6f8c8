"""Time and memory of a whole program, as the one who waits for it sees them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """What a program took.

    Attributes:
        seconds: from start to end, by the wall clock.
        cpu_seconds: of the processor, user and system.
        peak_megabytes: the most memory it held at once.
    """

    seconds: float
    cpu_seconds: float
    peak_megabytes: float


def measure(
    command: Sequence[str], *, environment: Mapping[str, str] | None = None, runs: int = 3
) -> Measured:
    """Run a program several times and give the fastest run: what else the machine does only ever adds.

    Raises:
        RuntimeError: the program failed.
    """
    return min((_measure_once(command, environment) for _ in range(runs)), key=lambda found: found.seconds)


# A program inherits the peak of whoever starts it, so a small one starts it and reports.
_STARTER = """
import os, sys, time
started = time.perf_counter()
silence = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=silence)
_, status, usage = os.wait4(process, 0)
seconds = time.perf_counter() - started
print(os.waitstatus_to_exitcode(status), seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""


def _measure_once(command: Sequence[str], environment: Mapping[str, str] | None) -> Measured:
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    told = subprocess.run(
        starter, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **(environment or {})}
    ).stdout.split()
    if told[0] != "0":
        raise RuntimeError(f"{command[0]} ended with status {told[0]}")
    return Measured(*map(float, told[1:]))
