"""The queue: ids on their way to a worker. It may be emptied at any time; what is to be done stands in the database.

A job's id in the queue is its task's id, how many of its steps are done, and how often it was begun since, so that one
turn is not queued twice, and the turn after a lost one, or after its parts, is not taken for it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from redis import Redis
from rq import Queue
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from maskres.clock import utc_now
from maskres.db.tasks import Task

#: What a worker is told to listen to → the queue's name. Messages are short and somebody waits for them.
QUEUES = {"messages": "maskres-messages", "tasks": "maskres-tasks"}

TASK_SECONDS = 4 * 3600
DELIVERY_SECONDS = 60
#: A job that a worker took so long ago and that came to nothing was lost with its worker.
LOST_AFTER_SECONDS = 15
_FAILED_KEPT_SECONDS = 60
_ENDED = (JobStatus.FINISHED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED)


def connect(redis_url: str) -> Redis:
    """Give a connection to put things into the queue; no call takes longer than a few seconds."""
    return Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=5)


def open_queue(connection: Redis, name: str) -> Queue:
    """Open a queue of QUEUES."""
    return Queue(QUEUES[name], connection=connection, serializer=JSONSerializer)


def put_task(connection: Redis, task: Task) -> bool:
    """Put a task's turn into the queue, once; tells whether it was not there yet.

    Raises:
        redis.exceptions.RedisError: there is no queue to be reached.
    """
    return _put(
        open_queue(connection, "tasks"),
        "maskres.jobs.runner.run_queued",
        f"{task.id}-{len(task.steps)}-{task.attempts}",
        [task.id],
        seconds=TASK_SECONDS,
        lost_after=LOST_AFTER_SECONDS,
    )


def put_delivery(connection: Redis, lane: int) -> bool:
    """Have the due messages delivered, by one worker a lane at a time; raises as put_task."""
    return _put(
        open_queue(connection, "messages"),
        "maskres.jobs.delivery.deliver_queued",
        f"delivery-{lane}",
        [],
        seconds=DELIVERY_SECONDS,
        lost_after=DELIVERY_SECONDS + LOST_AFTER_SECONDS,
    )


def _put(
    queue: Queue, function: str, job_id: str, arguments: list[str], *, seconds: int, lost_after: int
) -> bool:
    for _ in range(2):
        try:
            queue.enqueue_call(
                function,
                args=arguments,
                job_id=job_id,
                unique=True,
                timeout=seconds,
                result_ttl=0,
                failure_ttl=_FAILED_KEPT_SECONDS,
            )
            return True
        except DuplicateJobError:
            if not _drop_if_lost(queue, job_id, lost_after):
                return False
    return False


def _drop_if_lost(queue: Queue, job_id: str, lost_after: int) -> bool:
    """Remove a job that will come to nothing any more; tells whether its id is free."""
    try:
        job = Job.fetch(job_id, connection=queue.connection, serializer=JSONSerializer)
        if job.get_status() not in _ENDED:
            if queue.get_job_position(job_id) is not None:
                return False
            taken_at = job.started_at or job.enqueued_at
            if taken_at is not None and utc_now() - _aware(taken_at) < timedelta(seconds=lost_after):
                return False
        job.delete()
    except NoSuchJobError:
        pass
    return True


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
