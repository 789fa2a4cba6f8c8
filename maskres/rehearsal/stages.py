"""Stages of a rehearsal, each with its seconds, rows and peak memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

_MEBIBYTE = 1 << 20


class Reporter(Protocol):
    """Tells a person how far a rehearsal is."""

    def begin(self, stage: str) -> None:
        """Say that a stage begins."""

    def progress(self, done: int, total: int) -> None:
        """Say how far it is."""

    def end(self, stage: Stage) -> None:
        """Say how it went."""


@dataclass(slots=True)
class Stage:
    """One stage.

    Attributes:
        name: what it does, with the round it belongs to.
        rows: how many rows it went through; set by the stage itself.
        seconds: wall clock.
        peak_mib: peak resident memory of this process during the stage, MiB.
    """

    name: str
    rows: int = 0
    seconds: float = 0.0
    peak_mib: int = 0


@dataclass(slots=True)
class Stages:
    """The stages gone through so far."""

    reporter: Reporter
    done: list[Stage] = field(default_factory=list)

    @contextmanager
    def run(self, name: str) -> Iterator[Stage]:
        """Time a stage."""
        stage = Stage(name)
        self.reporter.begin(name)
        _forget_peak()
        begun = time.perf_counter()
        yield stage
        stage.seconds = round(time.perf_counter() - begun, 3)
        stage.peak_mib = _peak_bytes() // _MEBIBYTE
        self.done.append(stage)
        self.reporter.end(stage)

    def as_json(self) -> dict[str, Any]:
        """Give what timings.json says of the stages."""
        return {
            "stages": [
                {
                    "stage": stage.name,
                    "seconds": stage.seconds,
                    "rows": stage.rows,
                    "peak_mib": stage.peak_mib,
                }
                for stage in self.done
            ],
            "seconds": round(sum(stage.seconds for stage in self.done), 3),
            "peak_mib": max((stage.peak_mib for stage in self.done), default=0),
        }


def _forget_peak() -> None:
    # Linux lets a process begin its peak anew; elsewhere the peak is that of the whole run so far.
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
