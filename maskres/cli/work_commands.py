"""`worker` and `sweeper`: the processes that do what was asked for."""

from __future__ import annotations

import os
import signal
import threading

import click

from maskres.cli.deployment import open_service, settings
from maskres.config import read_work_settings
from maskres.jobs import worker as working
from maskres.jobs.gateways import read_gateway
from maskres.jobs.queue import QUEUES, connect
from maskres.jobs.sweeper import Sweeper
from maskres.logs import configure_logs


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(list(QUEUES)),
    help="Listen to this queue only; may be given twice. Both where not given.",
)
def worker(queues: tuple[str, ...]) -> None:
    """Do the tasks and deliver the messages that the queue hands out, until stopped."""
    work = read_work_settings(os.environ)
    chosen = queues or tuple(QUEUES)
    if "messages" in chosen:
        read_gateway(work, settings().instance)
    with open_service() as service:
        _ = service.keys.deployment  # whoever lacks something is told now, not with the first job
    configure_logs()
    working.work(work.redis_url, chosen)


@click.command()
def sweeper() -> None:
    """Put into the queue whatever is to be done, and forget what has had its time, until stopped."""
    work = read_work_settings(os.environ)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda _signum, _frame: stop.set())
    with open_service() as service, connect(work.redis_url) as connection:
        configure_logs()
        Sweeper(service, connection).run(stop)


COMMANDS = (worker, sweeper)
