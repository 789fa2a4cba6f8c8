"""One run of a task: what the function of its kind is handed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from maskres.db.tasks import Task, find_task
from maskres.errors import InputError
from maskres.usecases.imports import Progress
from maskres.usecases.service import Actor, Service
from maskres.usecases.work.parts import Divided, Part, divide, list_done
from maskres.usecases.work.tasks import Turn, note_progress, run_step
from maskres.usecases.work.uploads import open_upload

T = TypeVar("T")
SECONDS_BETWEEN_NOTES = 1.0


def _as_it_is(result: Any) -> Any:
    return result


@dataclass(frozen=True)
class Run:
    """A worker at a task.

    Attributes:
        service: the service.
        turn: the worker's turn.
        bundles: folder into which bundles are written.
    """

    service: Service
    turn: Turn
    bundles: Path

    @property
    def task(self) -> Task:
        """The task."""
        return self.turn.task

    @property
    def actor(self) -> Actor:
        """Who asked for it, and so does it."""
        return Actor(self.task.requested_by)

    @property
    def round_slug(self) -> str:
        """The round it is about.

        Raises:
            InputError: "bad-task".
        """
        if self.task.round is None:
            raise InputError("bad-task", "This task must name its round.", field="round")
        return self.task.round

    @property
    def draw(self) -> int:
        """The draw it is about.

        Raises:
            InputError: "bad-task".
        """
        if self.task.draw is None:
            raise InputError("bad-task", "This task must name its draw.", field="draw")
        return self.task.draw

    def given(self, name: str, kind: type[T]) -> T:
        """Give a member of the payload.

        Raises:
            InputError: "bad-task" where it is missing or of another kind.
        """
        value = self.task.payload.get(name)
        if not isinstance(value, kind):
            raise InputError(
                "bad-task", f"The task's payload must hold {name} ({kind.__name__}).", field=name
            )
        return value

    def step(
        self, name: str, use_case: Callable[[Service], T], describe: Callable[[T], Any] = _as_it_is
    ) -> Any:
        """Run a step unless an earlier worker has; as usecases.tasks.run_step."""
        if self.task.part_of is None:  # a part is of one stage, its task's
            note_progress(self.service, self.turn, name)
        return run_step(self.service, self.turn, name, use_case, describe)

    def divided(self, step: str, kind: str, cut: Callable[[Service], Sequence[Part]]) -> list[Task]:
        """Have a step done in parts by whoever has time, and go on when all are done.

        Args:
            step: its name in the task.
            kind: of the parts, of PART_KINDS.
            cut: gives them in order; none where the step is better done whole.

        Returns:
            The parts in order, all of them done; none where it was not cut.

        Raises:
            Divided: they were handed out just now: this run is over, another one will go on.
            MaskresError: as the first part that failed.
        """
        with self.service.database.reading() as c:
            is_divided = step in find_task(c, self.task.id).steps
        if is_divided:
            return list_done(self.service, self.task, step)
        parts = cut(self.service)
        if not parts:
            return []
        divide(self.service, self.turn, step, kind, parts)
        raise Divided

    def progress(self, stage: str) -> Progress:
        """Give a function to be told how far a stage is; it notes that about once a second."""
        noted_at = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal noted_at
            if time.monotonic() - noted_at >= SECONDS_BETWEEN_NOTES:
                noted_at = time.monotonic()
                note_progress(self.service, self.turn, stage, *self._of_its_size(done, total))

        return tell

    def _of_its_size(self, done: int, total: int) -> tuple[int, int]:
        """Give a part's progress in the measure in which its task sums up all of them."""
        size = self.task.rows_total if self.task.part_of is not None else None
        return (done, total) if size is None else (done * size // max(total, 1), size)

    @contextmanager
    def upload(self) -> Iterator[Path]:
        """Lend the file that was handed in for the task; what a killed worker left of it here is removed first.

        Raises:
            InputError: "bad-task", "unknown-upload".
        """
        where = self.service.work_folder or Path(tempfile.gettempdir())
        prefix = f"maskres-task-{self.task.id}-"
        for left_over in where.glob(f"{prefix}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=prefix, dir=where) as folder:
            yield open_upload(self.service, self.given("upload", str), Path(folder))
