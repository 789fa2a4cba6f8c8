"""Delivering the due messages, as the queue asks for it."""

from __future__ import annotations

import os
import time

import structlog

from maskres.config import read_settings, read_work_settings
from maskres.jobs.gateways import read_gateway
from maskres.logs import places_of
from maskres.usecases import opening
from maskres.usecases.service import Service
from maskres.usecases.telling.messages import Gateway, deliver_due

#: Then others get their turn; whatever is left is asked for again.
_SECONDS = 25
_AT_ONCE = 20
_log = structlog.get_logger("maskres.jobs")


def deliver_queued() -> None:
    """Deliver with this process's settings."""
    settings = read_settings(os.environ)
    gateway = read_gateway(read_work_settings(os.environ), settings.instance)
    with opening.open_service(settings) as service:
        try:
            deliver(service, gateway)
        except Exception as error:  # its message could hold what it was about
            _log.error("delivery-broke", error=type(error).__name__, places=places_of(error))


def deliver(service: Service, gateway: Gateway) -> int:
    """Deliver until nothing is due or the time is up.

    Returns:
        How many messages were sent.
    """
    ends_at = time.monotonic() + _SECONDS
    sent = 0
    while time.monotonic() < ends_at:
        done = deliver_due(service, gateway, limit=_AT_ONCE)
        sent += done.sent
        if done.postponed or done.failed:
            _log.warning("messages-not-sent", postponed=done.postponed, failed=done.failed)
        if not (done.sent or done.postponed or done.failed):
            break
    if sent:
        _log.info("messages-sent", count=sent)
    return sent
