"""Noting that staff took a file of what they may only look at."""

from __future__ import annotations

from maskres.db import record
from maskres.db.engine import Transaction
from maskres.formats.values import format_time
from maskres.usecases.service import Actor, Service, one_transaction


@one_transaction
def note_log_export(c: Transaction, service: Service, actor: Actor, wanted: record.LogFilter) -> None:
    """Note in the audit log that the audit log was exported, and by which filters: whom they asked about is told."""
    detail = {
        "act": wanted.act,
        "actor": wanted.actor,
        "about": wanted.about,
        "since": None if wanted.since is None else format_time(wanted.since),
        "until": None if wanted.until is None else format_time(wanted.until),
    }
    record.log(
        c,
        service.now(),
        actor.name,
        "log-exported",
        round_slug=wanted.round_slug,
        draw=wanted.draw,
        number=wanted.number,
        detail={name: value for name, value in detail.items() if value is not None},
    )
