"""The worker: an RQ worker that is told by the queue what to do, and by the database whether it is its turn.

It notices a killed colleague within seconds, waits for a queue that is away, and stops after the job in hand.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from types import FrameType

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer

from maskres.jobs.queue import QUEUES, open_queue
from maskres.logs import places_of

#: Seconds. RQ's own are minutes, in which nobody would do what a killed worker had in hand.
WORKER_TTL = 30
MAINTENANCE_INTERVAL = 5
JOB_MONITORING_INTERVAL = 5
PAUSE_SECONDS = 1.0
_log = structlog.get_logger("maskres.jobs")


class _Worker(Worker):
    """An RQ worker that says when it was asked to stop, and does not wait long for its queue."""

    max_connection_wait_time = 4.0
    log_result_lifespan = False
    stop: threading.Event

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the job in hand."""
        self.stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def work(redis_url: str, queues: Sequence[str] = tuple(QUEUES), stop: threading.Event | None = None) -> None:
    """Work until told to stop by SIGTERM or SIGINT.

    Args:
        redis_url: where the queue is.
        queues: which to listen to, of QUEUES, the most urgent first.
        stop: set from elsewhere to stop between jobs.
    """
    ending = stop or threading.Event()
    _log.info("worker-begins", queues=list(queues))
    is_lost = False
    while not ending.is_set():
        _listen_to_signals(ending)
        connection = Redis.from_url(redis_url, socket_connect_timeout=2)
        try:
            connection.ping()
            if is_lost:
                _log.info("going-on")
            is_lost = False
            worker = _Worker(
                [open_queue(connection, name) for name in queues],
                connection=connection,
                serializer=JSONSerializer,
                worker_ttl=WORKER_TTL,
                maintenance_interval=MAINTENANCE_INTERVAL,
                job_monitoring_interval=JOB_MONITORING_INTERVAL,
                log_job_description=False,
            )
            worker.stop = ending
            worker.work(logging_level="CRITICAL")
        except RedisError as error:
            if not is_lost:  # said when it begins and when it is over, not each second
                _log.warning("no-queue", error=type(error).__name__)
            is_lost = True
        except Exception as error:
            _log.error("worker-broke", error=type(error).__name__, places=places_of(error))
        finally:
            connection.close()
        _listen_to_signals(ending)
        ending.wait(PAUSE_SECONDS)
    _log.info("worker-ends")


def _listen_to_signals(ending: threading.Event) -> None:
    """Have the signals set the event while RQ does not look after them itself."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda _signum, _frame: ending.set())
