"""The sweeper: puts into the queue whatever the database says is to be done, again and again.

So nothing is lost with the queue, and nothing depends on whether it was there when a task was asked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from redis import Redis
from redis.exceptions import RedisError

from maskres.errors import MaskresError
from maskres.jobs.queue import put_delivery, put_task
from maskres.logs import places_of
from maskres.usecases.keeping.erasing import request_due_erasures
from maskres.usecases.service import Service
from maskres.usecases.telling import messages
from maskres.usecases.work import tasks
from maskres.usecases.work.expiry import tidy

SECONDS_BETWEEN_SWEEPS = 1.0
SECONDS_BETWEEN_TIDYINGS = 60.0
LONGEST_PAUSE_SECONDS = 5.0
#: What was put into the queue is not looked at again for so long.
QUIET_SECONDS = 5
_MESSAGES_A_LANE = 100
_MOST_LANES = 4
_log = structlog.get_logger("maskres.jobs")


class Sweeper:
    """Sweeps until it is told to stop.

    Args:
        service: the service.
        connection: to the queue.
        pause_seconds: between two sweeps.
    """

    def __init__(
        self, service: Service, connection: Redis, *, pause_seconds: float = SECONDS_BETWEEN_SWEEPS
    ) -> None:
        self._service = service
        self._connection = connection
        self._pause_seconds = pause_seconds
        self._tidied_at = -SECONDS_BETWEEN_TIDYINGS
        self._troubles: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Sweep until `stop` is set; queue or database may be away for as long as they like."""
        _log.info("sweeper-begins")
        while not stop.is_set():
            with self._through("queue-troubled", "sweeping"):
                self.sweep()
            with self._through("tidying-troubled", "tidying"):
                self._tidy()
            pause = LONGEST_PAUSE_SECONDS if "sweeping" in self._troubles else self._pause_seconds
            stop.wait(min(pause, LONGEST_PAUSE_SECONDS))
        _log.info("sweeper-ends")

    def sweep(self) -> int:
        """Put what is due into the queue.

        Returns:
            How much was not there yet.

        Raises:
            redis.exceptions.RedisError: there is no queue to be reached.
        """
        self._connection.ping()  # whoever gave a wrong address learns it now, not with the first task
        due = tasks.list_due(self._service, quiet_seconds=QUIET_SECONDS)
        put = [task for task in due if put_task(self._connection, task)]
        if due:
            tasks.note_enqueued(self._service, [task.id for task in due])
        for task in put:
            _log.info("task-enqueued", task=task.id, kind=task.kind, attempt=task.attempts)
        lanes = min(-(-messages.count_due(self._service) // _MESSAGES_A_LANE), _MOST_LANES)
        return len(put) + sum(put_delivery(self._connection, lane) for lane in range(lanes))

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied_at < SECONDS_BETWEEN_TIDYINGS:
            return
        self._tidied_at = time.monotonic()
        count = tidy(self._service)
        if count:
            _log.info("tidied", count=count)
        due = request_due_erasures(self._service)
        if due:
            _log.info("erasures-due", count=due)

    @contextmanager
    def _through(self, event: str, what: str) -> Iterator[None]:
        """Go on whatever happens; say it when it begins and when it is over, not each time."""
        try:
            yield
        except Exception as error:
            if what not in self._troubles:
                kind = error.code if isinstance(error, MaskresError) else type(error).__name__
                kind = "no-queue" if isinstance(error, RedisError) else kind
                _log.warning(event, error=kind, places=places_of(error))
            self._troubles.add(what)
        else:
            if what in self._troubles:
                _log.info("going-on", what=what)
            self._troubles.discard(what)
